// Where Asio keeps the operation that a connection reads or waits with: in the connection. That of an idle one lives long;
// taken from the heap while much is going on, it would lie among things that are gone soon, and keep their pages. And of
// many reads at once Asio itself recycles the memory of two.
//
// There is room for one at a time, and it needs no lock: the room is free again before the operation's handler is given
// to its executor, and that handler begins the next one.
#pragma once

#include <boost/asio/recycling_allocator.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace ferry::asio {

class OperationMemory {
public:
    /// What Asio needs for a connect, a wait, and a read.
    static constexpr std::size_t size = 184;

    OperationMemory() = default;
    OperationMemory(const OperationMemory&) = delete;
    OperationMemory& operator=(const OperationMemory&) = delete;

    /// Null if it is too little, or in use.
    [[nodiscard]] void* take(std::size_t bytes) noexcept {
        return bytes <= size && !std::exchange(used_, true) ? memory_.data() : nullptr;
    }
    /// False if `memory` is not from here.
    [[nodiscard]] bool give(const void* memory) noexcept {
        if (memory != memory_.data()) {
            return false;
        }
        used_ = false;
        return true;
    }

private:
    alignas(std::max_align_t) std::array<std::byte, size> memory_;
    bool used_ = false;
};

/// Gives Asio that memory, and else what it would use itself. The memory outlives the handler that has this allocator.
template <class T>
class OperationAllocator {
public:
    using value_type = T;

    explicit OperationAllocator(OperationMemory& memory) noexcept : memory_(&memory) {}
    template <class U>
    OperationAllocator(const OperationAllocator<U>& other) noexcept : memory_(other.memory_) {}

    [[nodiscard]] T* allocate(std::size_t count) {
        if (void* const own = memory_->take(count * sizeof(T)); own != nullptr) {
            return static_cast<T*>(own);
        }
        return ::boost::asio::recycling_allocator<T>().allocate(count);
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        if (!memory_->give(memory)) {
            ::boost::asio::recycling_allocator<T>().deallocate(memory, count);
        }
    }

    template <class U>
    friend bool operator==(const OperationAllocator& a, const OperationAllocator<U>& b) noexcept {
        return a.memory_ == b.memory_;
    }

private:
    template <class U>
    friend class OperationAllocator;

    OperationMemory* memory_;
};

}  // namespace ferry::asio
