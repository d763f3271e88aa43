// What the pool decides, carried out.
#include "core/engine/hub.hpp"
#include "core/engine/plant.hpp"

#include <cassert>
#include <utility>

namespace ferry {

namespace {
// What comes unasked is never an answer. A connection that was read to its end within this has been looked at just now:
// looking again costs a system call, and would find next to nothing.
constexpr Duration probe_after = std::chrono::milliseconds(1);

Duration since(Time start, Time moment) { return moment > start ? moment - start : Duration::zero(); }
}  // namespace

void Engine::Impl::carry_out() {
    std::vector<Pool::Decision>& decisions = pool.decisions();
    if (carrying_out || decisions.empty()) {
        return;
    }
    carrying_out = true;
    for (std::size_t i = 0; i < decisions.size(); ++i) {  // grows while it is walked
        const Pool::Decision decision = decisions[i];
        using Kind = Pool::Decision::Kind;
        switch (decision.kind) {
            case Kind::assign:
                assign(*flows.in_slot(decision.request), *connections.in_slot(decision.connection));
                break;
            case Kind::dial: {
                Flow& flow = *flows.in_slot(decision.request);
                assert(flow.state == Flow::State::waiting);
                start_dial(flow);
                cover(flow);
                break;
            }
            case Kind::cover: take_over_dial(*flows.in_slot(decision.request), *flows.in_slot(decision.other)); break;
            case Kind::drop_dial: drop_dial(*flows.in_slot(decision.other), false); break;
            case Kind::drop_own_dial: drop_dial(*flows.in_slot(decision.other), true); break;
            case Kind::close_for_place:
                close(*connections.in_slot(decision.connection), CloseReason::place_needed);
                break;
            case Kind::close_surplus:
                close(*connections.in_slot(decision.connection), CloseReason::keepalive_limit);
                break;
        }
    }
    decisions.clear();
    carrying_out = false;
}

void Engine::Impl::cover(Flow& flow) {
    if (flow.phase == Flow::Phase::pool) {
        flow.pool_waited += since(flow.pool_since, now);
    }
    set_phase(flow, Flow::Phase::connect,
              planted(Plant::connect_timer_lost) ? std::nullopt : flow.request.deadlines.connect);
}

void Engine::Impl::start_traffic(Connection& connection) {
    if (connection.traffic != nullptr) {
        return;
    }
    connection.traffic = spare_traffic.take();
    if (connection.traffic == nullptr) {
        connection.traffic = std::make_unique<Traffic>();
        connection.traffic->session = make_http1_session(config.http1);
    }
}

void Engine::Impl::assign(Flow& flow, Connection& connection) {
    const Duration idle = since(connection.last_used, now);
    // Nobody need have called on_time() since it expired: a blocking client has no loop between two requests. The instant
    // itself still belongs to the request.
    if (idle > Duration::zero() && connection.timer.due < now && !planted(Plant::expired_reused)) {
        const CloseReason reason = too_old(connection) ? CloseReason::max_age : CloseReason::keepalive_expiry;
        pool.lost_and_wanted(connection.id.slot, flow.id.slot, flow.age);
        close(connection, reason);
        return;
    }
    if (flow.phase == Flow::Phase::pool) {
        flow.pool_waited += since(flow.pool_since, now);
    }
    if (!planted(Plant::timer_not_disarmed)) {
        Timers::clear(connection.timer);
    }
    connection.state = Connection::State::active;
    start_traffic(connection);
    connection.flow = flow.id;
    connection.started = false;
    ++connection.served;
    flow.state = Flow::State::exchanging;
    flow.connection = connection.id;
    flow.connect_failures = 0;
    flow.timings.connection = since(flow.submitted, now);
    if (connection.reused()) {
        ++counters.connections_reused;
        const bool repeatable = is_idempotent(flow.request.method) && flow.replayable();
        const bool looked =
            idle <= (planted(Plant::unasked_taken) ? 20 * probe_after : probe_after) && connection.read_to_the_end;
        if (config.capabilities.probe && !planted(Plant::missed_probe) && (!looked || flow.retried || !repeatable)) {
            push(connection, op::Probe{connection.id});
        }
    } else {
        ++flow.timings.new_connections;
        flow.timings.connect = since(flow.submitted, now);
        if (connection.resolved != Connection::unresolved) {
            flow.timings.namelookup = since(flow.submitted, connection.resolved);
        }
    }
    if (tracing()) {
        trace(flow.id, connection.id, connection.reused() ? "reusing the connection" : "using the new connection");
    }
    want_send(connection);
    update_phase(flow, true);
}

}  // namespace ferry
