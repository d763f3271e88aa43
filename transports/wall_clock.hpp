// The machine's idea of the date, which core has not: Retry-After may be one.
#pragma once

#include <chrono>

namespace ferry::detail {

[[nodiscard]] inline std::chrono::sys_seconds wall_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace ferry::detail
