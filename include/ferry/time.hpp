// Time as ferry's core sees it: a point on a steady line that somebody else reads off a clock.
//
// core never asks what time it is. Whoever drives an engine (a transport, a test) reads its own steady clock and hands
// the value in, so a scenario that lasts an hour runs in a microsecond, and runs the same way twice.
#pragma once

#include <chrono>
#include <cstdint>

namespace ferry {

/// A steady clock without `now()`: it gives time points a type of their own and cannot be read.
struct Clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<Clock, duration>;
    static constexpr bool is_steady = true;
};

/// A length of time, in nanoseconds.
using Duration = Clock::duration;

/// A moment on the steady clock of whoever drives the engine. Only differences mean anything.
using Time = Clock::time_point;

/// `at + after`, held at `Time::max()` instead of overflowing: a limit of 300 years is simply never reached.
[[nodiscard]] constexpr Time saturating_add(Time at, Duration after) noexcept {
    if (after > Duration::zero() && at > Time::max() - after) {
        return Time::max();
    }
    return at + after;
}

}  // namespace ferry
