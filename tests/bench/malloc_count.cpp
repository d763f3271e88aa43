#include "tests/bench/malloc_count.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>

#if defined(__has_feature)
#define FERRY_HAS_FEATURE(x) __has_feature(x)
#else
#define FERRY_HAS_FEATURE(x) 0
#endif
// A sanitizer stands there already: then nothing is counted.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !FERRY_HAS_FEATURE(address_sanitizer) && \
    !FERRY_HAS_FEATURE(thread_sanitizer)
#define FERRY_COUNT_MALLOC
#endif

#ifdef FERRY_COUNT_MALLOC
// glibc's own names for what we stand in front of.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size);
void* calloc(std::size_t count, std::size_t size);
void* realloc(void* old, std::size_t size);
void* aligned_alloc(std::size_t alignment, std::size_t size);
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept;
}
#endif

namespace {
std::atomic<std::uint64_t> allocation_count{0};
std::atomic<std::uint64_t> allocation_bytes{0};

#ifdef FERRY_COUNT_MALLOC
void note(std::size_t size) noexcept {
    allocation_count.fetch_add(1, std::memory_order_relaxed);
    allocation_bytes.fetch_add(size, std::memory_order_relaxed);
}
#endif
}  // namespace

#ifdef FERRY_COUNT_MALLOC
extern "C" void* malloc(std::size_t size) {
    note(size);
    return __libc_malloc(size);
}

extern "C" void* calloc(std::size_t count, std::size_t size) {
    note(count * size);
    return __libc_calloc(count, size);
}

extern "C" void* realloc(void* old, std::size_t size) {
    note(size);
    return __libc_realloc(old, size);
}

// Asio's own.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

extern "C" int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
    note(size);
    void* const block = __libc_memalign(alignment, size);
    if (block == nullptr) {
        return ENOMEM;
    }
    *to = block;
    return 0;
}
#endif

namespace bench {

Allocations allocations() noexcept { return {allocation_count.load(), allocation_bytes.load()}; }

}  // namespace bench

// For programs that look it up by name: the preloaded library.
extern "C" std::uint64_t bench_allocation_count() { return allocation_count.load(); }
