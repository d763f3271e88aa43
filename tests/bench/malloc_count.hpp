// Counts allocations: link malloc_count.cpp into a program, and every malloc, calloc, realloc, aligned_alloc,
// posix_memalign and operator new in it is seen, those of libraries among them.
#pragma once

#include <cstdint>

namespace bench {

struct Allocations {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
};

/// Since the start of the program, all threads together.
[[nodiscard]] Allocations allocations() noexcept;

}  // namespace bench
