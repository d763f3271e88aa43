#include "transports/loop/resolver.hpp"

#include "transports/loop/address.hpp"

#include <ferry/error.hpp>

#include <netdb.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace ferry {

Resolved system_lookup(const std::string& host, std::uint16_t port) {
    if (host.find('\0') != std::string::npos) {
        return {.error = Errc::name_resolution_failed};
    }
    addrinfo hints{};
    hints.ai_flags = AI_ADDRCONFIG;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (result == EAI_SYSTEM) {
        return {.error = {errno, std::system_category()}};
    }
    if (result == EAI_MEMORY) {
        return {.error = {ENOMEM, std::system_category()}};
    }
    if (result != 0) {
        return {.error = Errc::name_resolution_failed};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    Resolved resolved;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        if (std::optional<Endpoint> endpoint = loop::to_endpoint(entry->ai_addr)) {
            endpoint->port = port;
            resolved.endpoints.push_back(*std::move(endpoint));
        }
    }
    if (resolved.endpoints.empty()) {
        resolved.error = Errc::name_resolution_failed;
    }
    return resolved;
}

}  // namespace ferry

namespace ferry::loop {

struct Resolver::State {
    static constexpr std::chrono::seconds idle_time{5};

    struct Job {
        LookupId id{};
        std::string host{};
        std::uint16_t port = 0;
    };

    const ResolveFunction lookup;
    const std::function<void()> notify;
    std::mutex mutex{};
    std::condition_variable wanted{};
    // All below belong to the mutex.
    std::deque<Job> queue{};
    std::vector<LookupId> running{};  // Without the cancelled ones.
    std::vector<Answer> answers{};
    std::size_t threads = 0;
    std::size_t idle = 0;
    bool over = false;

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            ++idle;
            const bool called = wanted.wait_for(lock, idle_time, [this] { return over || !queue.empty(); });
            --idle;
            if (over || !called) {
                --threads;
                return;
            }
            const Job job = std::move(queue.front());
            queue.pop_front();
            running.push_back(job.id);
            lock.unlock();
            Resolved resolved = resolve(job);
            lock.lock();
            // Told under the lock, so that nobody is told after the destructor.
            if (std::erase(running, job.id) != 0 && !over) {
                answers.push_back({.id = job.id, .resolved = std::move(resolved)});
                notify();
            }
        }
    }

    [[nodiscard]] Resolved resolve(const Job& job) const {
        try {
            return lookup(job.host, job.port);
        } catch (const std::system_error& error) {
            return {.error = error.code()};
        } catch (...) {
            return {.error = Errc::name_resolution_failed};
        }
    }

    // Throws std::system_error if the system has no thread left.
    static void start_thread(const std::shared_ptr<State>& state) {
        // The program's signal handlers are none of the helpers' business.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            std::thread([state] { state->work(); }).detach();
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        ++state->threads;
    }
};

Resolver::Resolver(ResolveFunction lookup, std::function<void()> notify)
    : state_(std::make_shared<State>(std::move(lookup), std::move(notify))) {}

Resolver::~Resolver() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->over = true;
    }
    state_->wanted.notify_all();
}

void Resolver::start(LookupId id, std::string host, std::uint16_t port) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->queue.push_back({.id = id, .host = std::move(host), .port = port});
        if (state_->queue.size() > state_->idle && state_->threads < max_threads) {
            try {
                State::start_thread(state_);
            } catch (const std::system_error& error) {
                if (state_->threads == 0) {
                    state_->queue.pop_back();
                    state_->answers.push_back({.id = id, .resolved = {.error = error.code()}});
                    state_->notify();
                }
            }
        }
    }
    state_->wanted.notify_one();
}

void Resolver::cancel(LookupId id) {
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->queue, [id](const State::Job& job) { return job.id == id; });
    std::erase(state_->running, id);
    std::erase_if(state_->answers, [id](const Answer& answer) { return answer.id == id; });
}

void Resolver::take(std::vector<Answer>& answers) {
    answers.clear();
    const std::lock_guard lock(state_->mutex);
    std::swap(answers, state_->answers);
}

}  // namespace ferry::loop
