// The engine: everything an HTTP client decides, as a pure state machine.
//
// Facts go in (with the time they became true), ops and events come out, and one deadline says when to call again:
//
//     engine.on_received(now, conn, bytes);                 // 1. tell it what happened
//     for (Event& e : engine.take_events()) …               // 2. hand on what it found out
//     for (const Op& o : engine.take_ops()) …               // 3. do what it asks
//     wait_until(engine.deadline());                         // 4. and when nothing happens: engine.on_time(now)
//
// It has no socket, thread, clock or file; it never calls back. One engine belongs to one thread at a time.
// ferry/driver.hpp has this loop ready-made.
#pragma once

#include <ferry/engine_io.hpp>
#include <ferry/hosts.hpp>
#include <ferry/http1.hpp>
#include <ferry/request.hpp>
#include <ferry/retry.hpp>
#include <ferry/stats.hpp>
#include <ferry/time.hpp>
#include <ferry/timings.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace ferry {

/// Bounds on connections, in force. ferry/config.hpp has the form for users, `Limits`.
struct PoolLimits {
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

    std::size_t max_connections = 100;  ///< Open or opening, all origins together. 0 is refused.
    std::size_t max_keepalive = 20;     ///< Idle ones, all origins together. 0: connections are never reused.
    std::optional<Duration> keepalive_expiry = std::chrono::seconds(5);  ///< How long an idle one is kept.
    std::size_t max_per_origin = none;             ///< As max_connections, for each origin by itself. 0 is refused.
    std::optional<Duration> max_connection_age{};  ///< Older ones are not used for another request. 0 is refused.
};

/// What the transport can do beyond TCP. A request that needs more fails with Errc::unsupported_protocol.
struct Capabilities {
    bool local_sockets = false;  ///< Endpoint::Family::local.
    bool probe = true;           ///< op::Probe; without it idle connections are trusted.
    bool half_close = true;      ///< op::Shutdown.
};

/// Everything that an engine is told once.
struct EngineConfig {
    PoolLimits limits{};
    http1::Limits http1{};
    Capabilities capabilities{};
    std::shared_ptr<const SocketOptions> socket_options{};
    std::string socket_path{};        ///< If set, every connection goes to this Unix domain socket, without lookups.
    std::uint64_t seed = 0;           ///< All randomness comes from here.
    std::chrono::sys_seconds wall{};  ///< Wall-clock time = wall + (now − wall_at).
    Time wall_at{};
    bool trace = false;                         ///< Produce event::Trace.
    std::vector<HostAddresses> hosts{};         ///< Hosts that are not to be looked up.
    std::optional<RetryBudget> retry_budget{};  ///< For all requests that have a retry_policy; nothing: no bound.
};

/// The state machine. All ids given to it may be stale: then the call does nothing.
/// `now` may repeat and is clamped to be monotonic.
class Engine {
public:
    Engine();
    /// Throws std::invalid_argument that names the setting for a configuration without meaning.
    explicit Engine(EngineConfig config);
    Engine(Engine&&) noexcept;
    Engine& operator=(Engine&&) noexcept;
    ~Engine();

    // ── Facts, from the transport ────────────────────────────────────────────────────────────────────────────────

    /// The answer to op::Lookup: addresses in the order of preference, or an error.
    void on_resolved(Time now, LookupId id, std::span<const Endpoint> endpoints, std::error_code error = {});
    /// The answer to op::Connect.
    void on_connected(Time now, ConnId id);
    /// Bytes were read; they are consumed or copied before this returns. Memory from read_buffer() is best.
    void on_received(Time now, ConnId id, std::span<const std::byte> bytes);
    /// `n` bytes of what gather() lent were accepted, from its front; ends the loan. 0 is fine.
    void on_sent(Time now, ConnId id, std::size_t n);
    /// Writing failed for good; ends the loan. Reading goes on: an answer may be there already.
    void on_send_failed(Time now, ConnId id, std::error_code error);
    /// The peer ended its half.
    void on_eof(Time now, ConnId id);
    /// The connection is gone: a refused or failed connect, a reset, or the answer to op::Close. The last word on `id`.
    void on_closed(Time now, ConnId id, std::error_code why = {});
    /// Time has passed. Early and spurious calls do nothing; afterwards deadline() is later than `now`.
    void on_time(Time now);
    /// The wall clock was set, or drifted.
    void on_wall_clock(Time now, std::chrono::sys_seconds wall);

    // ── What to do ───────────────────────────────────────────────────────────────────────────────────────────────

