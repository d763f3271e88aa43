// Storage that gives out generational ids: O(1) everything, addresses stay put, a stale id finds nothing.
//
// Slots lie in blocks. A few blocks are kept when nothing lives in them any more; the others give their memory back, and
// leave only their slots' generations. Those go too when nothing lives at all and whoever owns the map says so.
#pragma once

#include "core/engine/burst.hpp"

#include <ferry/id.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ferry {

/// Things named by `Id<Tag>`. Slots are dense and reused, last freed first; elements never move while they live.
/// Among many that live long and little that does not, larger blocks leave smaller holes.
template <class T, class Tag, std::uint32_t block_size = 32>
class SlotMap {
public:
    using Key = Id<Tag>;

    /// Makes a `T` from `args`; gives its id. The reference from get() stays valid until erase().
    template <class... Args>
    Key emplace(Args&&... args) {
        if (free_.empty()) {
            const std::uint32_t first = slots();
            blocks_.emplace_back();
            generations_.resize(first + block_size, first_generation_);
            for (std::uint32_t i = 0; i < block_size; ++i) {
                free_.push_back(first + block_size - 1 - i);
            }
        }
        const std::uint32_t slot = free_.back();
        std::unique_ptr<Block>& block = blocks_[slot / block_size];
        if (block == nullptr) {
            block = std::make_unique<Block>();
            ++empty_blocks_;
        }
        block->values[slot % block_size].emplace(std::forward<Args>(args)...);
        empty_blocks_ -= std::size_t{block->living == 0};
        ++block->living;
        free_.pop_back();
        ++size_;
        return Key{slot, generations_[slot]};
    }

    /// The thing that `id` names, or null if it is gone.
    [[nodiscard]] T* get(Key id) noexcept {
        return id.slot < slots() && generations_[id.slot] == id.generation ? in_slot(id.slot) : nullptr;
    }
    [[nodiscard]] const T* get(Key id) const noexcept { return const_cast<SlotMap*>(this)->get(id); }

    /// The living thing in a slot, whatever its generation, or null.
    [[nodiscard]] T* in_slot(std::uint32_t slot) noexcept {
        if (slot >= slots() || blocks_[slot / block_size] == nullptr) {
            return nullptr;
        }
        std::optional<T>& value = blocks_[slot / block_size]->values[slot % block_size];
        return value ? &*value : nullptr;
    }

    /// Destroys the thing; its id is stale from now on. False if it was stale already.
    bool erase(Key id) noexcept {
        if (get(id) == nullptr) {
            return false;
        }
        std::unique_ptr<Block>& block = blocks_[id.slot / block_size];
        block->values[id.slot % block_size].reset();
        if (--block->living == 0) {
            if (empty_blocks_ == most_empty_blocks) {
                block.reset();
            } else {
                ++empty_blocks_;
            }
        }
        if (++generations_[id.slot] == 0) {  // 0 names nothing, also after 2^32 tenants
            generations_[id.slot] = 1;
        }
        free_.push_back(id.slot);  // has room: it held this slot before
        --size_;
        return true;
    }

    /// Forgets all slots, if nothing lives: stale ids find nothing all the same.
    void give_back() {
        if (size_ != 0) {
            return;
        }
        for (const std::uint32_t generation : generations_) {
            first_generation_ = std::max(first_generation_, generation);
        }
        ferry::give_back(blocks_);
        ferry::give_back(generations_);
        ferry::give_back(free_);
        empty_blocks_ = 0;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Slots ever in use; for walks, which only looking-in code does.
    [[nodiscard]] std::uint32_t slots() const noexcept { return static_cast<std::uint32_t>(generations_.size()); }
    /// Slots that have memory now.
    [[nodiscard]] std::size_t room() const noexcept {
        return block_size *
               static_cast<std::size_t>(std::ranges::count_if(blocks_, [](const auto& b) { return b != nullptr; }));
    }

    /// Calls `visit(id, thing)` for all that live. O(slots): not for hot paths.
    template <class F>
    void each(F&& visit) const {
        for (std::uint32_t slot = 0; slot < slots(); ++slot) {
            if (const T* thing = const_cast<SlotMap*>(this)->in_slot(slot); thing != nullptr) {
                visit(Key{slot, generations_[slot]}, *thing);
            }
        }
    }

private:
    static constexpr std::size_t most_empty_blocks = 4;  // what comes and goes by turns needs no allocation
    struct Block {
        std::array<std::optional<T>, block_size> values{};
        std::uint32_t living = 0;
    };

    std::vector<std::unique_ptr<Block>> blocks_;  // null: nothing lives there
    std::vector<std::uint32_t> generations_;      // by slot; never 0
    std::vector<std::uint32_t> free_;
    std::uint32_t first_generation_ = 1;  // no slot that was given back has had it
    std::size_t empty_blocks_ = 0;        // that have memory
    std::size_t size_ = 0;
};

}  // namespace ferry
