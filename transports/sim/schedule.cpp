#include "transports/sim/schedule.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ferry::testing {

void Schedule::push(Time when, Action action) {
    const std::uint64_t lot = lots_ != nullptr ? lots_->next() : 0;
    heap_.push_back({.when = when, .lot = lot, .sequence = sequence_++, .action = std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<Time> Schedule::next() const {
    if (heap_.empty()) {
        return std::nullopt;
    }
    return heap_.front().when;
}

Schedule::Action Schedule::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Action action = std::move(heap_.back().action);
    heap_.pop_back();
    return action;
}

bool Schedule::later(const Entry& a, const Entry& b) {
    return std::tie(a.when, a.lot, a.sequence) > std::tie(b.when, b.lot, b.sequence);
}

}  // namespace ferry::testing