    /// The ops since the last call, to be done in order. Valid until the next call of take_ops().
    [[nodiscard]] std::span<const Op> take_ops();
    /// The events since the last call, to be handled in order. Valid until the next call of take_events().
    [[nodiscard]] std::span<Event> take_events();
    /// When to call on_time() if nothing happens before; nothing: never. A transport needs one timer, and rounds up.
    [[nodiscard]] std::optional<Time> deadline() const;
    /// Lends the front of a connection's output; says how many pieces of `out` were filled, 0 if there is no output.
    /// The memory stays put until on_sent, on_send_failed or on_closed for `id`. One loan a connection at a time.
    /// A request's head is written out here, as late as can be.
    [[nodiscard]] std::size_t gather(ConnId id, std::span<ConstBuffer> out);
    /// Where to read to: one buffer for all connections, never empty. Dies with the next call of this, or of on_received,
    /// but for what keep() has kept.
    [[nodiscard]] std::span<std::byte> read_buffer(ConnId id);

    // ── Commands, from the application ───────────────────────────────────────────────────────────────────────────

    /// Starts a request. Every request ends in exactly one event::Done or event::Failed; one that cannot be sent fails
    /// with the next take_events().
    RequestId submit(Time now, Request&& request);
    RequestId submit(Time now, const Request& request);
    /// Ends a request with Errc::cancelled. Its connection is closed, if it had begun to use one.
    void cancel(Time now, RequestId id);
    /// Ends a request whose head has come: the rest of the response is not wanted. It is Done; what is left of the body is
    /// read and thrown away if that is at most 64 KiB and takes at most 250 ms, so that the connection can be reused, else
    /// the connection is closed. Before the head, and once it is upgraded, as cancel().
    void discard(Time now, RequestId id);
    /// The application has dealt with `n` bytes of event::Body: as many more may come.
    void consume(Time now, RequestId id, std::size_t n);
    /// More of a streamed body, or raw bytes after Upgraded. Says how many bytes were taken: all, or none if there is no
    /// credit or the id is stale. When the credit of the last event::Writable is used up another one will come.
    std::size_t write_body(Time now, RequestId id, Buffer data);
    /// How many bytes of a streamed body, or raw bytes after Upgraded, there is room for now. Where it is 0 write_body()
    /// takes nothing; where it is not, any number is taken. After 0 event::Writable comes when half of the room is free.
    [[nodiscard]] std::size_t credit(RequestId id) const;
    /// The streamed body is complete; after Upgraded, half-closes. A body of known length is complete with its last byte
    /// already (an answer may come before this is called), and one byte more fails the request with Errc::invalid_body.
    void finish_body(Time now, RequestId id);
    void finish_body(Time now, RequestId id, Headers trailers);
    /// Closes idle connections now and busy ones when their request ends; submit() fails with Errc::client_closed.
    void drain(Time now);
    /// The same, with a limit: requests that have not ended by then fail with Errc::client_closed. With 0 at once.
    void drain(Time now, Duration limit);

    // ── Belonging to the event being handled ─────────────────────────────────────────────────────────────────────

    /// The `data` of an event::Body, to be kept for as long as one likes: not copied if it fills most of the memory of
    /// read_buffer() that it was read into, of which at most twice its size then stays with it.
    [[nodiscard]] Buffer keep(std::span<const std::byte> data);
    [[nodiscard]] ResponseHead take_head(RequestId id);  ///< At Head; later if it was not taken then.
    [[nodiscard]] Buffer take_body(RequestId id);        ///< At Done, if the request collects.
    [[nodiscard]] Headers take_trailers(RequestId id);   ///< At Done.
    [[nodiscard]] Error take_error(RequestId id);        ///< At Failed.
    [[nodiscard]] Url take_url(RequestId id);            ///< The request's, at Done or Failed.
    // The rest is valid from submit() until the handling of Done or Failed is over.
    /// The request, with what was missing added; not its body, nor its URL after take_url(). For what is said of it.
    [[nodiscard]] const Request& request(RequestId id) const;
    [[nodiscard]] const Timings& timings(RequestId id) const;

    // ── Looking in ───────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] const Stats& stats() const;
    /// One line for each origin, lookup, dial, connection and request, with what each waits for; secrets masked. For
    /// people and tests: its form may change.
    [[nodiscard]] std::string dump() const;
    /// Recounts everything and compares with the running counters; empty, or what does not agree. For tests.
    [[nodiscard]] std::string audit() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
