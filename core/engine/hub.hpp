// The engine's inside: all machines, and how what one of them says becomes an input of another.
//
//   facts.cpp       what transports report          → connector, session, flow
//   commands.cpp    what applications ask for       → flow, pool
//   placing.cpp     what the pool decides           → dialling, connection
//   dialling.cpp    how connections come about      → lookups, connector, pool
//   exchanging.cpp  what a session reads            → flow, events
//   expecting.cpp   when a body may be sent         → session, flow
//   ending.cpp      how flows and connections end   → pool, events
//   retrying.cpp    what a RetryPolicy makes again  → flow, pool
//
// Each input leads to a fixed number of steps; nothing here walks over all requests or connections.
#pragma once

#include "core/engine/connection.hpp"
#include "core/engine/connector.hpp"
#include "core/engine/flow.hpp"
#include "core/engine/lookups.hpp"
#include "core/engine/pool.hpp"
#include "core/engine/random.hpp"
#include "core/engine/read_memory.hpp"
#include "core/engine/session.hpp"
#include "core/engine/slot_map.hpp"
#include "core/engine/spares.hpp"
#include "core/engine/timers.hpp"
#include "core/policy/allowance.hpp"

#include <ferry/engine.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace ferry {

struct Engine::Impl final : StreamSink {
    explicit Impl(EngineConfig configuration);

    // ── facts.cpp
    void on_received(ConnId id, std::span<const std::byte> bytes);
    void on_sent(ConnId id, std::size_t n);
    [[gnu::cold]] void on_send_failed(ConnId id, std::error_code error);
    void on_eof(ConnId id);
    void on_closed(ConnId id, std::error_code why);
    void on_time();
    [[nodiscard]] std::size_t gather(ConnId id, std::span<ConstBuffer> out);

    // ── commands.cpp
    RequestId submit(Request&& request);
    /// The flow has ended, and that has been handled.
    void forget(RequestId id);
    /// The last request of more than `burst` at once has ended: gives back what was made for them.
    [[gnu::cold]] void end_burst();
    /// Into the pool, for the first time or after a rest.
    void enqueue(Flow& flow);
    [[gnu::cold]] void cancel(RequestId id);
    [[gnu::cold]] void discard(RequestId id);
    void consume(RequestId id, std::size_t n);
    [[nodiscard]] std::size_t credit(RequestId id) noexcept;
    std::size_t write_body(RequestId id, Buffer data);
    void finish_body(RequestId id, Headers trailers);
    /// Raw output is finished and written: half-closes, or ends the request if that cannot be or they have ended too.
    void end_output(Flow& flow, Connection& connection);
    [[gnu::cold]] void drain();
    [[gnu::cold]] void drain(Duration limit);
    [[gnu::cold]] void end_drain();
    [[nodiscard]] bool anything_under_way() const noexcept {
        return counters.requests != counters.requests_done + counters.requests_failed;
    }

    // ── placing.cpp
    void carry_out();  ///< The pool's decisions, until there are none.
    void assign(Flow& flow, Connection& connection);
    void cover(Flow& flow);
    /// It is to carry a request.
    void start_traffic(Connection& connection);

