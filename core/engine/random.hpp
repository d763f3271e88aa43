// The one source of randomness: the same numbers on every machine, which the standard distributions do not promise.
#pragma once

#include <cstdint>

namespace ferry {

/// SplitMix64 (Steele, Lea, Flood 2014): tiny, and every seed is a good one.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }
    /// From 0 to `bound` − 1; `bound` must not be 0. The bias of the remainder does not matter here.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

private:
    std::uint64_t state_;
};

}  // namespace ferry
