#include "core/engine/pool.hpp"

#include <functional>

namespace ferry {

using Kind = Pool::Decision::Kind;

Pool::Pool(const PoolLimits& limits) : limits_(limits) {}

// ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────

template <auto Member, class Nodes>
void Pool::link_after(Nodes& nodes, List& list, std::uint32_t node, std::uint32_t after) {
    Links& links = nodes[node].*Member;
    links.previous = after;
    links.next = after == none ? list.first : (nodes[after].*Member).next;
    (after == none ? list.first : (nodes[after].*Member).next) = node;
    (links.next == none ? list.last : (nodes[links.next].*Member).previous) = node;
}

template <auto Member, class Nodes>
void Pool::unlink(Nodes& nodes, List& list, std::uint32_t node) {
    Links& links = nodes[node].*Member;
    (links.previous == none ? list.first : (nodes[links.previous].*Member).next) = links.next;
    (links.next == none ? list.last : (nodes[links.next].*Member).previous) = links.previous;
    links = {};
}

// ── Origins ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Pool::Origin Pool::origin(std::string_view key) {
    if (const auto found = index_.find(key); found != index_.end()) {
        return found->second;
    }
    Origin origin = static_cast<Origin>(origins_.size());
    if (free_origins_.empty()) {
        origins_.emplace_back();
        free_origins_.reserve(origins_.size());
    } else {
        origin = free_origins_.back();
        free_origins_.pop_back();
    }
    const auto made = index_.emplace(std::string(key), origin).first;
    origins_[origin].key = &made->first;
    return origin;
}

void Pool::forget_if_unused(Origin origin) {
    OriginState& o = origins_[origin];
    if (o.key != nullptr && o.waiting == 0 && o.dials == 0 && o.connections == 0) {
        index_.erase(index_.find(*o.key));
        o = {};
        free_origins_.push_back(origin);
    }
}

// ── Waiters ──────────────────────────────────────────────────────────────────────────────────────────────────────────

void Pool::enqueue(std::uint32_t request, Origin origin, std::uint64_t age, bool covered) {
    if (request >= waiters_.size()) {
        waiters_.resize(request + std::size_t{1});
    }
    OriginState& o = origins_[origin];
    Waiter& w = waiters_[request];
    w = {};
    w.origin = origin;
    w.age = age;
    w.covered = covered;

    // New requests are the youngest; only one that returns has anybody younger before it.
    std::uint32_t after = o.waiters.last;
    while (after != none && waiters_[after].age > age) {
        after = waiters_[after].in_origin.previous;
    }
    link_after<&Waiter::in_origin>(waiters_, o.waiters, request, after);
    ++o.waiting;
    ++waiting_count_;
    if (!covered) {
        if (o.first_uncovered == none || age < waiters_[o.first_uncovered].age) {
            o.first_uncovered = request;
        }
        std::uint32_t behind = uncovered_.last;
        while (behind != none && waiters_[behind].age > age) {
            behind = waiters_[behind].in_all.previous;
        }
        link_after<&Waiter::in_all>(waiters_, uncovered_, request, behind);
    }
}

void Pool::dequeue(std::uint32_t request) {
    Waiter& w = waiters_[request];
    OriginState& o = origins_[w.origin];
    if (!w.covered) {
        if (o.first_uncovered == request) {
            o.first_uncovered = w.in_origin.next;
        }
        unlink<&Waiter::in_all>(waiters_, uncovered_, request);
    }
    unlink<&Waiter::in_origin>(waiters_, o.waiters, request);
    --o.waiting;
    --waiting_count_;
    w.origin = none;
}

void Pool::cover(std::uint32_t request) {
    Waiter& w = waiters_[request];
    unlink<&Waiter::in_all>(waiters_, uncovered_, request);
    origins_[w.origin].first_uncovered = w.in_origin.next;
    w.covered = true;
}

bool Pool::waiting(std::uint32_t request) const noexcept {
    return request < waiters_.size() && waiters_[request].origin != none;
}

bool Pool::covered(std::uint32_t request) const noexcept { return waiting(request) && waiters_[request].covered; }

// ── Connections ──────────────────────────────────────────────────────────────────────────────────────────────────────

