// A random scenario: topology, limits, latencies, requests, faults and cancels, all of it from one number.
#pragma once

#include <ferry/testing.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ferry::testing {

struct StormReport {
    std::vector<std::string> violations{};
    std::string text{};  ///< Session::report(), if a timeline was asked for.
    std::size_t requests = 0;
    std::map<std::string, std::size_t> endings{};  ///< "done", or the name of the error.
    std::uint64_t facts = 0;
};

/// Lets the storm of this seed pass over an engine. The same seed always gives the same storm.
[[nodiscard]] StormReport storm(std::uint64_t seed, bool timeline);

}  // namespace ferry::testing
