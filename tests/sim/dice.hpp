// Decisions by lot.
#pragma once

#include <ferry/time.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "transports/sim/random.hpp"

namespace ferry::testing {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    /// From 0 to `bound` − 1.
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_.below(bound)); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    /// Any of these; what is there twice is twice as likely.
    template <class T>
    T pick(std::initializer_list<T> choices) {
        return *(choices.begin() + below(choices.size()));
    }
    /// Up to so many milliseconds, often a round number of them: so that things coincide.
    Duration moment(std::size_t milliseconds) {
        const std::size_t whole = below(milliseconds + 1);
        return std::chrono::milliseconds(one_in(3) ? whole / 10 * 10 : whole);
    }

private:
    Random random_;
};

}  // namespace ferry::testing
