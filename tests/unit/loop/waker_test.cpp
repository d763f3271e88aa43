#include "transports/loop/waker.hpp"

#include <poll.h>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>

namespace ferry::loop {

namespace {

/// Whether it becomes readable within that time.
bool is_awake(const Waker& waker, int milliseconds) {
    pollfd wait{.fd = waker.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&wait, 1, milliseconds) == 1;
}

}  // namespace

TEST_CASE("a waker is readable from wake() to clear()") {
    Waker waker;
    CHECK_FALSE(is_awake(waker, 0));
    waker.wake();
    waker.wake();
    CHECK(is_awake(waker, 0));
    waker.clear();
    CHECK_FALSE(is_awake(waker, 0));
    waker.wake();
    CHECK(is_awake(waker, 0));
}

TEST_CASE("no wake is lost, also none that comes while an earlier one is cleared") {
    constexpr int rounds = 20'000;
    constexpr int patience = 20'000;  // Milliseconds, for what takes none.
    Waker waker;
    std::atomic<bool> over = false;
    std::thread teller([&] {
        while (!over) {
            waker.wake();
        }
    });
    int seen = 0;
    for (; seen < rounds && is_awake(waker, patience); ++seen) {
        waker.clear();
    }
    over = true;
    teller.join();
    CHECK(seen == rounds);
}

}  // namespace ferry::loop
