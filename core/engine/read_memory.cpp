#include "core/engine/read_memory.hpp"

#include <algorithm>
#include <array>
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

/// Blocks that nobody keeps any more. Who lets go of one may be another thread than who takes it.
class ReadMemory::Spares {
public:
    Spares() = default;
    Spares(const Spares&) = delete;
    Spares& operator=(const Spares&) = delete;
    ~Spares() {
        for (const auto& block : blocks_) {
            delete[] block.load();
        }
    }

    /// Null if there is none.
    [[nodiscard]] std::byte* take() noexcept {
        std::byte* block = nullptr;
        for (std::size_t i = 0; i < blocks_.size() && block == nullptr; ++i) {
            block = blocks_[i].exchange(nullptr);
        }
        return block;
    }
    void give(std::byte* block) noexcept {
        for (auto& place : blocks_) {
            if (std::byte* none = nullptr; place.compare_exchange_strong(none, block)) {
                return;
            }
        }
        delete[] block;
    }

private:
    // As many as a transport reads in one round, before its user sees the first of them: memory that is taken anew for
    // each round is page faults.
    std::array<std::atomic<std::byte*>, 4> blocks_{};
};

std::span<std::byte> ReadMemory::get() {
    if (size_ == 0 || (was_full_ && size_ < largest)) {
        renew(size_ == 0 ? smallest : size_ * 2, std::make_shared<Spares>());
    } else if (kept_) {
        block_.reset();  // It may be the last share.
        renew(size_, spares_);
    }
#ifndef NDEBUG
    std::memset(block_.get(), 0xEF, std::min(size_, smallest));  // whoever kept a span sees rubbish
#endif
    was_full_ = false;
    return {block_.get(), size_};
}

void ReadMemory::renew(std::size_t size, std::shared_ptr<Spares> spares) {
    std::byte* memory = spares->take();
    if (memory == nullptr) {
        memory = new std::byte[size];
    }
    block_.reset(memory, [spares](std::byte* freed) { spares->give(freed); });
    spares_ = std::move(spares);
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