    // ── dialling.cpp
    void on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error);
    void on_connected(ConnId id);
    void start_dial(Flow& flow);
    void connect(Dial& dial, std::vector<Endpoint> endpoints);
    void follow(Dial& dial, Eyeballs::Step step);
    void attempt(Dial& dial);
    [[gnu::cold]] void attempt_failed(Dial& dial, ConnId id, std::error_code why);
    void next_address_due(Dial& dial);
    /// Ends a dial, and closes its attempts but for the first `spared`. What becomes of its place is the caller's to say.
    void end_dial(Dial& dial, CloseReason reason, std::size_t spared);
    [[gnu::cold]] void dial_failed(Dial& dial);
    void retry_connect(Flow& flow);
    [[nodiscard]] bool connect_timed_out(Flow& flow);
    void drop_dial(Flow& left, bool own);
    void take_over_dial(Flow& heir, Flow& left);

    // ── exchanging.cpp (StreamSink)
    void on_informational(RequestId id, ResponseHead&& head) override;
    void on_head(RequestId id, ResponseHead&& head) override;
    void on_data(RequestId id, ConstBuffer data) override;
    void on_trailers(RequestId id, Headers trailers) override;
    void on_end(RequestId id) override;
    void on_upgrade(RequestId id, ConstBuffer data) override;
    void on_broken(RequestId id, const Error& error) override;
    /// Restarts or pauses the flow's phase timer by what it is waiting for now.
    void update_phase(Flow& flow, bool progress);
    void update_reading(Flow& flow, Connection& connection);
    void offer_credit(Flow& flow, Connection& connection);
    void want_send(Connection& connection);
    void deliver(Flow& flow, ConstBuffer data);
    [[gnu::cold]] void body_too_large(Flow& flow);

    // ── expecting.cpp
    /// The head is written: the body follows, unless it is to wait.
    [[nodiscard]] Result<void> begin_body(Flow& flow, Connection& connection);
    /// The body that waited is sent.
    void release_body(Flow& flow);

    // ── retrying.cpp
    /// A failure that is not told, because the request is made again. The flow is off its connection and queue.
    [[nodiscard]] bool repeat(Flow& flow, const Error& error);
    /// A response that is not told, because the request is made again: notes the pause.
    [[nodiscard]] bool unwanted(Flow& flow, const ResponseHead& head);
    /// The flow leaves its connection, and what is left of its response, for its pause.
    void leave_response(Flow& flow, Connection& connection);
    /// It rests for so long, then another attempt begins.
    void back_off(Flow& flow, Duration pause);
    [[nodiscard]] bool may_repeat(const Flow& flow) const noexcept;
    /// False if the request would time out meanwhile, or the budget is used up.
    [[nodiscard]] bool can_afford(const Flow& flow, Duration pause);
    /// Forgets all of an attempt, so that another can begin.
    void start_over(Flow& flow);

    // ── ending.cpp
    void complete(Flow& flow);
    [[gnu::cold]] void fail(Flow& flow, Error error);
    /// What is being sent turned out to be no request: it fails, and the connection with it.
    [[gnu::cold]] void fail_malformed(Flow& flow, Connection& connection, Error error);
    void end(Flow& flow);
    /// The flow's connection is gone or useless; the flow is repeated if that is invisible, or fails with `error`.
    [[gnu::cold]] void lose_connection(Flow& flow, Connection& connection, Error error);
    /// The flow fails, wherever it is; a connection that it uses is closed.
    [[gnu::cold]] void stop(Flow& flow, Error error, CloseReason reason, std::string_view detail = {});
    /// The response is complete: the flow is done, its connection goes back to the pool, or away.
    void finish_exchange(Flow& flow, Connection& connection);
    /// The flow gives up: its connection is closed, or given back if nothing was written for it yet.
    void leave_connection(Flow& flow, Connection& connection, CloseReason reason, std::string_view detail = {});
    /// The response is over and nobody's any more: the connection goes back to the pool, or away.
    void put_back(Connection& connection, bool request_complete);
    /// The rest of a response is nobody's any more, and still to come.
    void drain_rest(Connection& connection, bool request_complete);
    void take_leftover(Connection& connection, ConstBuffer bytes);
    void settle(Connection& connection);
    /// It has nothing to do, since `since`: it goes back to the pool, or away.
    void rest(Connection& connection, Time since);
    /// op::Close, unless the transport has closed it already; the pool forgets it. `detail` is for the trace.
    void close(Connection& connection, CloseReason reason, std::string_view detail = {});
    /// It is not to be used for another request.
    [[nodiscard]] bool too_old(const Connection& connection) const noexcept {
        return config.limits.max_connection_age &&
               now >= saturating_add(connection.established, *config.limits.max_connection_age);
    }
    [[nodiscard]] Time idle_until(const Connection& connection) const noexcept;
    /// Why this connection, whose exchange is over, can have no other.
    [[nodiscard]] static CloseReason why_not_reusable(const Connection& connection);
    void remove(ConnId id);
    /// Takes a flow off its connection, whose output may still be lent from the flow's memory. `again`: the flow needs
    /// its body once more, as it does in any case if it has a policy.
    void detach(Flow& flow, Connection& connection, bool again = false) const;
    /// What is left to write cannot be taken back, and is all with the transport.
    [[nodiscard]] static bool can_flush(const Connection& connection) noexcept;

    void set_phase(Flow& flow, Flow::Phase phase, const std::optional<Duration>& limit);
    void push(Connection& connection, Op op);
    /// Takes the ops for connections that are gone out of the list, all at once: one pass a list, however many died.
    [[gnu::cold]] void bury_ops();
    /// The flow that a session or an application talks about, if it is on a connection.
    [[nodiscard]] Flow* on_connection(RequestId id) noexcept {
        Flow* flow = flows.get(id);
        return flow != nullptr && (flow->state == Flow::State::exchanging || flow->state == Flow::State::upgraded)
                   ? flow
                   : nullptr;
    }
    /// What a transport talks about, unless it is being closed.
    [[nodiscard]] Connection* open_connection(ConnId id) noexcept;
    [[nodiscard]] bool tracing() const noexcept { return config.trace; }
    [[gnu::cold]] void trace(RequestId request, ConnId connection, std::string text);
    void set_now(Time time) noexcept { now = time > now ? time : now; }

    // ── inspect.cpp
    [[nodiscard, gnu::cold]] std::string dump() const;
    [[nodiscard, gnu::cold]] std::string audit() const;

    EngineConfig config;
    Time now = Time::min();
    static constexpr std::size_t upload_window = 256 * 1024;  ///< Bytes of a streamed body that may be queued.
    Timers timers;
    SlotMap<Flow, RequestTag> flows;
    std::deque<FlowTimers> flow_timers;  // by slot
    SlotMap<Connection, ConnTag, 64> connections;
    Lookups lookups;
    Connector connector;
    Pool pool;
    std::uint64_t next_age = 0;
    bool draining = false;
    bool carrying_out = false;
    std::size_t resting = 0;  // flows in that state
    Stats counters;
    Timer drain_timer{Timer::Kind::drain};
    Random random;
    Allowance allowance;

    std::vector<Op> ops;
    std::vector<Op> ops_taken;
    std::uint64_t op_batch = 1;
    bool ops_for_the_dead = false;  ///< The list may have ops for connections that are gone by now.
    std::deque<std::string> hosts;  // what the Lookups in `ops` point to
    std::deque<std::string> hosts_taken;
    std::vector<Event> events;
    std::vector<Event> events_taken;
    std::vector<RequestId> ended;  // their last event is in `events`
    std::vector<RequestId> ended_taken;

    // Idle connections have no traffic, and requests that have ended no memory: what they had is used again. As much
    // traffic is kept as there is at once in most programs.
    Spares<std::unique_ptr<Traffic>> spare_traffic{128};
    Spares<Headers> field_lists{8};  // of requests, for responses

    ReadMemory read_memory;
};

}  // namespace ferry
