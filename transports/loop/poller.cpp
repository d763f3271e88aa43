#include "transports/loop/poller.hpp"

#include <poll.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

#ifdef __linux__
#include <sys/epoll.h>
#endif

namespace ferry::loop {

namespace {

void check_wait(int result) {
    if (result < 0 && errno != EINTR) {
        throw std::system_error(errno, std::system_category(), "ferry: waiting for sockets");
    }
}

#ifdef __linux__

class EpollPoller final : public Poller {
public:
    EpollPoller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
        if (fd_ < 0) {
            throw std::system_error(errno, std::system_category(), "ferry: epoll_create1");
        }
    }
    EpollPoller(const EpollPoller&) = delete;
    EpollPoller& operator=(const EpollPoller&) = delete;
    ~EpollPoller() override { ::close(fd_); }

    std::error_code set(int fd, std::uint64_t key, Interest have, Interest want) override {
        epoll_event event{};
        event.events = (want.read ? EPOLLIN : 0U) | (want.write ? EPOLLOUT : 0U);  // EPOLLIN tells of an EOF too.
        event.data.u64 = key;
        const int change = !have ? EPOLL_CTL_ADD : want ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
        if (::epoll_ctl(fd_, change, fd, &event) != 0) {
            return {errno, std::system_category()};
        }
        return {};
    }

    void prepare() override {}

    std::span<const Ready> wait(int milliseconds) override {
        const int count = ::epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), milliseconds);
        check_wait(count);
        const std::size_t size = count < 0 ? 0 : static_cast<std::size_t>(count);
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint32_t events = events_[i].events;
            const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
            ready_[i] = {
                .key = events_[i].data.u64,
                .what = {.read = broken || (events & EPOLLIN) != 0, .write = broken || (events & EPOLLOUT) != 0}};
        }
        return std::span(ready_).first(size);
    }

    bool set_reaches_wait() const override { return true; }

private:
    int fd_;
    std::array<epoll_event, 64> events_{};
    std::array<Ready, 64> ready_{};
};

#endif

class PollPoller final : public Poller {
public:
    std::error_code set(int fd, std::uint64_t key, Interest have, Interest want) override {
        const auto number = static_cast<std::size_t>(fd);
        if (!have) {
            if (number >= place_.size()) {
                place_.resize(number + 1);
            }
            place_[number] = entries_.size();
            entries_.push_back({.fd = fd, .events = 0, .revents = 0});
            keys_.push_back(key);
        }
        const std::size_t at = place_[number];
        if (want) {
            entries_[at].events = static_cast<short>((want.read ? POLLIN : 0) | (want.write ? POLLOUT : 0));
        } else {
            place_[static_cast<std::size_t>(entries_.back().fd)] = at;
            entries_[at] = entries_.back();
            keys_[at] = keys_.back();
            entries_.pop_back();
            keys_.pop_back();
        }
        changed_ = true;
        return {};
    }

    void prepare() override {
        if (std::exchange(changed_, false)) {
            waiting_ = entries_;
            waiting_keys_ = keys_;
        }
    }

    std::span<const Ready> wait(int milliseconds) override {
        ready_.clear();
        const int count = ::poll(waiting_.data(), static_cast<nfds_t>(waiting_.size()), milliseconds);
        check_wait(count);
        for (std::size_t i = 0; count > 0 && i < waiting_.size(); ++i) {
            const int events = waiting_[i].revents;
            if (events != 0) {
                const bool broken = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0;
                ready_.push_back(
                    {.key = waiting_keys_[i],
                     .what = {.read = broken || (events & POLLIN) != 0, .write = broken || (events & POLLOUT) != 0}});
            }
        }
        return ready_;
    }

    bool set_reaches_wait() const override { return false; }

private:
    // What is wanted, and the copy of it that belongs to the thread that waits.
    std::vector<pollfd> entries_;
    std::vector<std::uint64_t> keys_;
    std::vector<std::size_t> place_;  // By descriptor: its index in entries_.
    bool changed_ = false;
    std::vector<pollfd> waiting_;
    std::vector<std::uint64_t> waiting_keys_;
    std::vector<Ready> ready_;
};

}  // namespace

PollerKind default_poller() noexcept {
#if defined(FERRY_LOOP_POLL) || !defined(__linux__)
    return PollerKind::poll;
#else
    return PollerKind::epoll;
#endif
}

std::unique_ptr<Poller> make_poller(PollerKind kind) {
#ifdef __linux__
    if (kind == PollerKind::epoll) {
        return std::make_unique<EpollPoller>();
    }
#endif
    static_cast<void>(kind);
    return std::make_unique<PollPoller>();
}

}  // namespace ferry::loop
