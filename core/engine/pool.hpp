// The pool: who gets which connection. It decides and does nothing: inputs are what happened to requests and
// connections, the output is a list of decisions that the engine carries out in order.
//
// A *waiter* is a request without a connection. Per origin they stand in a FIFO; the first ones are *covered*: each has
// a *dial* (lookup + connect) of its own under way. Whichever connection of the origin becomes usable first goes to the
// front waiter, though, and the dial that it leaves behind goes to another one: so dials belong to the queue. Of the
// others those are *listed* that could have a dial if only max_connections allowed it; the rest is *held* by
// max_per_origin. A dial that tries a second address at the same time has a *spare* place for it.
//
//     returned ► dialling ► listed ► held            one origin's queue, in order of age
//     └──── covered ────┘   └─ queued ──┘
//
// Invariants:
//
//   1. an origin has exactly as many dials as covered waiters, and these are ahead of the queued ones;
//   2. a listed waiter exists only while max_connections are open and none of them is idle;
//   3. a held waiter exists only while used + listed = max_per_origin, where used = dials + spares + connections;
//   4. an origin with waiters has no idle connection;
//   5. open = dials + spares + active + idle ≤ max_connections, and used ≤ max_per_origin for each origin.
//
// It knows nothing of time, bytes or errors: requests and connections are slots, and age is a sequence number.
// Every operation is O(1); a waiter that comes out of turn (it returns to its queue, or its origin's cap lets it through
// after younger ones of others) costs O(log of those like it).
#pragma once

#include "core/engine/age_heap.hpp"

#include <ferry/engine.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ferry {

class Pool {
public:
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    using Origin = std::uint32_t;  ///< An index, valid while the origin has a waiter, dial or connection.

    struct Decision {
        enum class Kind : std::uint8_t {
            assign,           ///< `request` gets `connection`, which is reserved for it from now on.
            dial,             ///< Start a dial for `request`, which is covered by it.
            cover,            ///< `request` takes over the dial of `other`, which has left the queue.
            drop_dial,        ///< There is a dial too many, since `other` has left: the one that began last.
            drop_own_dial,    ///< The same, and it is to be the one of `other`: it took too long.
            close_for_place,  ///< Close `connection`, whose place is needed; it counts no longer.
            close_surplus,    ///< Close `connection`: there are enough idle ones; it counts no longer.
        };
        Kind kind;
        Origin origin = none;
        std::uint32_t request = none;
        std::uint32_t connection = none;
        std::uint32_t other = none;

        friend bool operator==(const Decision&, const Decision&) noexcept = default;
    };

    explicit Pool(const PoolLimits& limits);

    /// The index of "scheme://host:port", made if it is new. Follow it with want(), or it is never forgotten.
    Origin origin(std::string_view key);
    [[nodiscard]] const std::string& key(Origin origin) const { return *origins_[origin].key; }

    /// A request wants a connection. `age` is its place among all requests: larger than all before.
    void want(std::uint32_t request, Origin origin, std::uint64_t age);
    /// A waiter gives up. Nothing happens if the request does not wait.
    void leave(std::uint32_t request, bool dialled_too_long);
    /// The connection that was assigned to `request` is gone before it was used: the request is to have another, ahead
    /// of those younger than itself, and in the place of the lost one.
    void lost_and_wanted(std::uint32_t connection, std::uint32_t request, std::uint64_t age);

    /// The dial of `request` has ended with a connection, which takes its place.
    void dialled(std::uint32_t request, std::uint32_t connection);
    /// The dial of `request` has ended without one, and the request has left its queue.
    void dial_failed(std::uint32_t request);
    /// A dial of the origin wants to try two addresses at once. True: it has a place for it.
    [[nodiscard]] bool take_spare(Origin origin);
    /// Such a place is no longer needed. To be called before its dial ends.
    void return_spare(Origin origin);

    /// A connection has served its request and can serve another.
    void release(std::uint32_t connection);
    /// A connection is gone or about to be closed, whatever it was doing.
    void lost(std::uint32_t connection);

    /// Gives memory back that was needed for more requests, if none waits.
    void give_back();

    /// What to do now. The list is the caller's: the next operation starts a new one.
    [[nodiscard]] std::vector<Decision>& decisions() noexcept { return decisions_; }

    [[nodiscard]] bool waiting(std::uint32_t request) const noexcept;
    /// The request waits, and a dial is under way for it.
    [[nodiscard]] bool covered(std::uint32_t request) const noexcept;
    [[nodiscard]] bool idle(std::uint32_t connection) const noexcept;

