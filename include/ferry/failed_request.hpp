// What is known of a request that failed.
#pragma once

#include <ferry/timings.hpp>

#include <string>

namespace ferry {

/// The request that an Error is about.
struct FailedRequest {
    std::string method{};
    std::string url{};  ///< With the parameters in it, and a password as "[secure]".
    Timings timings{};  ///< As far as it came; all empty if it was refused before it was begun.
};

}  // namespace ferry
