// What a session reads, turned into events; and what the exchange waits for now.
#include "core/engine/hub.hpp"
#include "core/engine/plant.hpp"

#include "core/engine/keep_alive.hpp"
#include "core/message/literal.hpp"
#include "core/message/quote.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ferry {

namespace {
// A Content-Length is a promise of a stranger: memory is taken in advance only up to this.
constexpr std::uint64_t largest_advance = 1024 * 1024;

std::uint64_t announced_length(const Headers& headers) {
    std::uint64_t length = 0;
    if (const auto text = headers.first(KnownField::content_length)) {
        std::from_chars(text->data(), text->data() + text->size(), length);
    }
    return length;
}
}  // namespace

void Engine::Impl::on_informational(RequestId id, ResponseHead&& head) {
    if (Flow* flow = on_connection(id); flow != nullptr) {
        if (tracing()) {
            trace(id, flow->connection,
                  "< " + std::to_string(head.status) + " " + detail::escaped(head.reason) + "\n" + head.headers.dump());
        }
        const bool go_on = flow->expectation.informational(head.status);
        events.emplace_back(event::Informational{id, std::move(head)});
        if (go_on) {
            release_body(*flow);
        }
    }
}

void Engine::Impl::on_head(RequestId id, ResponseHead&& head) {
    Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return;
    }
    if (tracing()) {
        trace(id, flow->connection,
              "< " + std::string(to_string(head.version)) + " " + std::to_string(head.status) + " " +
                  detail::escaped(head.reason) + "\n" + head.headers.dump());
    }
    Connection& connection = *connections.get(flow->connection);
    connection.server_keepalive = server_keepalive(head.headers).value_or(Connection::unlimited);
    if (!planted(Plant::refused_body_sent)) {
        flow->expectation.answered();
    }
    if (unwanted(*flow, head)) {
        return;
    }
    flow->head = std::move(head);
    head = ResponseHead{.headers = field_lists.take()};  // memory for the session's next one
    flow->head_delivered = true;
    events.emplace_back(event::Head{id});
    if (detail::is_literal(flow->request.method, "HEAD") || flow->head.status == 204 || flow->head.status == 304) {
        return;  // RFC 9112 section 6.3 (1): no body, whatever Content-Length says
    }
    const std::uint64_t length = announced_length(flow->head.headers);
    if (length > flow->request.max_body) {
        body_too_large(*flow);  // before a byte of it is read
    } else if (flow->request.collect) {
        flow->body.reserve(static_cast<std::size_t>(std::min(length, largest_advance)));
    }
}

void Engine::Impl::body_too_large(Flow& flow) {
    Connection& connection = *connections.get(flow.connection);
    Error error{
        Errc::body_too_large,
        {},
        "the response's body is larger than " + std::to_string(flow.request.max_body) + " bytes: " + flow.subject()};
    detach(flow, connection);
    close(connection, CloseReason::response_refused);
    fail(flow, std::move(error));
}

void Engine::Impl::on_data(RequestId id, ConstBuffer data) {
    if (Flow* flow = on_connection(id); flow != nullptr) {
        deliver(*flow, data);
    }
}

void Engine::Impl::deliver(Flow& flow, ConstBuffer data) {
    if (data.empty() || flow.repeat_after) {
        return;
    }
    flow.timings.body_bytes_received += data.size();
    if (flow.state == Flow::State::exchanging && flow.timings.body_bytes_received > flow.request.max_body) {
        body_too_large(flow);
        return;
    }
    if (flow.request.collect) {
        flow.body.append(data);
    } else {
        flow.outstanding += data.size();
        events.emplace_back(event::Body{flow.id, data});
    }
}

void Engine::Impl::on_trailers(RequestId id, Headers trailers) {
    if (Flow* flow = on_connection(id); flow != nullptr) {
        flow->trailers = std::move(trailers);
    }
}

void Engine::Impl::on_end(RequestId id) {
    if (Flow* flow = on_connection(id); flow != nullptr) {
        flow->response_complete = true;
    }
}

