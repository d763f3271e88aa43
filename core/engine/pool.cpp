#include "core/engine/pool.hpp"

#include "core/engine/burst.hpp"
#include "core/engine/plant.hpp"

#include <utility>

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
    if (last_ < origins_.size() && origins_[last_].key != nullptr && *origins_[last_].key == key) {
        return last_;
    }
    return last_ = find_or_make(key);
}

Pool::Origin Pool::find_or_make(std::string_view key) {
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
    if (o.key != nullptr && o.waiting == 0 && o.used() == 0) {
        index_.erase(index_.find(*o.key));
        o = {};
        free_origins_.push_back(origin);
    }
}

// ── Waiters ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Pool::Waiter& Pool::add_waiter(std::uint32_t request, Origin origin, std::uint64_t age) {
    if (request >= waiters_.size()) {
        waiters_.resize(request + std::size_t{1});
    }
    Waiter& w = waiters_[request];
    w = {};
    w.origin = origin;
    w.age = age;
    ++origins_[origin].waiting;
    ++waiting_count_;
    return w;
}

/// Takes a waiter out of whatever it stands in.
void Pool::dequeue(std::uint32_t request) {
    Waiter& w = waiters_[request];
    OriginState& o = origins_[w.origin];
    switch (w.standing) {
        case Standing::returned: o.returned.remove(request, positions()); break;
        case Standing::dialling: unlink<&Waiter::in_origin>(waiters_, o.dialling, request); break;
        case Standing::listed:
        case Standing::listed_late:
            unlist(request);
            unlink<&Waiter::in_origin>(waiters_, o.queued, request);
            break;
        case Standing::held:
            if (o.first_held == request) {
                o.first_held = w.in_origin.next;
            }
            unlink<&Waiter::in_origin>(waiters_, o.queued, request);
            break;
    }
    --o.waiting;
    --waiting_count_;
    w.origin = none;
}

void Pool::unlist(std::uint32_t request) {
    Waiter& w = waiters_[request];
    if (w.standing == Standing::listed) {
        unlink<&Waiter::in_all>(waiters_, listed_, request);
    } else {
        listed_late_.remove(request, positions());
    }
    --origins_[w.origin].listed;
}

/// Lists as many of an origin's waiters as its cap lets through.
void Pool::list_more(Origin origin) {
    OriginState& o = origins_[origin];
    while (o.first_held != none && o.used() + o.listed < limits_.max_per_origin) {
        const std::uint32_t request = o.first_held;
        Waiter& w = waiters_[request];
        o.first_held = w.in_origin.next;
        ++o.listed;
        if (listed_.last == none || waiters_[listed_.last].age < w.age) {
            w.standing = Standing::listed;
            link_after<&Waiter::in_all>(waiters_, listed_, request, listed_.last);
        } else {
            w.standing = Standing::listed_late;
            listed_late_.push({.age = w.age, .slot = request}, positions());
        }
    }
}

/// The first of an origin's queued waiters joins the covered ones.
void Pool::cover(std::uint32_t request) {
    Waiter& w = waiters_[request];
    OriginState& o = origins_[w.origin];
    if (w.standing == Standing::held) {
        o.first_held = w.in_origin.next;
    } else {
        unlist(request);
    }
    unlink<&Waiter::in_origin>(waiters_, o.queued, request);
    w.standing = Standing::dialling;
    link_after<&Waiter::in_origin>(waiters_, o.dialling, request, o.dialling.last);
}

std::uint32_t Pool::front(const OriginState& origin) const noexcept {
    if (!origin.returned.empty()) {
        return origin.returned.top().slot;
    }
    return origin.dialling.first != none ? origin.dialling.first : origin.queued.first;
}

std::uint32_t Pool::oldest_listed() const noexcept {
    const std::uint32_t first = listed_.first;
    if (listed_late_.empty()) {
        return first;
    }
    const AgeHeap::Entry& late = listed_late_.top();
    return first == none || late.age < waiters_[first].age ? late.slot : first;
}

bool Pool::waiting(std::uint32_t request) const noexcept {
    return request < waiters_.size() && waiters_[request].origin != none;
}

bool Pool::covered(std::uint32_t request) const noexcept {
    return waiting(request) &&
           (waiters_[request].standing == Standing::returned || waiters_[request].standing == Standing::dialling);
}

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
    decide({.kind = Kind::assign,
            .origin = connections_[connection].origin,
            .request = request,
            .connection = connection});
}

void Pool::give_back() {
    if (waiting_count_ == 0) {
        ferry::give_back(waiters_);
    }
}

// ── Decisions ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// There is a place for another connection, if need be that of one that is idle.
bool Pool::make_place() {
    if (open_ < limits_.max_connections) {
        return true;
    }
    if (idle_.last == none) {
        return false;
    }
    const std::uint32_t victim = idle_.last;  // the least recently used; nobody waits for its origin, by invariant 4
    const Origin theirs = connections_[victim].origin;
    leave_idle(victim);
    connections_[victim].origin = none;
    --origins_[theirs].connections;
    --open_;
    decide({.kind = Kind::close_for_place, .origin = theirs, .connection = victim});
    forget_if_unused(theirs);
    return true;
}

