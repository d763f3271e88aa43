// What transports report, and what they ask for in between.
#include "core/engine/hub.hpp"
#include "core/engine/plant.hpp"

#include <algorithm>
#include <utility>

namespace ferry {

namespace {
Error lost(const Flow& flow, Errc code, std::error_code why, std::string_view what) {
    std::string text(what);
    if (why) {
        text.append(" (").append(why.message()).append(")");
    }
    return Error{code, why, text + " for " + flow.subject()};
}

Error ended_early(const Flow& flow, const Connection& connection, std::error_code why) {
    if (connection.traffic->write_error && !flow.response_started) {
        return lost(flow, Errc::write_failed, connection.traffic->write_error,
                    "the connection broke while the request was sent");
    }
    if (why) {
        return lost(flow, Errc::read_failed, why, "the connection broke while the response was read");
    }
    return lost(flow, Errc::server_disconnected, why, "the server closed the connection without sending a response");
}
}  // namespace

Connection* Engine::Impl::open_connection(ConnId id) noexcept {
    Connection* connection = planted(Plant::stale_id) ? connections.in_slot(id.slot) : connections.get(id);
    return connection != nullptr && connection->state != Connection::State::closing ? connection : nullptr;
}

void Engine::Impl::on_received(ConnId id, std::span<const std::byte> bytes) {
    read_memory.note(bytes.size());
    Connection* connection = open_connection(id);
    if (connection == nullptr || bytes.empty()) {
        return;
    }
    connection->read_to_the_end = read_memory.was_the_end(bytes);
    if (connection->state == Connection::State::draining) {
        take_leftover(*connection, bytes);
        return;
    }
    Flow* flow = on_connection(connection->flow);
    if (connection->state != Connection::State::active || flow == nullptr) {
        // RFC 9112 section 9.2: never the next response.
        connection->broken = true;
        connection->broken_by = CloseReason::unexpected_bytes;
        if (connection->state == Connection::State::idle) {
            close(*connection, CloseReason::unexpected_bytes);
        }
        return;
    }
    if (!connection->started) {
        connection->broken_by = CloseReason::unexpected_bytes;
        lose_connection(*flow, *connection,
                        lost(*flow, Errc::unexpected_bytes, {}, "the server sent bytes before it was asked anything"));
        return;
    }
    if (flow->state == Flow::State::upgraded) {
        deliver(*flow, bytes);
        if (flow->state == Flow::State::upgraded) {
            update_reading(*flow, *connection);
        }
        return;
    }
    if (!flow->response_started) {
        flow->response_started = true;
        flow->timings.starttransfer = now - flow->submitted;
    }
    connection->session().receive(bytes, *this);
    if (connection->state != Connection::State::active) {
        return;  // the sink has closed it
    }
    if (flow->repeat_after) {
        leave_response(*flow, *connection);
        return;
    }
    if (flow->response_complete) {
        finish_exchange(*flow, *connection);
        return;
    }
    update_reading(*flow, *connection);
    update_phase(*flow, flow->phase == Flow::Phase::read || planted(Plant::write_restarted));
}

void Engine::Impl::on_sent(ConnId id, std::size_t n) {
    Connection* connection = connections.get(id);
    if (connection == nullptr || connection->traffic == nullptr) {
        return;
    }
    const std::size_t written = connection->out().settle(n);
    if (connection->state == Connection::State::flushing) {
        if (connection->out().empty()) {
            settle(*connection);
        }
        return;
    }
    Flow* flow = on_connection(connection->flow);
    if (connection->state != Connection::State::active || flow == nullptr) {
        return;
    }
    flow->timings.bytes_sent += written;
    flow->exposed = flow->timings.bytes_sent > 0;
    if (connection->out().empty()) {
        if (flow->request_complete && !flow->timings.request_sent) {
            flow->timings.request_sent = now - flow->submitted;
        }
        if (flow->shutdown_wanted) {
            flow->shutdown_wanted = false;
            end_output(*flow, *connection);
            if (flow->state == Flow::State::ended) {
                return;
            }
        }
    }
    offer_credit(*flow, *connection);
    update_phase(*flow, written > 0 && flow->phase == Flow::Phase::write);
}

void Engine::Impl::on_send_failed(ConnId id, std::error_code error) {
    Connection* connection = connections.get(id);
    if (connection == nullptr) {
        return;
    }
    start_traffic(*connection);
    connection->out().drop();
    connection->sending = false;
    connection->broken = true;
    connection->traffic->write_error = error ? error : std::make_error_code(std::errc::broken_pipe);
    if (tracing()) {
        trace(connection->flow, id, "writing failed: " + connection->traffic->write_error.message());
    }
    if (connection->state == Connection::State::flushing || connection->state == Connection::State::draining) {
        close(*connection, CloseReason::broken);
    } else if (Flow* flow = on_connection(connection->flow); flow != nullptr) {
        flow->exposed = flow->timings.bytes_sent > 0;
        if (flow->state == Flow::State::upgraded) {
            lose_connection(*flow, *connection,
                            lost(*flow, Errc::write_failed, connection->traffic->write_error,
                                 "the connection broke while raw bytes were sent"));
            return;
        }
        update_phase(*flow, true);  // an answer may have been sent before: wait for it as long as for any other
    }
}

void Engine::Impl::on_eof(ConnId id) {
    Connection* connection = open_connection(id);
    if (connection == nullptr || connection->state == Connection::State::connecting) {
        return;
    }
    connection->broken = true;
    connection->broken_by = CloseReason::closed_by_server;
    Flow* flow = on_connection(connection->flow);
    if (connection->state != Connection::State::active || flow == nullptr) {
        close(*connection, CloseReason::closed_by_server);
        return;
    }
    if (!connection->started) {
        lose_connection(*flow, *connection, ended_early(*flow, *connection, {}));
        return;
    }
    if (flow->state == Flow::State::upgraded) {
        if (!flow->peer_done) {
            flow->peer_done = true;
            events.emplace_back(event::PeerDone{flow->id});
            if (flow->half_closed &&
                (!flow->shutdown_wanted || planted(Plant::output_lost))) {  // else when the output has been written
                finish_exchange(*flow, *connection);
            }
        }
        return;
    }
    connection->session().eof(*this);
    if (connection->state != Connection::State::active) {
        return;
    }
    if (flow->response_complete) {
        finish_exchange(*flow, *connection);
    } else {
        lose_connection(*flow, *connection, ended_early(*flow, *connection, {}));
    }
}

void Engine::Impl::on_closed(ConnId id, std::error_code why) {
    Connection* connection = connections.get(id);
    if (connection == nullptr) {
        return;
    }
    connection->gone = true;
    if (const Flow* flow = on_connection(connection->flow);
        why && flow != nullptr && !connection->traffic->write_error) {
        // Whether the system tells a write or a read of a reset is chance: what counts is that the request was not sent.
        connection->traffic->write_error =
            connection->out().empty() && flow->request_complete ? std::error_code() : why;
    }
    const bool output_lost = connection->traffic != nullptr && !connection->out().empty();
    if (connection->traffic != nullptr) {
        connection->out().drop();
    }
    ops_for_the_dead = ops_for_the_dead || connection->op_batch == op_batch;
    if (tracing()) {
        trace(connection->flow, id, why ? "closed: " + why.message() : "closed");
    }
    switch (connection->state) {
        case Connection::State::connecting: {
            Dial& dial = *connector.get(connection->dial);
            counters.closed.add(CloseReason::connect_failed);
            remove(id);
            attempt_failed(dial, id, why);
            return;
        }
        case Connection::State::idle:
        case Connection::State::draining:
        case Connection::State::flushing: close(*connection, CloseReason::closed_by_server); break;
        case Connection::State::closing: break;
        case Connection::State::active: {
            Flow& flow = *on_connection(connection->flow);
            if (!why && connection->started && flow.state == Flow::State::exchanging) {
                connection->session().eof(*this);  // a body may end with the connection
                if (connection->state != Connection::State::active) {
                    break;
                }
            }
            connection->broken = true;
            connection->broken_by = why ? CloseReason::broken : CloseReason::closed_by_server;
            if (flow.response_complete || (!why && flow.state == Flow::State::upgraded && !output_lost)) {
                finish_exchange(flow, *connection);
            } else if (!why && flow.state == Flow::State::upgraded) {
                lose_connection(
                    flow, *connection,
                    lost(flow, Errc::write_failed, {}, "the connection ended before all raw bytes were sent"));
            } else {
                lose_connection(flow, *connection, ended_early(flow, *connection, why));
            }
            break;
        }
    }
    remove(id);
}

void Engine::Impl::on_time() {
    while (Timer* timer = timers.pop_due(now)) {
        if (timer->kind == Timer::Kind::connection) {
            Connection& connection = *connections.in_slot(timer->owner);
            using State = Connection::State;
            close(connection, connection.state == State::draining ? CloseReason::rest_unwanted
                              : connection.state != State::idle   ? CloseReason::early_response
                              : too_old(connection)               ? CloseReason::max_age
                                                                  : CloseReason::keepalive_expiry);
            carry_out();
            continue;
        }
        if (timer->kind == Timer::Kind::dial) {
            next_address_due(*connector.in_slot(timer->owner));
            carry_out();
            continue;
        }
        if (timer->kind == Timer::Kind::drain) {
            end_drain();
            continue;
        }
        Flow& flow = *flows.in_slot(timer->owner);
        Errc code = Errc::total_timeout;
        if (timer->kind == Timer::Kind::request_phase) {
            if (flow.phase == Flow::Phase::backoff) {
                enqueue(flow);
                continue;
            }
            if (flow.phase == Flow::Phase::connect && connect_timed_out(flow)) {
                carry_out();
                continue;
            }
            switch (flow.phase) {
                case Flow::Phase::expect:
                    if (flow.expectation.waited() && !planted(Plant::expect_not_released)) {
                        release_body(flow);
                    }
                    carry_out();
                    continue;
                case Flow::Phase::pool: code = Errc::pool_timeout; break;
                case Flow::Phase::connect: code = Errc::connect_timeout; break;
                case Flow::Phase::write: code = Errc::write_timeout; break;
                default: code = Errc::read_timeout; break;
            }
        }
        Error error = timeout_error(flow, code);
        if (Connection* connection = connections.get(flow.connection); connection != nullptr) {
            connection->broken = connection->broken || code == Errc::write_timeout;  // it takes nothing
        }
        stop(flow, std::move(error), CloseReason::timed_out, name_of(code));
        carry_out();
    }
}

std::size_t Engine::Impl::gather(ConnId id, std::span<ConstBuffer> out) {
    Connection* connection = open_connection(id);
    if (connection == nullptr || connection->state == Connection::State::connecting) {
        return 0;
    }
    if (connection->traffic == nullptr) {
        connection->sending = false;
        return 0;
    }
    if (connection->traffic->write_error) {
        return 0;
    }
    if (Flow* flow = on_connection(connection->flow); flow != nullptr && !connection->started) {
        connection->started = true;
        const auto begin = [&]() -> Result<void> {
            Result<void> head = connection->session().start(flow->id, flow->request, connection->out());
            flow->expectation.begin(flow->request.expect_continue.has_value());
            if (!head || (flow->expectation.holds() && !planted(Plant::expect_not_held))) {
                return head;
            }
            return begin_body(*flow, *connection);
        };
        if (Result<void> begun = begin(); !begun) {
            fail_malformed(*flow, *connection, std::move(begun).error());
            carry_out();
            return 0;
        }
        if (tracing()) {
            trace(flow->id, id,
                  "> " + flow->request.method + " " +
                      std::string(flow->request.target.empty() ? flow->request.url.raw_path() : flow->request.target) +
                      " HTTP/1.1\n" + flow->request.headers.dump());
        }
        offer_credit(*flow, *connection);
    }
    const std::size_t count = connection->out().gather(out);
    if (Flow* flow = on_connection(connection->flow); flow != nullptr && count > 0) {
        flow->exposed = true;
    }
    if (count == 0 && !connection->out().lent()) {
        connection->sending = false;
    }
    return count;
}

}  // namespace ferry