void Engine::Impl::on_upgrade(RequestId id, ConstBuffer data) {
    Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return;
    }
    flow->request_complete = true;
    flow->expectation.begin(false);
    connections.get(flow->connection)->broken = true;
    if (flow->request.collect) {
        flow->response_complete = true;  // nobody has asked for the stream behind it
        return;
    }
    flow->state = Flow::State::upgraded;
    flow->timings.body_bytes_received = 0;
    events.emplace_back(event::Upgraded{id});
    if (!planted(Plant::leftover_lost)) {
        deliver(*flow, data);
    }
    flow->writable_wanted = true;
    offer_credit(*flow, *connections.get(flow->connection));
}

void Engine::Impl::on_broken(RequestId id, const Error& error) {
    Flow* flow = on_connection(id);
    if (flow == nullptr) {
        return;
    }
    Connection& connection = *connections.get(flow->connection);
    connection.broken = true;
    if (planted(Plant::short_success) && flow->head_delivered) {
        flow->response_complete = true;
    }
    if (flow->response_complete || flow->repeat_after) {
        return;  // bytes behind the response: its own business is done
    }
    Error told = error;
    told.message.append(" in the response to ").append(flow->subject());
    if (connection.traffic->write_error && !flow->response_started) {
        told.code = Errc::write_failed;
        told.cause = connection.traffic->write_error;
        told.message = "the connection broke while the request was sent (" + connection.traffic->write_error.message() +
                       "): " + flow->subject();
    }
    lose_connection(*flow, connection, std::move(told));
}

// ── What is waited for ───────────────────────────────────────────────────────────────────────────────────────────────

void Engine::Impl::set_phase(Flow& flow, Flow::Phase phase, const std::optional<Duration>& limit) {
    flow.phase = phase;
    if (limit) {
        timers.set(flow.timers->phase, saturating_add(now, *limit) + Duration(planted(Plant::late_timeout) ? 1 : 0));
    } else {
        Timers::clear(flow.timers->phase);
    }
}

/// `progress`: a byte has moved, so a running limit starts anew.
void Engine::Impl::update_phase(Flow& flow, bool progress) {
    const Connection& connection = *connections.get(flow.connection);
    const bool writing = !connection.traffic->write_error && (!connection.started || !connection.out().empty());
    Flow::Phase phase = Flow::Phase::none;
    if (writing) {
        phase = Flow::Phase::write;  // while a body is being sent only `write` and `total` run
    } else if (flow.state == Flow::State::exchanging) {
        if (flow.expectation.waits() && !connection.traffic->write_error) {
            phase = Flow::Phase::expect;
        } else if ((flow.request_complete || flow.expectation.refused() || connection.traffic->write_error) &&
                   (!flow.paused() || planted(Plant::timeout_while_paused))) {
            phase = Flow::Phase::read;
        }
    }
    if (phase == flow.phase && (!progress || phase == Flow::Phase::expect)) {
        return;
    }
    const Deadlines& limits = flow.request.deadlines;
    switch (phase) {
        case Flow::Phase::write: set_phase(flow, phase, limits.write); break;
        case Flow::Phase::read: set_phase(flow, phase, limits.read); break;
        case Flow::Phase::expect: set_phase(flow, phase, flow.request.expect_continue); break;
        default: set_phase(flow, phase, std::nullopt); break;
    }
}

void Engine::Impl::update_reading(Flow& flow, Connection& connection) {
    if (const bool wanted = !flow.paused() || planted(Plant::window_ignored); wanted != connection.reading) {
        connection.reading = wanted;
        push(connection, op::Reading{connection.id, wanted});
    }
}

void Engine::Impl::offer_credit(Flow& flow, Connection& connection) {
    if (!flow.writable_wanted || connection.out().size() > upload_window / 2) {
        return;
    }
    if (credit(flow.id) > 0) {
        flow.writable_wanted = false;
        flow.offered = upload_window - connection.out().size();
        events.emplace_back(event::Writable{flow.id, flow.offered});
    }
}

void Engine::Impl::want_send(Connection& connection) {
    if (!connection.sending && !connection.traffic->write_error) {
        connection.sending = true;
        push(connection, op::Send{connection.id});
    }
}

}  // namespace ferry