void Pool::add_connection(std::uint32_t connection, Origin origin) {
    if (connection >= connections_.size()) {
        connections_.resize(connection + std::size_t{1});
    }
    connections_[connection] = {};
    connections_[connection].origin = origin;
    ++origins_[origin].connections;
}

void Pool::make_idle(std::uint32_t connection) {
    Connection& c = connections_[connection];
    c.idle = true;
    link_after<&Connection::in_origin>(connections_, origins_[c.origin].idle, connection, none);
    link_after<&Connection::in_all>(connections_, idle_, connection, none);
    ++idle_count_;
}

void Pool::leave_idle(std::uint32_t connection) {
    Connection& c = connections_[connection];
    c.idle = false;
    unlink<&Connection::in_origin>(connections_, origins_[c.origin].idle, connection);
    unlink<&Connection::in_all>(connections_, idle_, connection);
    --idle_count_;
}

bool Pool::idle(std::uint32_t connection) const noexcept {
    return connection < connections_.size() && connections_[connection].idle;
}

void Pool::assign(std::uint32_t request, std::uint32_t connection) {
    decide(Kind::assign, connections_[connection].origin, request, connection);
}

// ── Decisions ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Gives free places to the oldest waiters without a dial, and makes places by closing what is idle.
void Pool::pump() {
    while (uncovered_.first != none) {
        if (open_ >= limits_.max_connections) {
            if (idle_.last == none) {
                return;
            }
            const std::uint32_t victim = idle_.last;  // the least recently used; of another origin, by invariant 3
            const Origin theirs = connections_[victim].origin;
            leave_idle(victim);
            connections_[victim].origin = none;
            --origins_[theirs].connections;
            --open_;
            decide(Kind::close, theirs, none, victim);
            forget_if_unused(theirs);
        }
        const std::uint32_t oldest = uncovered_.first;
        const Origin origin = waiters_[oldest].origin;
        cover(oldest);
        ++origins_[origin].dials;
        ++dials_;
        ++open_;
        decide(Kind::dial, origin, oldest, none);
    }
}

/// Makes the dials of an origin as many as its covered waiters again, after one of these has left the queue.
void Pool::balance(Origin origin, bool oldest_first) {
    OriginState& o = origins_[origin];
    if (o.first_uncovered != none) {
        const std::uint32_t next = o.first_uncovered;
        cover(next);
        decide(Kind::cover, origin, next, none);
    } else {
        --o.dials;
        --dials_;
        --open_;
        decide(oldest_first ? Kind::cancel_oldest_dial : Kind::cancel_newest_dial, origin, none, none);
    }
}

void Pool::want(std::uint32_t request, Origin origin, std::uint64_t age) {
    OriginState& o = origins_[origin];
    if (o.idle.first != none) {
        const std::uint32_t connection = o.idle.first;  // the most recently used: the likeliest to be alive
        leave_idle(connection);
        assign(request, connection);
        return;
    }
    enqueue(request, origin, age, false);
    pump();
}

void Pool::leave(std::uint32_t request, bool dialled_too_long) {
    if (!waiting(request)) {
        return;
    }
    const Origin origin = waiters_[request].origin;
    const bool was_covered = waiters_[request].covered;
    dequeue(request);
    if (was_covered) {
        balance(origin, dialled_too_long);
    }
    pump();
    forget_if_unused(origin);
}

void Pool::lost_and_wanted(std::uint32_t connection, std::uint32_t request, std::uint64_t age) {
    const Origin origin = connections_[connection].origin;
    connections_[connection].origin = none;
    OriginState& o = origins_[origin];
    --o.connections;
    if (o.idle.first != none) {  // then nobody waits anywhere without a dial, by invariant 2: the place is free
        --open_;
        const std::uint32_t other = o.idle.first;
        leave_idle(other);
        assign(request, other);
        return;
    }
    ++o.dials;  // in the place of the connection: open_ stays
    ++dials_;
    enqueue(request, origin, age, true);
    decide(Kind::dial, origin, request, none);
}

void Pool::dialled(Origin origin, std::uint32_t connection) {
    OriginState& o = origins_[origin];
    --o.dials;
    --dials_;
    add_connection(connection, origin);
    const std::uint32_t front = o.waiters.first;  // there is one, by invariant 1
    dequeue(front);
    assign(front, connection);
}

