// What is going to happen, in order: by time, then (when shuffling) by lot, then by who asked first.
#pragma once

#include <ferry/time.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "transports/sim/random.hpp"

namespace ferry::testing {

class Schedule {
public:
    using Action = std::function<void()>;
    /// Whether it needs the client's loop to run, or happens out there.
    enum class Who : std::uint8_t { others, client };
    struct Task {
        Action action{};
        Who who = Who::others;
    };

    /// `lots` decides among what is due at one instant; null: the order of push().
    explicit Schedule(Random* lots) : lots_(lots) {}

    void push(Time when, Action action, Who who = Who::others);
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    /// When the next is due.
    [[nodiscard]] std::optional<Time> next() const;
    /// How many were ever pushed.
    [[nodiscard]] std::uint64_t pushed() const noexcept { return sequence_; }
    /// Whether the next is due at `now` and one of the first `older` that were pushed.
    [[nodiscard]] bool has_due(Time now, std::uint64_t older) const {
        return !heap_.empty() && heap_.front().when <= now && heap_.front().sequence < older;
    }
    void clear() { heap_.clear(); }
    /// Takes the next; there must be one.
    [[nodiscard]] Task pop();

private:
    struct Entry {
        Time when{};
        std::uint64_t lot = 0;
        std::uint64_t sequence = 0;
        Task task{};
    };
    [[nodiscard]] static bool later(const Entry& a, const Entry& b);

    Random* lots_;
    std::uint64_t sequence_ = 0;
    std::vector<Entry> heap_;
};

}  // namespace ferry::testing
