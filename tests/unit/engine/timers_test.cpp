#include "core/engine/timers.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <deque>
#include <random>
#include <set>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;

namespace {
constexpr Time start{};
}

TEST_CASE("a timer goes off when it is due, once, and not before") {
    Timers timers;
    Timer timer{Timer::Kind::connection};
    timers.set(timer, start + 5s);
    REQUIRE(timers.earliest() == start + 5s);
    REQUIRE(timers.pop_due(start + 5s - 1ns) == nullptr);
    REQUIRE(timers.pop_due(start + 5s) == &timer);
    REQUIRE_FALSE(timer.armed());
    REQUIRE(timers.pop_due(start + 10s) == nullptr);
    REQUIRE_FALSE(timers.earliest().has_value());
}

TEST_CASE("extending a deadline leaves the heap alone until the old time comes") {
    Timers timers;
    Timer timer{Timer::Kind::connection};
    timers.set(timer, start + 1s);
    timers.set(timer, start + 9s);
    REQUIRE(timers.earliest() == start + 1s);  // early, never late
    REQUIRE(timers.pop_due(start + 1s) == nullptr);
    REQUIRE(timers.earliest() == start + 9s);
    timers.set(timer, start + 2s);  // nearer: at once
    REQUIRE(timers.earliest() == start + 2s);
    REQUIRE(timers.pop_due(start + 2s) == &timer);
}

TEST_CASE("of several timers that are due the earliest goes off first, wherever they stand in the heap") {
    Timers timers;
    Timer later{Timer::Kind::connection};
    Timer sooner{Timer::Kind::connection};
    timers.set(later, start + 3s);
    timers.set(later, start + 6s);  // its place is still that of 3 s
    timers.set(sooner, start + 5s);
    REQUIRE(timers.pop_due(start + 10s) == &sooner);
    REQUIRE(timers.pop_due(start + 10s) == &later);
    REQUIRE(timers.pop_due(start + 10s) == nullptr);
}

TEST_CASE("a cleared timer is not waited for, and a forgotten one leaves nothing behind") {
    Timers timers;
    Timer a{Timer::Kind::connection};
    Timer b{Timer::Kind::connection};
    timers.set(a, start + 1s);
    timers.set(b, start + 2s);
    Timers::clear(a);
    REQUIRE(timers.earliest() == start + 2s);
    timers.forget(b);
    REQUIRE_FALSE(timers.earliest().has_value());
    REQUIRE(timers.queued() == 0);
    timers.set(a, Time::max());
    REQUIRE(timers.queued() == 0);
}

TEST_CASE("any sequence of operations agrees with a naive model") {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Timers timers;
        std::deque<Timer> all;
        for (int i = 0; i < 40; ++i) {
            all.emplace_back(Timer::Kind::connection);
        }
        std::vector<Time> model(all.size(), Timer::never);
        Time now = start;
        for (int step = 0; step < 2000; ++step) {
            const std::size_t i = random() % all.size();
            switch (random() % 5) {
                case 0:
                case 1: {
                    const Time due = now + std::chrono::milliseconds(random() % 100);
                    timers.set(all[i], due);
                    model[i] = due;
                    break;
                }
                case 2:
                    Timers::clear(all[i]);
                    model[i] = Timer::never;
                    break;
                case 3:
                    timers.forget(all[i]);
                    model[i] = Timer::never;
                    break;
                default: {
                    now += std::chrono::milliseconds(random() % 20);
                    std::set<const Timer*> due;
                    while (Timer* timer = timers.pop_due(now)) {
                        REQUIRE(due.insert(timer).second);
                    }
                    for (std::size_t t = 0; t < all.size(); ++t) {
                        REQUIRE(due.contains(&all[t]) == (model[t] <= now));
                        if (model[t] <= now) {
                            model[t] = Timer::never;
                        }
                    }
                    break;
                }
            }
            Time least = Timer::never;
            for (const Time due : model) {
                least = due < least ? due : least;
            }
            const auto earliest = timers.earliest();
            REQUIRE((earliest ? *earliest <= least : least == Timer::never));
        }
    }
}
