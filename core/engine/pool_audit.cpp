// The pool looked at from outside: a recount of everything, and text for people.
#include "core/engine/pool.hpp"

#include <algorithm>

namespace ferry {

std::string Pool::audit(const OriginState& o) const {
    std::uint64_t age = 0;
    std::size_t covered_here = 0;
    std::size_t listed_here = 0;
    std::size_t held_here = 0;
    const auto walk = [&](const List& list, auto&& visit) -> std::string {
        for (std::uint32_t w = list.first; w != none; w = waiters_[w].in_origin.next) {
            if (waiters_[w].age < age) {
                return "the waiters are not in order of age";
            }
            age = waiters_[w].age;
            if (std::string fault = visit(w); !fault.empty()) {
                return fault;
            }
        }
        return {};
    };
    for (const AgeHeap::Entry& entry : o.returned.entries()) {
        ++covered_here;
        age = std::max(age, entry.age);
        if (waiters_[entry.slot].standing != Standing::returned || waiters_[entry.slot].age != entry.age) {
            return "a waiter that has returned does not know it";
        }
    }
    std::string fault = walk(o.dialling, [&](std::uint32_t w) -> std::string {
        ++covered_here;
        return waiters_[w].standing == Standing::dialling ? "" : "a covered waiter does not know it";
    });
    if (fault.empty()) {
        fault = walk(o.queued, [&](std::uint32_t w) -> std::string {
            if (waiters_[w].standing == Standing::held) {
                if (held_here++ == 0 && o.first_held != w) {
                    return "first_held is not the first held waiter";
                }
            } else if (++listed_here; held_here > 0) {
                return "a listed waiter stands behind a held one";
            }
            return {};
        });
    }
    if (!fault.empty()) {
        return fault;
    }
    if (held_here == 0 && o.first_held != none) {
        return "first_held is stale";
    }
    if (covered_here != o.dials) {
        return std::to_string(covered_here) + " covered waiters, " + std::to_string(o.dials) + " dials";
    }
    if (listed_here != o.listed || covered_here + listed_here + held_here != o.waiting) {
        return "its counters do not agree with a recount";
    }
    if (o.used() > limits_.max_per_origin) {
        return "more connections than max_per_origin";
    }
    if (held_here > 0 && o.used() + o.listed < limits_.max_per_origin) {
        return "a request is held although it need not be";
    }
    if (o.spares > 0 && o.dials == 0) {
        return "a spare place without a dial";
    }
    if (o.waiting == 0 && o.used() == 0) {
        return "kept for nobody";
    }
    if (o.idle.first != none && o.waiting > 0) {
        return "idle connections while requests wait";
    }
    return {};
}

std::string Pool::audit() const {
    std::size_t dials = 0;
    std::size_t spares = 0;
    std::size_t connections = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;
    std::size_t listed = 0;
    for (const OriginState& o : origins_) {
        if (o.key == nullptr) {
            continue;
        }
        if (const std::string fault = audit(o); !fault.empty()) {
            return *o.key + ": " + fault;
        }
        for (std::uint32_t c = o.idle.first; c != none; c = connections_[c].in_origin.next) {
            ++idle;
        }
        dials += o.dials;
        spares += o.spares;
        connections += o.connections;
        waiting += o.waiting;
        listed += o.listed;
    }
    if (dials != dials_ || spares != spares_ || idle != idle_count_ || waiting != waiting_count_ ||
        dials + spares + connections != open_) {
        return "the pool's counters do not agree with a recount";
    }
    std::size_t in_list = listed_late_.size();
    std::uint64_t age = 0;
    for (std::uint32_t w = listed_.first; w != none; w = waiters_[w].in_all.next) {
        ++in_list;
        if (waiters_[w].age < age) {
            return "the listed waiters are not in order of age";
        }
        age = waiters_[w].age;
    }
    if (in_list != listed) {
        return "the listed waiters do not agree with a recount";
    }
    if (open_ > limits_.max_connections) {
        return "more connections than max_connections";
    }
    if (idle_count_ > limits_.max_keepalive) {
        return "more idle connections than max_keepalive";
    }
    if (listed > 0 && (open_ < limits_.max_connections || idle_count_ > 0)) {
        return "a request waits although it need not";
    }
    return {};
}

std::string Pool::dump() const {
    std::string out;
    for (const OriginState& o : origins_) {
        if (o.key == nullptr) {
            continue;
        }
        std::size_t idle = 0;
        for (std::uint32_t c = o.idle.first; c != none; c = connections_[c].in_origin.next) {
            ++idle;
        }
        out += "origin " + *o.key + ": " + std::to_string(o.connections - idle) + " active, " + std::to_string(idle) +
               " idle, " + std::to_string(o.dials) + " dials, " + std::to_string(o.spares) + " spare, " +
               std::to_string(o.waiting) + " waiting\n";
    }
    return out;
}

}  // namespace ferry
