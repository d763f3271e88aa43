// What applications ask for.
#include "core/engine/burst.hpp"
#include "core/engine/hub.hpp"
#include "core/engine/plant.hpp"

#include "core/policy/retry.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace ferry {

namespace {
/// "http://host:port": what the pool tells origins apart by.
std::string_view origin_key(const Url& url, std::string& scratch) {
    if (url.userinfo().empty()) {
        return std::string_view(url.str()).substr(0, url.scheme().size() + 3 + url.netloc().size());
    }
    scratch.assign(url.scheme()).append("://").append(url.netloc());
    return scratch;
}
}  // namespace

RequestId Engine::Impl::submit(Request&& request) {
    while (flow_timers.size() <= flows.slots()) {  // No flow is without them.
        flow_timers.emplace_back(static_cast<std::uint32_t>(flow_timers.size()));
    }
    const RequestId id = flows.emplace(std::move(request));
    Flow& flow = *flows.get(id);
    flow.id = id;
    flow.timers = &flow_timers[id.slot];
    flow.age = next_age++;
    flow.submitted = now;
    flow.writable_wanted = flow.request.body == Request::Body::streamed;
    ++counters.requests;
    if (auto fit = ferry::complete(flow.request); !fit) {
        Error error = std::move(fit).error();
        if (error.code != Errc::invalid_url && error.code != Errc::unsupported_protocol) {  // these name the URL
            error.message.append(": ").append(flow.subject());
        }
        fail(flow, std::move(error));
        return id;
    }
    if (draining && !planted(Plant::taken_while_draining)) {
        fail(flow, Error{Errc::client_closed, {}, "the client is closed: " + flow.subject()});
        return id;
    }
    if (!config.socket_path.empty() && !config.capabilities.local_sockets) {
        fail(flow,
             Error{Errc::unsupported_protocol, {}, "this transport has no Unix domain sockets: " + flow.subject()});
        return id;
    }
    if (flow.request.retry_policy != nullptr) {
        if (std::string fault = fault_of(*flow.request.retry_policy); !fault.empty()) {
            fail(flow, Error{Errc::invalid_option, {}, std::move(fault)});
            return id;
        }
        allowance.earn();
    }
    if (flow.request.deadlines.total) {
        timers.set(flow.timers->total, saturating_add(now, *flow.request.deadlines.total));
    }
    enqueue(flow);
    return id;
}

void Engine::Impl::forget(RequestId id) {
    Headers& fields = flows.get(id)->request.headers;
    if (fields.memory() > 0) {
        fields.clear();
        field_lists.give(std::move(fields));
    }
    flows.erase(id);
}

void Engine::Impl::end_burst() {
    flows.give_back();
    for (FlowTimers& unused : flow_timers) {
        timers.forget(unused.phase);
        timers.forget(unused.total);
    }
    give_back(flow_timers);
    connector.give_back();
    lookups.give_back();
    pool.give_back();
    timers.give_back();
    spare_traffic.give_back();
    field_lists.give_back();
    give_back(events);
    give_back(events_taken);
    give_back(ended);
    give_back(ended_taken);
    if (ops.empty() && ops_taken.empty()) {  // else somebody may be walking over them
        give_back(ops);
        give_back(ops_taken);
    }
}

/// Into the pool, for the first time or after a rest.
void Engine::Impl::enqueue(Flow& flow) {
    if (flow.state == Flow::State::resting) {
        --resting;
        flow.state = Flow::State::waiting;
        flow.age = next_age++;  // it waits anew
    }
    set_phase(flow, Flow::Phase::none, std::nullopt);
    std::string scratch;
    flow.origin = pool.origin(origin_key(flow.request.url, scratch));
    pool.want(flow.id.slot, flow.origin, flow.age);
    carry_out();
    if (flow.state != Flow::State::waiting || flow.phase != Flow::Phase::none) {
        return;
    }
    const std::optional<Duration>& limit = flow.request.deadlines.pool;
    if (limit && *limit <= flow.pool_waited) {
        Error error = timeout_error(flow, Errc::pool_timeout);
        pool.leave(flow.id.slot, false);
        fail(flow, std::move(error));
        carry_out();
        return;
    }
    flow.pool_since = now;
    set_phase(flow, Flow::Phase::pool,
              limit && !planted(Plant::pool_timer_lost) ? std::optional(*limit - flow.pool_waited) : std::nullopt);
    if (tracing()) {
        trace(flow.id, {}, "waiting for a connection");
    }
}

void Engine::Impl::cancel(RequestId id) {
    Flow* flow = flows.get(id);
    if (flow == nullptr || flow->state == Flow::State::ended) {
        return;
    }
    stop(*flow, Error{Errc::cancelled, {}, "cancelled: " + flow->subject()}, CloseReason::cancelled);
}

void Engine::Impl::discard(RequestId id) {
    Flow* flow = on_connection(id);
    if (flow == nullptr || flow->state != Flow::State::exchanging || !flow->head_delivered || flow->request.collect) {
        cancel(id);
        return;
    }
    Connection& connection = *connections.get(flow->connection);
    const bool request_complete = flow->request_complete;
    detach(*flow, connection);
    complete(*flow);
    drain_rest(connection, request_complete);
}

