#include "transports/sim/schedule.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ferry::testing {

void Schedule::push(Time when, Action action, Who who) {
    const std::uint64_t lot = lots_ != nullptr ? lots_->next() : 0;
    heap_.push_back(
        {.when = when, .lot = lot, .sequence = sequence_++, .task = {.action = std::move(action), .who = who}});
    std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<Time> Schedule::next() const {
    if (heap_.empty()) {
        return std::nullopt;
    }
    return heap_.front().when;
}

Schedule::Task Schedule::pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Task task = std::move(heap_.back().task);
    heap_.pop_back();
    return task;
}

bool Schedule::later(const Entry& a, const Entry& b) {
    return std::tie(a.when, a.lot, a.sequence) > std::tie(b.when, b.lot, b.sequence);
}

}  // namespace ferry::testing
