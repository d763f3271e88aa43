// The pool: who gets which connection. It decides and does nothing: inputs are what happened to requests and
// connections, the output is a list of decisions that the engine carries out in order.
//
// A *waiter* is a request without a connection. Per origin they stand in a FIFO; the first ones are *covered*: for each
// of them a *dial* (lookup + connect) is under way for the origin. Whichever connection of the origin becomes usable
// first goes to the front waiter, so a dial belongs to the queue and not to a request. Invariants:
//
//   1. covered waiters are a prefix of their origin's queue, and there are exactly as many as dials of that origin;
//   2. an uncovered waiter exists only while max_connections are open and none of them is idle;
//   3. an origin with waiters has no idle connection;
//   4. open = dials + active + idle ≤ max_connections.
//
// It knows nothing of time, bytes or errors: requests and connections are slots, and age is a sequence number.
// Every operation is O(1), but for a request that returns to its queue, which walks past those older than itself.
#pragma once

#include <ferry/engine.hpp>

#include <cstddef>
#include <cstdint>
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
            assign,              ///< `request` gets `connection`, which is reserved for it from now on.
            dial,                ///< Start a dial for `origin`; `request` is covered by it.
            cover,               ///< `request` is covered by a dial that was under way.
            fail,                ///< `request` fails with what its origin's dial failed with.
            close,               ///< Close `connection`; it counts no longer.
            cancel_newest_dial,  ///< Nobody waits for it any more.
            cancel_oldest_dial,  ///< The same, after a waiter found that dialling took too long.
        };
        Kind kind;
        Origin origin = none;
        std::uint32_t request = none;
        std::uint32_t connection = none;

        friend bool operator==(const Decision&, const Decision&) noexcept = default;
    };

    explicit Pool(const PoolLimits& limits);

    /// The index of "scheme://host:port", made if it is new. Follow it with want(), or it is never forgotten.
    Origin origin(std::string_view key);
    [[nodiscard]] const std::string& key(Origin origin) const { return *origins_[origin].key; }

    /// A request wants a connection. `age` is its place among all requests: smaller is older.
    void want(std::uint32_t request, Origin origin, std::uint64_t age);
    /// A waiter gives up.
    void leave(std::uint32_t request, bool dialled_too_long);
    /// The connection that was assigned to `request` is gone before it was used: the request is to have another, ahead
    /// of those younger than itself, and in the place of the lost one.
    void lost_and_wanted(std::uint32_t connection, std::uint32_t request, std::uint64_t age);

    /// A dial ended with a connection, which takes its place.
    void dialled(Origin origin, std::uint32_t connection);
    /// A dial ended without one.
    void dial_failed(Origin origin);

    /// A connection has served its request and can serve another.
    void release(std::uint32_t connection);
    /// A connection is gone or about to be closed, whatever it was doing.
    void lost(std::uint32_t connection);

    /// What to do now. The list is the caller's: the next operation starts a new one.
    [[nodiscard]] std::vector<Decision>& decisions() noexcept { return decisions_; }

    [[nodiscard]] bool waiting(std::uint32_t request) const noexcept;
    /// The request waits, and a dial is under way for it.
    [[nodiscard]] bool covered(std::uint32_t request) const noexcept;
    [[nodiscard]] bool idle(std::uint32_t connection) const noexcept;

    [[nodiscard]] std::size_t open_count() const noexcept { return open_; }
    [[nodiscard]] std::size_t idle_count() const noexcept { return idle_count_; }
    [[nodiscard]] std::size_t dial_count() const noexcept { return dials_; }
    [[nodiscard]] std::size_t waiting_count() const noexcept { return waiting_count_; }
    [[nodiscard]] std::size_t origin_count() const noexcept { return index_.size(); }

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
        List waiters;
        List idle;  // most recently used first
        std::uint32_t first_uncovered = none;
        std::size_t waiting = 0;
        std::size_t dials = 0;        // = covered waiters
        std::size_t connections = 0;  // active + idle
    };
    struct Waiter {
        Origin origin = none;
        std::uint64_t age = 0;
        bool covered = false;
        Links in_origin;
        Links in_all;  // among the uncovered ones of all origins
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

    void enqueue(std::uint32_t request, Origin origin, std::uint64_t age, bool covered);
    void dequeue(std::uint32_t request);
    void cover(std::uint32_t request);
    void balance(Origin origin, bool oldest_first);
    void pump();
    void assign(std::uint32_t request, std::uint32_t connection);
    void make_idle(std::uint32_t connection);
    void leave_idle(std::uint32_t connection);
    void forget_if_unused(Origin origin);
    void decide(Decision::Kind kind, Origin origin, std::uint32_t request, std::uint32_t connection) {
        decisions_.push_back({kind, origin, request, connection});
    }
    void add_connection(std::uint32_t connection, Origin origin);

    template <auto Member, class Nodes>
    static void link_after(Nodes& nodes, List& list, std::uint32_t node, std::uint32_t after);
    template <auto Member, class Nodes>
    static void unlink(Nodes& nodes, List& list, std::uint32_t node);

    PoolLimits limits_;
    std::unordered_map<std::string, Origin, KeyHash, std::equal_to<>> index_;
    std::vector<OriginState> origins_;
    std::vector<Origin> free_origins_;
    std::vector<Waiter> waiters_;          // by request slot
    std::vector<Connection> connections_;  // by connection slot
    List uncovered_;                       // all origins, oldest first
    List idle_;                            // all origins, most recently used first
    std::size_t open_ = 0;
    std::size_t idle_count_ = 0;
    std::size_t dials_ = 0;
    std::size_t waiting_count_ = 0;
    std::vector<Decision> decisions_;
};

}  // namespace ferry
