// The helper threads of lookups.
#include "transports/loop/resolver.hpp"

#include <ferry/error.hpp>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace ferry::loop {

namespace {

/// Where the helpers and the test meet.
class Meeting {
public:
    Resolved lookup(const std::string& host) {
        std::unique_lock lock(mutex_);
        ++running_;
        most_ = std::max(most_, running_);
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_ || host != "stuck"; });
        --running_;
        changed_.notify_all();
        if (host == "throw") {
            throw std::runtime_error("a lookup function that throws");
        }
        if (host == "throw a code") {
            throw std::system_error(std::make_error_code(std::errc::too_many_files_open));
        }
        return {.endpoints = {Endpoint{}}};
    }

    void notify() {
        const std::lock_guard lock(mutex_);
        ++notified_;
        changed_.notify_all();
    }

    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

    void wait_for_running(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return running_ == count; });
    }

    void wait_for_notified(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return notified_ >= count; });
    }

    [[nodiscard]] int most() {
        const std::lock_guard lock(mutex_);
        return most_;
    }

    [[nodiscard]] int notified() {
        const std::lock_guard lock(mutex_);
        return notified_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int running_ = 0;
    int most_ = 0;
    int notified_ = 0;
    bool open_ = false;
};

struct Fixture {
    std::shared_ptr<Meeting> meeting = std::make_shared<Meeting>();
    Resolver resolver{[m = meeting](const std::string& host, std::uint16_t) { return m->lookup(host); },
                      [m = meeting] { m->notify(); }};

    ~Fixture() { meeting->open(); }

    [[nodiscard]] std::vector<Resolver::Answer> take() {
        std::vector<Resolver::Answer> answers;
        resolver.take(answers);
        return answers;
    }
};

LookupId id(std::uint32_t slot) { return {.slot = slot, .generation = 1}; }

}  // namespace

TEST_CASE("a stuck lookup does not hold up others, and too many queue") {
    Fixture f;
    constexpr int threads = static_cast<int>(Resolver::max_threads);
    for (int i = 0; i < threads - 1; ++i) {
        f.resolver.start(id(static_cast<std::uint32_t>(i)), "stuck", 80);
    }
    f.meeting->wait_for_running(threads - 1);
    f.resolver.start(id(20), "quick", 80);
    f.meeting->wait_for_notified(1);
    const std::vector<Resolver::Answer> answers = f.take();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].id == id(20));

    for (std::uint32_t i = 0; i < 10; ++i) {
        f.resolver.start(id(30 + i), "stuck", 80);
    }
    f.meeting->wait_for_running(threads);
    f.resolver.cancel(id(35));  // It waits for a thread.
    f.resolver.cancel(id(0));   // It runs.
    f.meeting->open();
    f.meeting->wait_for_notified(1 + threads - 2 + 9);
    CHECK(f.take().size() == static_cast<std::size_t>(threads - 2 + 9));
    CHECK(f.meeting->most() == threads);
}

TEST_CASE("an answer that was not taken yet can be cancelled") {
    Fixture f;
    f.resolver.start(id(1), "quick", 80);
    f.meeting->wait_for_notified(1);
    f.resolver.cancel(id(1));
    CHECK(f.take().empty());
}

TEST_CASE("a lookup function that throws is a lookup that fails") {
    Fixture f;
    f.resolver.start(id(1), "throw", 80);
    f.meeting->wait_for_notified(1);
    std::vector<Resolver::Answer> answers = f.take();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].resolved.error == Errc::name_resolution_failed);

    f.resolver.start(id(2), "throw a code", 80);
    f.meeting->wait_for_notified(2);
    answers = f.take();
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].resolved.error == std::errc::too_many_files_open);
}

TEST_CASE("the destructor waits for nobody, and nobody is notified after it") {
    auto meeting = std::make_shared<Meeting>();
    {
        Resolver resolver([meeting](const std::string& host, std::uint16_t) { return meeting->lookup(host); },
                          [meeting] { meeting->notify(); });
        resolver.start(id(1), "stuck", 80);
        meeting->wait_for_running(1);
    }
    meeting->open();
    meeting->wait_for_running(0);
    CHECK(meeting->notified() == 0);
}

TEST_CASE("the system's lookup") {
    const Resolved local = system_lookup("localhost", 8'080);
    REQUIRE_FALSE(local.error);
    REQUIRE_FALSE(local.endpoints.empty());
    CHECK(std::all_of(local.endpoints.begin(), local.endpoints.end(), [](const Endpoint& endpoint) {
        return endpoint == parse_address("127.0.0.1", 8'080) || endpoint == parse_address("::1", 8'080);
    }));
    CHECK(system_lookup("127.0.0.1", 80).endpoints == std::vector{parse_address("127.0.0.1", 80).value()});

    for (const std::string& wrong : {std::string("localhost\0.evil", 15), std::string(), std::string("a b")}) {
        const Resolved nothing = system_lookup(wrong, 80);
        CHECK(nothing.error == Errc::name_resolution_failed);
        CHECK(nothing.endpoints.empty());
    }
}

}  // namespace ferry::loop
