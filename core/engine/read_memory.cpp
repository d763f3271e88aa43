#include "core/engine/read_memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <utility>

namespace ferry {

namespace {
constexpr std::size_t smallest = 16 * 1024;
constexpr std::size_t largest = 256 * 1024;
// Nobody reads into less of his own: a read of fewer bytes has left nothing.
constexpr std::size_t smallest_of_others = 4 * 1024;
}  // namespace

/// A block that nobody keeps any more. Who lets go of one may be another thread than who takes it.
struct ReadMemory::Spare {
    Spare() = default;
    Spare(const Spare&) = delete;
    Spare& operator=(const Spare&) = delete;
    ~Spare() { delete[] block.load(); }

    std::atomic<std::byte*> block = nullptr;
};

std::span<std::byte> ReadMemory::get() {
    if (size_ == 0 || (was_full_ && size_ < largest)) {
        renew(size_ == 0 ? smallest : size_ * 2, std::make_shared<Spare>());
    } else if (kept_) {
        block_.reset();  // It may be the last share.
        renew(size_, spare_);
    }
#ifndef NDEBUG
    std::memset(block_.get(), 0xEF, std::min(size_, smallest));  // whoever kept a span sees rubbish
#endif
    was_full_ = false;
    return {block_.get(), size_};
}

void ReadMemory::renew(std::size_t size, std::shared_ptr<Spare> spare) {
    std::byte* memory = spare->block.exchange(nullptr);
    if (memory == nullptr) {
        memory = new std::byte[size];
    }
    block_.reset(memory, [spare](std::byte* freed) { delete[] spare->block.exchange(freed); });
    spare_ = std::move(spare);
    size_ = size;
    kept_ = false;
}

bool ReadMemory::was_the_end(ConstBuffer bytes) const noexcept {
    return bytes.size() < (bytes.data() == block_.get() ? size_ : smallest_of_others);
}

Buffer ReadMemory::keep(ConstBuffer bytes) {
    const std::less<const std::byte*> before;
    const bool ours = block_ != nullptr && !before(bytes.data(), block_.get()) &&
                      !before(block_.get() + size_, bytes.data() + bytes.size());
    if (!ours || bytes.size() < size_ / 2) {
        return Buffer(bytes);
    }
    kept_ = true;
    return Buffer::share(bytes, block_);
}

}  // namespace ferry
