// Deadlines: a lazy 4-ary heap. Input: set, clear; output: which timers are due, and when to look again.
//
// Most deadlines are moved on long before they are reached: a read timeout is extended by every read. So extending
// one only stores the new time in the Timer; its heap entry stays where it is, too early, and is put right when it
// comes to the top. Only bringing a deadline nearer moves an entry. Clearing leaves the entry behind likewise.
#pragma once

#include <ferry/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ferry {

/// One deadline, kept by the thing that it belongs to. It must be cleared by Timers::forget before it dies.
struct Timer {
    enum class Kind : std::uint8_t { request_phase, request_total, connection, dial, drain };
    static constexpr std::uint32_t not_queued = 0xFFFF'FFFF;
    static constexpr Time never = Time::max();

    explicit Timer(Kind what) noexcept : kind(what) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    [[nodiscard]] bool armed() const noexcept { return due != never; }

    Time due = never;
    std::uint32_t position = not_queued;  ///< In the heap.
    std::uint32_t owner = 0;              ///< The slot of its request, connection or dial.
    Kind kind;
};

class Timers {
public:
    /// The timer goes off at `due`, instead of when it did before. Time::max() clears it.
    void set(Timer& timer, Time due);
    /// The timer does not go off. One store.
    static void clear(Timer& timer) noexcept { timer.due = Timer::never; }
    /// The timer is about to die: nothing points to it afterwards. O(log n) if it was queued.
    void forget(Timer& timer) noexcept;

    /// A time at or before the earliest deadline, nothing if no timer is set. Never later than a deadline; earlier only
    /// by what extensions have not been put right yet, and that pop_due() does when called.
    [[nodiscard]] std::optional<Time> earliest();
    /// The earliest timer that is due at `now`, cleared; null if there is none. Afterwards earliest() is after `now`.
    [[nodiscard]] Timer* pop_due(Time now);

    /// Gives memory back that was needed for more timers than there are.
    void give_back() { heap_.shrink_to_fit(); }

    [[nodiscard]] std::size_t queued() const noexcept { return heap_.size(); }

private:
    struct Entry {
        Time key;
        Timer* timer;
    };
    static constexpr std::size_t arity = 4;

    void place(std::size_t index, Entry entry) noexcept;
    void sift_up(std::size_t index) noexcept;
    void sift_down(std::size_t index) noexcept;
    void remove(std::size_t index) noexcept;

    std::vector<Entry> heap_;
};

}  // namespace ferry
