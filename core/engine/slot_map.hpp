// Storage that gives out generational ids: O(1) everything, addresses stay put, a stale id finds nothing.
#pragma once

#include <ferry/id.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ferry {

/// Things named by `Id<Tag>`. Slots are dense and reused, last freed first; elements never move while they live.
template <class T, class Tag>
class SlotMap {
public:
    using Key = Id<Tag>;

    /// Makes a `T` from `args`; gives its id. The reference from get() stays valid until erase().
    template <class... Args>
    Key emplace(Args&&... args) {
        if (free_.empty()) {
            const auto first = static_cast<std::uint32_t>(blocks_.size() * block_size);
            blocks_.push_back(std::make_unique<Block>());
            for (std::uint32_t i = 0; i < block_size; ++i) {
                free_.push_back(first + static_cast<std::uint32_t>(block_size) - 1 - i);
            }
        }
        const std::uint32_t slot = free_.back();
        Slot& s = at(slot);
        s.value.emplace(std::forward<Args>(args)...);
        free_.pop_back();
        ++size_;
        return Key{slot, s.generation};
    }

    /// The thing that `id` names, or null if it is gone.
    [[nodiscard]] T* get(Key id) noexcept {
        if (id.generation == 0 || id.slot >= blocks_.size() * block_size) {
            return nullptr;
        }
        Slot& s = at(id.slot);
        return s.generation == id.generation && s.value ? &*s.value : nullptr;
    }
    [[nodiscard]] const T* get(Key id) const noexcept { return const_cast<SlotMap*>(this)->get(id); }

    /// The living thing in a slot, whatever its generation, or null.
    [[nodiscard]] T* in_slot(std::uint32_t slot) noexcept {
        if (slot >= blocks_.size() * block_size) {
            return nullptr;
        }
        Slot& s = at(slot);
        return s.value ? &*s.value : nullptr;
    }

    /// Destroys the thing; its id is stale from now on. False if it was stale already.
    bool erase(Key id) noexcept {
        if (get(id) == nullptr) {
            return false;
        }
        Slot& s = at(id.slot);
        s.value.reset();
        if (++s.generation == 0) {  // 0 names nothing, also after 2^32 tenants
            s.generation = 1;
        }
        free_.push_back(id.slot);  // has room: it held this slot before
        --size_;
        return true;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Slots ever in use; for walks, which only looking-in code does.
    [[nodiscard]] std::uint32_t slots() const noexcept {
        return static_cast<std::uint32_t>(blocks_.size() * block_size);
    }

    /// Calls `visit(id, thing)` for all that live. O(slots): not for hot paths.
    template <class F>
    void each(F&& visit) const {
        for (std::uint32_t slot = 0; slot < slots(); ++slot) {
            const Slot& s = const_cast<SlotMap*>(this)->at(slot);
            if (s.value) {
                visit(Key{slot, s.generation}, *s.value);
            }
        }
    }

private:
    static constexpr std::size_t block_size = 32;
    struct Slot {
        std::uint32_t generation = 1;
        std::optional<T> value{};
    };
    using Block = std::array<Slot, block_size>;

    [[nodiscard]] Slot& at(std::uint32_t slot) noexcept { return (*blocks_[slot / block_size])[slot % block_size]; }

    std::vector<std::unique_ptr<Block>> blocks_;
    std::vector<std::uint32_t> free_;
    std::size_t size_ = 0;
};

}  // namespace ferry