    [[nodiscard]] std::size_t open_count() const noexcept { return open_; }
    [[nodiscard]] std::size_t idle_count() const noexcept { return idle_count_; }
    [[nodiscard]] std::size_t dial_count() const noexcept { return dials_; }
    [[nodiscard]] std::size_t spare_count() const noexcept { return spares_; }
    [[nodiscard]] std::size_t waiting_count() const noexcept { return waiting_count_; }
    [[nodiscard]] std::size_t origin_count() const noexcept { return index_.size(); }

    /// One line an origin: "http://h:80 2 active, 1 idle, 3 dials, 1 spare, 4 waiting". For people.
    [[nodiscard]] std::string dump() const;
    /// Recounts everything; empty, or the first thing that does not agree with the invariants above.
    [[nodiscard]] std::string audit() const;

private:
    struct Links {
        std::uint32_t previous = none;
        std::uint32_t next = none;
    };
    struct List {
        std::uint32_t first = none;
        std::uint32_t last = none;
    };
    struct OriginState {
        const std::string* key = nullptr;  // in index_, whose nodes do not move; null: unused
        AgeHeap returned;
        List dialling;
        List queued;  // the listed ones first
        std::uint32_t first_held = none;
        List idle;  // most recently used first
        std::size_t waiting = 0;
        std::size_t listed = 0;
        std::size_t dials = 0;  // = covered waiters
        std::size_t spares = 0;
        std::size_t connections = 0;  // active + idle

        [[nodiscard]] std::size_t used() const noexcept { return dials + spares + connections; }
    };
    enum class Standing : std::uint8_t { returned, dialling, listed, listed_late, held };
    struct Waiter {
        Origin origin = none;
        std::uint64_t age = 0;
        Standing standing = Standing::held;
        std::uint32_t position = 0;  // in the heap that it is in
        Links in_origin;
        Links in_all;  // in listed_
    };
    struct Connection {
        Origin origin = none;  // none: unknown to the pool
        bool idle = false;
        Links in_origin;
        Links in_all;
    };
    struct KeyHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };

    [[nodiscard]] auto positions() noexcept {
        return [this](std::uint32_t slot) -> std::uint32_t& { return waiters_[slot].position; };
    }
    [[nodiscard]] Origin find_or_make(std::string_view key);
    Waiter& add_waiter(std::uint32_t request, Origin origin, std::uint64_t age);
    void dequeue(std::uint32_t request);
    void unlist(std::uint32_t request);
    void list_more(Origin origin);
    void cover(std::uint32_t request);
    [[nodiscard]] std::uint32_t front(const OriginState& origin) const noexcept;
    [[nodiscard]] std::uint32_t oldest_listed() const noexcept;
    void balance(Origin origin, std::uint32_t left, bool own);
    void pump();
    [[nodiscard]] bool make_place();
    void assign(std::uint32_t request, std::uint32_t connection);
    void make_idle(std::uint32_t connection);
    void leave_idle(std::uint32_t connection);
    void forget_if_unused(Origin origin);
    void decide(const Decision& decision) { decisions_.push_back(decision); }
    void add_connection(std::uint32_t connection, Origin origin);
    [[nodiscard]] std::string audit(const OriginState& origin) const;

    template <auto Member, class Nodes>
    static void link_after(Nodes& nodes, List& list, std::uint32_t node, std::uint32_t after);
    template <auto Member, class Nodes>
    static void unlink(Nodes& nodes, List& list, std::uint32_t node);

    PoolLimits limits_;
    std::unordered_map<std::string, Origin, KeyHash, std::equal_to<>> index_;
    std::vector<OriginState> origins_;
    std::vector<Origin> free_origins_;
    Origin last_ = none;                   // That was asked for: often the next one too.
    std::vector<Waiter> waiters_;          // by request slot
    std::vector<Connection> connections_;  // by connection slot
    List listed_;                          // of all origins, oldest first
    AgeHeap listed_late_;                  // of all origins: who was let through after a younger one
    List idle_;                            // of all origins, most recently used first
    std::size_t open_ = 0;
    std::size_t idle_count_ = 0;
    std::size_t dials_ = 0;
    std::size_t spares_ = 0;
    std::size_t waiting_count_ = 0;
    std::vector<Decision> decisions_;
};

}  // namespace ferry
