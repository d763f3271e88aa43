// What applications ask for.
#include "core/engine/hub.hpp"

#include <utility>

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

Flow* Engine::Impl::on_connection(RequestId id) noexcept {
    Flow* flow = flows.get(id);
    return flow != nullptr && (flow->state == Flow::State::exchanging || flow->state == Flow::State::upgraded)
               ? flow
               : nullptr;
}

RequestId Engine::Impl::submit(Request request) {
    const RequestId id = flows.emplace(std::move(request));
    Flow& flow = *flows.get(id);
    flow.id = id;
    flow.phase_timer.owner = id.slot;
    flow.total_timer.owner = id.slot;
    flow.age = next_age++;
    flow.submitted = now;
    flow.writable_wanted = flow.request.body == Request::Body::streamed;
    ++counters.requests;
    if (auto fit = ferry::complete(flow.request); !fit) {
        fail(flow, std::move(fit).error());
        return id;
    }
    if (draining) {
        fail(flow, Error{Errc::client_closed, {}, "the client is closed: " + flow.subject()});
        return id;
    }
    if (!config.socket_path.empty() && !config.capabilities.local_sockets) {
        fail(flow,
             Error{Errc::unsupported_protocol, {}, "this transport has no Unix domain sockets: " + flow.subject()});
        return id;
    }
    const Deadlines& limits = flow.request.deadlines;
    if (limits.total) {
        timers.set(flow.total_timer, saturating_add(now, *limits.total));
    }
    enqueue(flow);
    return id;
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
    set_phase(flow, Flow::Phase::pool, limit ? std::optional(*limit - flow.pool_waited) : std::nullopt);
    if (tracing()) {
        trace(flow.id, {}, "waiting for a connection");
    }
}

void Engine::Impl::cancel(RequestId id) {
    Flow* flow = flows.get(id);
    if (flow == nullptr || flow->state == Flow::State::ended) {
        return;
    }
    if (Connection* connection = connections.get(flow->connection); connection != nullptr) {
        leave_connection(*flow, *connection, CloseReason::cancelled);
    } else {
        pool.leave(id.slot, false);
    }
    fail(*flow, Error{Errc::cancelled, {}, "cancelled: " + flow->subject()});
}

void Engine::Impl::consume(RequestId id, std::size_t n) {
    Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return;
    }
    const bool was_paused = flow->paused();
    flow->outstanding -= n < flow->outstanding ? n : flow->outstanding;
    if (was_paused && !flow->paused()) {
        update_reading(*flow, *connections.get(flow->connection));
        update_phase(*flow, false);
    }
}

std::size_t Engine::Impl::write_body(RequestId id, Buffer data) {
    Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return 0;
    }
    Connection& connection = *connections.get(flow->connection);
    const bool open = flow->state == Flow::State::upgraded ? !flow->half_closed : !flow->request_complete;
    if (!open || connection.write_error) {
        return 0;
    }
    if (!connection.started || connection.out.size() >= upload_window) {
        flow->writable_wanted = true;
        return 0;
    }
    const std::size_t size = data.size();
    if (auto written = connection.session->write(id, std::move(data), connection.out); !written) {
        detach(*flow, connection);
        fail(*flow, std::move(written).error());
        close(connection, CloseReason::request_malformed);
        return 0;
    }
    if (connection.out.size() >= upload_window) {
        flow->writable_wanted = true;
    }
    want_send(connection);
    update_phase(*flow, false);
    return size;
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
        if (flow->peer_done || !config.capabilities.half_close) {
            finish_exchange(*flow, *connection);
        } else if (connection->out.empty()) {
            push(*connection, op::Shutdown{connection->id});
        } else {
            flow->shutdown_wanted = true;
        }
        return;
    }
    if (flow->request_complete || flow->request.body != Request::Body::streamed) {
        return;
    }
    if (connection == nullptr || !connection->started) {
        flow->finish_wanted = true;
        flow->request_trailers = std::move(trailers);
        return;
    }
    if (connection->write_error) {
        return;
    }
    if (auto finished = connection->session->finish(id, trailers, connection->out); !finished) {
        detach(*flow, *connection);
        fail(*flow, std::move(finished).error());
        close(*connection, CloseReason::request_malformed);
        return;
    }
    flow->request_complete = true;
    flow->writable_wanted = false;
    if (connection->out.empty()) {
        flow->timings.request_sent = now - flow->submitted;
    } else {
        want_send(*connection);
    }
    update_phase(*flow, false);
}

void Engine::Impl::drain() {
    draining = true;
    std::vector<ConnId> idle;
    connections.each([&](ConnId id, const Connection& connection) {
        if (connection.state == Connection::State::idle) {
            idle.push_back(id);
        }
    });
    for (const ConnId id : idle) {
        close(*connections.get(id), CloseReason::client_closed);
    }
}

}  // namespace ferry
