// How flows and connections end.
#include "core/engine/hub.hpp"
#include "core/engine/plant.hpp"

#include <algorithm>
#include <concepts>
#include <utility>

namespace ferry {

namespace {
// A transport may report the end of a write after the response that it caused. That report is waited for if the write
// can have had all that was left, and not for long: else the server has answered without reading.
constexpr std::size_t largest_flush = 64 * 1024;
constexpr Duration flush_patience = std::chrono::milliseconds(250);
}  // namespace

void Engine::Impl::complete(Flow& flow) {
    flow.timings.total = now - flow.submitted;
    ++counters.requests_done;
    events.emplace_back(event::Done{flow.id});
    if (planted(Plant::double_done) && !flow.trailers.empty()) {
        events.emplace_back(event::Done{flow.id});
    }
    end(flow);
}

void Engine::Impl::fail(Flow& flow, Error error) {
    if (repeat(flow, error)) {
        return;
    }
    error.safe_to_retry = flow.safe_to_retry();
    error.request_bytes_sent = flow.timings.bytes_sent;
    if (tracing()) {
        trace(flow.id, flow.connection, "failed: " + error.message);
    }
    flow.error = std::move(error);
    flow.timings.total = now - flow.submitted;
    ++counters.requests_failed;
    events.emplace_back(event::Failed{flow.id});
    end(flow);
}

void Engine::Impl::end(Flow& flow) {
    resting -= flow.state == Flow::State::resting ? 1U : 0U;
    flow.state = Flow::State::ended;
    flow.phase = Flow::Phase::none;
    flow.connection = {};
    Timers::clear(flow.timers->phase);
    Timers::clear(flow.timers->total);
    ended.push_back(flow.id);
    if (!anything_under_way()) {
        timers.forget(drain_timer);
    }
}

void Engine::Impl::fail_malformed(Flow& flow, Connection& connection, Error error) {
    error.message.append(": ").append(flow.subject());
    detach(flow, connection);
    fail(flow, std::move(error));
    close(connection, CloseReason::request_malformed);
}

void Engine::Impl::detach(Flow& flow, Connection& connection, bool again) const {
    // A write that is under way reads the flow's body: the memory goes to the connection, which outlives the write.
    if (connection.out().lent() && !flow.request.content.empty()) {
        Buffer kept = again || may_repeat(flow) ? flow.request.content : Buffer();
        if (planted(Plant::loan_moved)) {
            flow.request.content.writable().front() = std::byte{0};
        }
        connection.out().adopt(std::move(flow.request.content));
        flow.request.content = std::move(kept);
    }
    connection.flow = {};
    flow.connection = {};
}

void Engine::Impl::stop(Flow& flow, Error error, CloseReason reason, std::string_view detail) {
    if (Connection* connection = connections.get(flow.connection); connection != nullptr) {
        leave_connection(flow, *connection, reason, detail);
    } else {
        pool.leave(flow.id.slot, error.code == Errc::connect_timeout);
    }
    fail(flow, std::move(error));
}

void Engine::Impl::lose_connection(Flow& flow, Connection& connection, Error error) {
    // Invisible to the server: it has not seen this request, or it has closed a connection that it had kept open, before
    // it answered, and asking twice is asking once (RFC 9112 section 9.3.1).
    const bool unseen = connection.reused() && !connection.started;
    const bool repeat = connection.reused() && !flow.response_started && !flow.retried && flow.replayable() &&
                        (is_idempotent(flow.request.method) || planted(Plant::repeated_post));
    if (flow.state != Flow::State::exchanging || (!unseen && !repeat)) {
        const CloseReason reason = connection.session().why_not_reusable().value_or(CloseReason::broken);
        detach(flow, connection);
        fail(flow, std::move(error));
        close(connection, reason == CloseReason::protocol_error ? reason : CloseReason::broken);
        return;
    }
    if (tracing()) {
        trace(flow.id, connection.id, "the connection had been closed: once more on another");
    }
    detach(flow, connection, true);
    flow.retried = flow.retried || connection.started;
    start_over(flow);
    flow.state = Flow::State::waiting;
    pool.lost_and_wanted(connection.id.slot, flow.id.slot, flow.age);
    close(connection, connection.broken_by == CloseReason::unexpected_bytes ? CloseReason::unexpected_bytes
                                                                            : CloseReason::closed_by_server);
}

void Engine::Impl::finish_exchange(Flow& flow, Connection& connection) {
    const bool upgraded = flow.state == Flow::State::upgraded;
    const bool written = flow.request_complete && !upgraded;
    detach(flow, connection);
    complete(flow);
    put_back(connection, written);
}

bool Engine::Impl::can_flush(const Connection& connection) noexcept {
    return connection.out().all_lent() && connection.out().size() <= largest_flush;
}

void Engine::Impl::drain_rest(Connection& connection, bool request_complete) {
    if (request_complete && (draining || connection.session().why_not_reusable())) {  // reading it would gain nothing
        close(connection, draining ? CloseReason::client_closed : why_not_reusable(connection));
        return;
    }
    if (planted(Plant::rest_delivered)) {
        rest(connection, now);
        return;
    }
    if (!request_complete || connection.broken || !can_flush(connection) ||
        !connection.traffic->leftover.begin(connection.session().body_remaining())) {
        close(connection, request_complete ? CloseReason::rest_unwanted : CloseReason::early_response);
        return;
    }
    connection.state = Connection::State::draining;
    timers.set(connection.timer, now + Leftover::patience * (planted(Plant::rest_without_end) ? 8 : 1));
    if (!connection.reading) {
        connection.reading = true;
        push(connection, op::Reading{connection.id, true});
    }
}

void Engine::Impl::take_leftover(Connection& connection, ConstBuffer bytes) {
    switch (connection.traffic->leftover.take(connection.session(), bytes)) {
        case Leftover::Verdict::more: break;
        case Leftover::Verdict::over:
            Timers::clear(connection.timer);
            put_back(connection, true);
            break;
        case Leftover::Verdict::too_much:
            if (planted(Plant::rest_without_bound) && !connection.broken) {
                break;
            }
            close(connection, CloseReason::rest_unwanted);
            break;
    }
}

void Engine::Impl::put_back(Connection& connection, bool request_complete) {
    if (!request_complete || connection.broken || !can_flush(connection)) {
        close(connection, why_not_reusable(connection));
    } else if (!connection.out().empty()) {
        connection.state = Connection::State::flushing;
        timers.set(connection.timer, now + flush_patience);
    } else {
        settle(connection);
    }
}

void Engine::Impl::settle(Connection& connection) {
    if (connection.broken || (!connection.session().next() && !planted(Plant::kept_after_close))) {
        close(connection, why_not_reusable(connection));
        return;
    }
    rest(connection, now);
}

void Engine::Impl::leave_connection(Flow& flow, Connection& connection, CloseReason reason, std::string_view detail) {
    detach(flow, connection);
    if (connection.started || connection.broken) {
        close(connection, reason, detail);
        return;
    }
    if (connection.reused() || connection.last_used == now) {
        --connection.served;
    }
    rest(connection, connection.last_used);
    if (connection.served == 0 && pool.idle(connection.id.slot)) {
        connection.served = 1;  // it has served nobody, and is not new any more
    }
}

void Engine::Impl::rest(Connection& connection, Time since) {
    if (draining) {
        close(connection, CloseReason::client_closed);
        return;
    }
    if (too_old(connection)) {
        close(connection, CloseReason::max_age);
        return;
    }
    if (connection.server_keepalive <= Duration::zero()) {
        close(connection, CloseReason::keepalive_too_short);
        return;
    }
    connection.last_used = since;
    if (since < now && idle_until(connection) <= now) {
        close(connection, CloseReason::keepalive_expiry);
        return;
    }
    if (!connection.reading) {
        connection.reading = true;
        push(connection, op::Reading{connection.id, true});
    }
    connection.state = Connection::State::idle;
    spare_traffic.give(std::move(connection.traffic));
    timers.set(connection.timer, idle_until(connection));
    pool.release(connection.id.slot);
}

/// When an idle connection is to be closed, whoever says so.
Time Engine::Impl::idle_until(const Connection& connection) const noexcept {
    Time until = Timer::never;
    if (config.limits.keepalive_expiry) {
        until = saturating_add(connection.last_used, *config.limits.keepalive_expiry);
    }
    if (connection.server_keepalive != Connection::unlimited) {
        until = std::min(until, saturating_add(connection.last_used, connection.server_keepalive));
    }
    if (config.limits.max_connection_age) {
        until = std::min(until, saturating_add(connection.established, *config.limits.max_connection_age));
    }
    return until;
}

CloseReason Engine::Impl::why_not_reusable(const Connection& connection) {
    if (const std::optional<CloseReason> reason = connection.session().why_not_reusable()) {
        return *reason;
    }
    return connection.broken ? connection.broken_by : CloseReason::early_response;
}

void Engine::Impl::close(Connection& connection, CloseReason reason, std::string_view detail) {
    if (connection.state == Connection::State::closing) {
        return;
    }
    counters.closed.add(reason);
    if (tracing() && !connection.gone) {
        std::string text = "closing: " + std::string(to_string(reason));
        if (!detail.empty()) {
            text.append(" (").append(detail).append(")");
        }
        trace(connection.flow, connection.id, std::move(text));
    }
    connection.state = Connection::State::closing;
    ++counters.closing;
    timers.forget(connection.timer);
    pool.lost(connection.id.slot);
    if (!connection.gone) {
        push(connection, op::Close{connection.id});
    }
}

void Engine::Impl::remove(ConnId id) {
    if (Connection* connection = connections.get(id); connection != nullptr) {
        timers.forget(connection->timer);
        counters.closing -= connection->state == Connection::State::closing ? 1 : 0;
        connections.erase(id);
    }
}

void Engine::Impl::push(Connection& connection, Op op) {
    connection.op_batch = op_batch;
    ops.push_back(std::move(op));
}

void Engine::Impl::bury_ops() {
    std::erase_if(ops, [this](const Op& op) {
        return std::visit(
            [this](const auto& o) {
                if constexpr (requires { requires std::same_as<decltype(o.id), ConnId>; }) {
                    return connections.get(o.id) == nullptr;
                } else {
                    return false;
                }
            },
            op);
    });
}

void Engine::Impl::trace(RequestId request, ConnId connection, std::string text) {
    events.emplace_back(event::Trace{now, request, connection, std::move(text)});
}

}  // namespace ferry