void Pool::dial_failed(Origin origin) {
    OriginState& o = origins_[origin];
    --o.dials;
    --dials_;
    --open_;
    const std::uint32_t front = o.waiters.first;
    dequeue(front);
    decide(Kind::fail, origin, front, none);
    pump();
    forget_if_unused(origin);
}

void Pool::release(std::uint32_t connection) {
    const Origin origin = connections_[connection].origin;
    OriginState& o = origins_[origin];
    const std::uint32_t front = o.waiters.first;
    const std::uint32_t oldest = uncovered_.first;
    // A place is worth more to somebody who has waited longer, even if it means another handshake: else the waiters of
    // a quiet origin starve behind a busy one.
    const bool promised_elsewhere = oldest != none && waiters_[oldest].origin != origin &&
                                    (front == none || waiters_[oldest].age < waiters_[front].age);
    if (promised_elsewhere || (front == none && limits_.max_keepalive == 0)) {
        decide(Kind::close, origin, none, connection);
        lost(connection);
        return;
    }
    if (front != none) {
        const bool was_covered = waiters_[front].covered;
        dequeue(front);
        assign(front, connection);
        if (was_covered) {
            balance(origin, false);
            pump();
        }
        return;
    }
    make_idle(connection);
    if (idle_count_ > limits_.max_keepalive) {
        const std::uint32_t victim = idle_.last;
        decide(Kind::close, connections_[victim].origin, none, victim);
        lost(victim);
    }
}

void Pool::lost(std::uint32_t connection) {
    if (connection >= connections_.size() || connections_[connection].origin == none) {
        return;
    }
    const Origin origin = connections_[connection].origin;
    if (connections_[connection].idle) {
        leave_idle(connection);
    }
    connections_[connection].origin = none;
    --origins_[origin].connections;
    --open_;
    pump();
    forget_if_unused(origin);
}

// ── Audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────

std::string Pool::audit() const {
    std::size_t dials = 0;
    std::size_t connections = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;
    std::size_t uncovered = 0;
    for (const OriginState& o : origins_) {
        if (o.key == nullptr) {
            continue;
        }
        const std::string name = *o.key;
        std::size_t covered_here = 0;
        std::size_t waiting_here = 0;
        bool seen_uncovered = false;
        std::uint64_t age = 0;
        for (std::uint32_t w = o.waiters.first; w != none; w = waiters_[w].in_origin.next) {
            ++waiting_here;
            if (waiters_[w].age < age) {
                return name + ": the waiters are not in order of age";
            }
            age = waiters_[w].age;
            if (waiters_[w].covered) {
                ++covered_here;
                if (seen_uncovered) {
                    return name + ": a covered waiter stands behind an uncovered one";
                }
            } else {
                if (!seen_uncovered && o.first_uncovered != w) {
                    return name + ": first_uncovered is not the first uncovered waiter";
                }
                seen_uncovered = true;
                ++uncovered;
            }
        }
        std::size_t idle_here = 0;
        for (std::uint32_t c = o.idle.first; c != none; c = connections_[c].in_origin.next) {
            ++idle_here;
        }
        if (waiting_here != o.waiting || covered_here != o.dials) {
            return name + ": " + std::to_string(covered_here) + " covered waiters, " + std::to_string(o.dials) +
                   " dials";
        }
        if (idle_here > 0 && waiting_here > 0) {
            return name + ": idle connections while requests wait";
        }
        if (!seen_uncovered && o.first_uncovered != none) {
            return name + ": first_uncovered is stale";
        }
        dials += o.dials;
        connections += o.connections;
        idle += idle_here;
        waiting += waiting_here;
    }
    if (dials != dials_ || idle != idle_count_ || waiting != waiting_count_ || dials + connections != open_) {
        return "the pool's counters do not agree with a recount";
    }
    if (open_ > limits_.max_connections) {
        return "more connections than max_connections";
    }
    if (idle_count_ > limits_.max_keepalive) {
        return "more idle connections than max_keepalive";
    }
    if (uncovered > 0 && (open_ < limits_.max_connections || idle_count_ > 0)) {
        return "a request waits although it need not";
    }
    return {};
}

}  // namespace ferry