void Engine::Impl::consume(RequestId id, std::size_t n) {
    Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return;
    }
    const bool was_paused = flow->paused();
    flow->outstanding -= n < flow->outstanding ? n : flow->outstanding;
    if (was_paused && !flow->paused()) {
        if (!planted(Plant::reading_not_resumed)) {
            update_reading(*flow, *connections.get(flow->connection));
        }
        update_phase(*flow, false);
    }
}

std::size_t Engine::Impl::credit(RequestId id) noexcept {
    const Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return 0;
    }
    const Connection& connection = *connections.get(flow->connection);
    const bool open = flow->state == Flow::State::upgraded
                          ? !flow->half_closed
                          : flow->request.body == Request::Body::streamed && !flow->body_finished;
    const bool ready = connection.started && !flow->expectation.holds() && !connection.traffic->write_error;
    return open && ready && connection.out().size() < upload_window ? upload_window - connection.out().size() : 0;
}

std::size_t Engine::Impl::write_body(RequestId id, Buffer data) {
    if (credit(id) == 0) {
        return 0;  // Writable is wanted already: since the beginning, or since its credit was used up
    }
    Flow* flow = flows.get(id);
    Connection& connection = *connections.get(flow->connection);
    const std::size_t size = data.size();
    if (auto written = connection.session().write(id, std::move(data), connection.out()); !written) {
        fail_malformed(*flow, connection, std::move(written).error());
        return 0;
    }
    flow->body_begun = flow->body_begun || size > 0;
    // An answer may come right behind the last byte, before finish_body() does.
    flow->request_complete = flow->request_complete || connection.session().request_written();
    flow->offered -= std::min(flow->offered, size);
    if (size > 0 && (flow->offered == 0 || connection.out().size() >= upload_window)) {  // framing takes room as well
        flow->writable_wanted = !planted(Plant::credit_lost);
    }
    want_send(connection);
    update_phase(*flow, false);
    return size;
}

void Engine::Impl::end_output(Flow& flow, Connection& connection) {
    if (flow.peer_done || !config.capabilities.half_close) {
        finish_exchange(flow, connection);
    } else {
        push(connection, op::Shutdown{connection.id});
    }
}

void Engine::Impl::finish_body(RequestId id, Headers trailers) {
    Flow* flow = flows.get(id);
    if (flow == nullptr || flow->state == Flow::State::ended) {
        return;
    }
    Connection* connection = connections.get(flow->connection);
    if (flow->state == Flow::State::upgraded) {
        if (flow->half_closed) {
            return;
        }
        flow->half_closed = true;
        if (connection->out().empty()) {
            end_output(*flow, *connection);
        } else {
            flow->shutdown_wanted = true;
        }
        return;
    }
    if (flow->body_finished || flow->request.body != Request::Body::streamed) {
        return;
    }
    flow->body_finished = true;  // kept for when there is a connection, or another one
    flow->request_trailers = std::move(trailers);
    if (connection == nullptr || !connection->started || flow->expectation.holds() ||
        connection->traffic->write_error) {
        return;
    }
    if (auto finished = connection->session().finish(id, flow->request_trailers, connection->out()); !finished) {
        fail_malformed(*flow, *connection, std::move(finished).error());
        return;
    }
    flow->request_complete = true;
    flow->writable_wanted = false;
    if (!connection->out().empty()) {
        want_send(*connection);
    } else if (!flow->timings.request_sent) {
        flow->timings.request_sent = now - flow->submitted;
    }
    update_phase(*flow, false);
}

void Engine::Impl::drain() {
    draining = true;  // The limit of an earlier drain stays: whoever set it was promised an end by then.
    std::vector<ConnId> unused;
    connections.each([&](ConnId id, const Connection& connection) {
        using State = Connection::State;
        if (connection.state == State::idle || connection.state == State::draining ||
            connection.state == State::flushing) {
            unused.push_back(id);
        }
    });
    for (const ConnId id : unused) {
        close(*connections.get(id), CloseReason::client_closed);
    }
}

void Engine::Impl::drain(Duration limit) {
    const bool ends = !planted(Plant::drain_without_end);
    draining = true;
    if (ends && limit <= Duration::zero()) {
        end_drain();  // before places become free: then somebody might get one
    }
    drain();
    if (ends && anything_under_way()) {
        timers.set(drain_timer, std::min(drain_timer.due, saturating_add(now, limit)));
    }
}

void Engine::Impl::end_drain() {
    // Who waits goes first, and last who has a connection: a place that becomes free must find nobody to dial for.
    std::array<std::vector<RequestId>, 3> left;
    flows.each([&](RequestId id, const Flow& flow) {
        if (flow.state != Flow::State::ended) {
            const bool connected = connections.get(flow.connection) != nullptr;
            left[connected ? 2 : std::size_t{pool.covered(id.slot)}].push_back(id);
        }
    });
    for (const std::vector<RequestId>& rank : left) {
        for (const RequestId id : rank) {
            Flow& flow = *flows.get(id);
            stop(flow, Error{Errc::client_closed, {}, "the client was closed during " + flow.subject()},
                 CloseReason::client_closed);
            carry_out();
        }
    }
}

}  // namespace ferry
