// Slots ordered by age, for those that come out of turn: an indexed heap, O(log n). Whoever owns the slots keeps their
// positions, so that any of them can leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ferry {

class AgeHeap {
public:
    struct Entry {
        std::uint64_t age = 0;
        std::uint32_t slot = 0;
    };

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// The oldest: the one of the smallest age. Not if empty.
    [[nodiscard]] const Entry& top() const noexcept { return entries_.front(); }
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

    /// `position(slot)` is where the slot's position is kept: a std::uint32_t&.
    template <class Position>
    void push(Entry entry, Position&& position) {
        entries_.push_back(entry);
        up(entries_.size() - 1, position);
    }
    /// Removes what is at position(slot).
    template <class Position>
    void remove(std::uint32_t slot, Position&& position) {
        const std::size_t hole = position(slot);
        const Entry last = entries_.back();
        entries_.pop_back();
        if (hole < entries_.size()) {
            entries_[hole] = last;
            up(hole, position);
            down(position(last.slot), position);
        }
    }

private:
    template <class Position>
    void up(std::size_t index, Position& position) {
        const Entry moving = entries_[index];
        while (index > 0 && moving.age < entries_[(index - 1) / 2].age) {
            place(index, entries_[(index - 1) / 2], position);
            index = (index - 1) / 2;
        }
        place(index, moving, position);
    }
    template <class Position>
    void down(std::size_t index, Position& position) {
        const Entry moving = entries_[index];
        for (std::size_t child = 2 * index + 1; child < entries_.size(); child = 2 * index + 1) {
            if (child + 1 < entries_.size() && entries_[child + 1].age < entries_[child].age) {
                ++child;
            }
            if (moving.age <= entries_[child].age) {
                break;
            }
            place(index, entries_[child], position);
            index = child;
        }
        place(index, moving, position);
    }
    template <class Position>
    void place(std::size_t index, Entry entry, Position& position) {
        entries_[index] = entry;
        position(entry.slot) = static_cast<std::uint32_t>(index);
    }

    std::vector<Entry> entries_;
};

}  // namespace ferry
