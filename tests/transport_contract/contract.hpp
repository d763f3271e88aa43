// The transport contract as a suite of clauses: run it against whatever derives from ferry::Transport.
//
// Write a Bench for your adapter (SocketBench in socket_bench.hpp has the peer's side for real sockets), and call each
// of clauses() with a fresh one. A clause that is not kept throws Violation; one that the bench cannot stage throws
// Skipped. Nothing here depends on a test framework.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/driver.hpp>
#include <ferry/endpoint.hpp>
#include <ferry/id.hpp>
#include <ferry/time.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace ferry::contract {

/// The other end of a connection, played by the suite. Nothing in it blocks. Its destructor closes it, in order if
/// all that has come was read.
class Peer {
public:
    enum class End {
        open,   ///< More may come.
        eof,    ///< read() has given everything, and the transport ended its half in order.
        reset,  ///< The connection broke.
    };

    Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    virtual ~Peer() = default;

    /// Sends as many of `bytes` as the network takes now, and says how many.
    virtual std::size_t write(ConstBuffer bytes) = 0;
    /// What has come, at most `max` bytes. Empty if nothing has come yet, or at the end.
    virtual std::string read(std::size_t max) = 0;
    /// Whether the end has been read.
    [[nodiscard]] virtual End end() const = 0;
    /// Ends its half in order (FIN).
    virtual void shutdown() = 0;
    /// Breaks the connection (RST). What was written before and has arrived stays readable on the other side.
    virtual void reset() = 0;
};

/// The transport's end of a connection, as the system sees it.
struct SocketState {
    bool no_delay = false;
    bool inherited = false;  ///< By programs that this one starts.
    bool keepalive = false;
    int receive_buffer = 0;
    int send_buffer = 0;
    Endpoint local{};
};

/// The transport under test and the network around it. A fresh one for each clause.
class Bench {
public:
    Bench() = default;
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    virtual ~Bench() = default;

    // ── The transport ────────────────────────────────────────────────────────────────────────────────────────────

    /// Makes the transport, reporting to `facts`. Called once, or again after destroy().
    virtual void create(Facts& facts) = 0;
    [[nodiscard]] virtual Transport& transport() = 0;
    /// Destroys the transport with whatever is in flight. No fact may be reported from here on.
    virtual void destroy() = 0;
    /// One round of the loop: waits until something happens, but not longer than `limit` on the transport's clock
    /// (nothing: as long as it takes), refreshes now(), reports it and calls Facts::turn(): the transport does, not the
    /// bench. The suite notices facts without a turn.
    virtual void run_once(std::optional<Duration> limit) = 0;
    /// How many things (file descriptors, objects of the simulation) the process holds now, peers aside.
    [[nodiscard]] virtual std::size_t resources() = 0;
    /// How late a timer may be if the machine has time for it.
    [[nodiscard]] virtual Duration lateness() const { return std::chrono::milliseconds(50); }

    // ── The network ──────────────────────────────────────────────────────────────────────────────────────────────

    /// Where connections are accepted. The same endpoint each time.
    [[nodiscard]] virtual Endpoint listen() = 0;
    /// The same over IPv6; nothing if there is none.
    [[nodiscard]] virtual std::optional<Endpoint> listen6() { return std::nullopt; }
    /// The same as a Unix domain socket; nothing if the transport's capabilities lack them.
    [[nodiscard]] virtual std::optional<Endpoint> listen_local() { return std::nullopt; }
    /// The same with the longest abstract name that Linux takes; nothing if that cannot be staged.
    [[nodiscard]] virtual std::optional<Endpoint> listen_abstract() { return std::nullopt; }
    /// Where connections are refused.
    [[nodiscard]] virtual Endpoint refusing() = 0;
    /// Where nobody answers, so that a connect stays under way; nothing if that cannot be staged.
    [[nodiscard]] virtual std::optional<Endpoint> silent() { return std::nullopt; }
    /// The peer of the oldest connection to one of them that was not handed out yet; null if there is none.
    [[nodiscard]] virtual std::unique_ptr<Peer> accept() = 0;

    /// The other side of `peer`, which accept() gave and the transport has connected by TCP; nothing if it is no socket
    /// of the system's.
    [[nodiscard]] virtual std::optional<SocketState> inspect(const Peer& /*peer*/) { return std::nullopt; }
    /// Whether the transport does what SocketOptions say.
    [[nodiscard]] virtual bool heeds_options() const { return true; }

    // ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// A host that resolves to one address or more.
    [[nodiscard]] virtual std::string good_host() = 0;
    /// A host that does not exist; empty if that cannot be staged.
    [[nodiscard]] virtual std::string bad_host() { return {}; }
    /// A host whose lookup succeeds, but not before release_slow_hosts(); empty if that cannot be staged.
    [[nodiscard]] virtual std::string slow_host() { return {}; }
    virtual void release_slow_hosts() {}
};

/// A clause is not kept: what() says which expectation, and where it stands.
class Violation : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The bench cannot stage a clause; what() says why.
class Skipped : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One sentence of the contract and the check of it.
struct Clause {
    const char* name = "";
    void (*check)(Bench& bench) = nullptr;
};

/// All of them.
[[nodiscard]] std::span<const Clause> clauses();

}  // namespace ferry::contract