/// Gives free places to the oldest waiters without a dial.
void Pool::pump() {
    for (std::uint32_t oldest = oldest_listed(); oldest != none && make_place(); oldest = oldest_listed()) {
        const Origin origin = waiters_[oldest].origin;
        cover(oldest);
        ++origins_[origin].dials;
        ++dials_;
        ++open_;
        decide({.kind = Kind::dial, .origin = origin, .request = oldest});
    }
}

/// Makes the dials of an origin as many as its covered waiters again, after one of these has left the queue.
void Pool::balance(Origin origin, std::uint32_t left, bool own) {
    OriginState& o = origins_[origin];
    if (o.queued.first != none) {
        const std::uint32_t next = o.queued.first;
        cover(next);
        decide({.kind = Kind::cover, .origin = origin, .request = next, .other = left});
    } else {
        --o.dials;
        --dials_;
        --open_;
        decide({.kind = own ? Kind::drop_own_dial : Kind::drop_dial, .origin = origin, .other = left});
    }
    list_more(origin);
}

void Pool::want(std::uint32_t request, Origin origin, std::uint64_t age) {
    OriginState& o = origins_[origin];
    if (o.idle.first != none) {
        const std::uint32_t connection = o.idle.first;  // the most recently used: the likeliest to be alive
        leave_idle(connection);
        assign(request, connection);
        return;
    }
    add_waiter(request, origin, age);
    link_after<&Waiter::in_origin>(waiters_, o.queued, request, o.queued.last);
    if (o.first_held == none) {
        o.first_held = request;
    }
    list_more(origin);
    pump();
}

void Pool::leave(std::uint32_t request, bool dialled_too_long) {
    if (!waiting(request)) {
        return;
    }
    const Origin origin = waiters_[request].origin;
    const bool was_covered = covered(request);
    dequeue(request);
    if (was_covered) {
        balance(origin, request, dialled_too_long);
        pump();
    } else {
        list_more(origin);
        pump();
    }
    forget_if_unused(origin);
}

void Pool::lost_and_wanted(std::uint32_t connection, std::uint32_t request, std::uint64_t age) {
    const Origin origin = connections_[connection].origin;
    connections_[connection].origin = none;
    OriginState& o = origins_[origin];
    --o.connections;
    if (o.idle.first != none) {  // then no waiter is listed, by invariant 2, and none of this origin waits: it is free
        --open_;
        const std::uint32_t other = o.idle.first;
        leave_idle(other);
        assign(request, other);
        return;
    }
    ++o.dials;  // in the place of the connection: open_ stays
    ++dials_;
    add_waiter(request, origin, age).standing = Standing::returned;
    o.returned.push({.age = age, .slot = request}, positions());
    decide({.kind = Kind::dial, .origin = origin, .request = request});
}

void Pool::dialled(std::uint32_t request, std::uint32_t connection) {
    const Origin origin = waiters_[request].origin;
    OriginState& o = origins_[origin];
    --o.dials;
    --dials_;
    add_connection(connection, origin);
    const std::uint32_t first = front(o);
    dequeue(first);
    assign(first, connection);
    if (first != request) {
        decide({.kind = Kind::cover, .origin = origin, .request = request, .other = first});
    }
}

void Pool::dial_failed(std::uint32_t request) {
    const Origin origin = waiters_[request].origin;
    dequeue(request);
    --origins_[origin].dials;
    --dials_;
    --open_;
    list_more(origin);
    pump();
    forget_if_unused(origin);
}

bool Pool::take_spare(Origin origin) {
    OriginState& o = origins_[origin];
    if (o.used() >= limits_.max_per_origin || !make_place()) {
        return false;
    }
    ++o.spares;
    ++spares_;
    ++open_;
    return true;
}

void Pool::return_spare(Origin origin) {
    --origins_[origin].spares;
    --spares_;
    --open_;
    list_more(origin);
    pump();
    forget_if_unused(origin);  // its dial may have been given up already
}

void Pool::release(std::uint32_t connection) {
    const Origin origin = connections_[connection].origin;
    OriginState& o = origins_[origin];
    const std::uint32_t first = front(o);
    const std::uint32_t oldest = oldest_listed();
    // A place is worth more to somebody who has waited longer, even if it means another handshake: else the waiters of
    // a quiet origin starve behind a busy one.
    const bool promised_elsewhere = oldest != none && waiters_[oldest].origin != origin &&
                                    (first == none || waiters_[oldest].age < waiters_[first].age);
    if (promised_elsewhere || (first == none && limits_.max_keepalive == 0)) {
        decide({.kind = promised_elsewhere ? Kind::close_for_place : Kind::close_surplus,
                .origin = origin,
                .connection = connection});
        lost(connection);
        return;
    }
    if (first != none) {
        const bool was_covered = covered(first);
        dequeue(first);
        assign(first, connection);
        if (was_covered) {
            balance(origin, first, false);
            pump();
        } else {
            list_more(origin);
        }
        return;
    }
    make_idle(connection);
    if (idle_count_ > limits_.max_keepalive + std::size_t{planted(Plant::idle_cap)}) {
        const std::uint32_t victim = idle_.last;
        decide({.kind = Kind::close_surplus, .origin = connections_[victim].origin, .connection = victim});
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
    open_ += std::size_t{planted(Plant::leaked_slot) && idle_count_ == 0};
    list_more(origin);
    if (!planted(Plant::lost_wakeup)) {
        pump();
    }
    forget_if_unused(origin);
}

}  // namespace ferry
