// What the pool decides, carried out.
#include "core/engine/hub.hpp"

#include "core/message/quote.hpp"

#include <utility>

namespace ferry {

namespace {
// Younger idle connections were seen by the loop a moment ago: looking again costs a system call and finds nothing.
constexpr Duration probe_after = std::chrono::milliseconds(20);

Duration since(Time start, Time moment) { return moment > start ? moment - start : Duration::zero(); }
}  // namespace

void Engine::Impl::carry_out() {
    if (carrying_out) {
        return;
    }
    carrying_out = true;
    std::vector<Pool::Decision>& decisions = pool.decisions();
    for (std::size_t i = 0; i < decisions.size(); ++i) {  // grows while it is walked
        const Pool::Decision decision = decisions[i];
        using Kind = Pool::Decision::Kind;
        switch (decision.kind) {
            case Kind::assign:
                assign(*flows.in_slot(decision.request), *connections.in_slot(decision.connection));
                break;
            case Kind::dial:
                start_dial(decision.origin, *flows.in_slot(decision.request));
                cover(*flows.in_slot(decision.request));
                break;
            case Kind::cover: cover(*flows.in_slot(decision.request)); break;
            case Kind::fail: {
                Flow& flow = *flows.in_slot(decision.request);
                const Url& url = flow.request.url;
                const bool lookup = dial_failure == Errc::name_resolution_failed;
                std::string text = lookup ? "could not resolve the name " + std::string(url.raw_host())
                                          : "could not connect to " + (config.socket_path.empty()
                                                                           ? std::string(url.netloc())
                                                                           : detail::quoted(config.socket_path));
                if (dial_cause && dial_cause != dial_failure) {
                    text.append(" (").append(dial_cause.message()).append(")");
                }
                fail(flow, Error{dial_failure, dial_cause, text + " for " + flow.subject()});
                break;
            }
            case Kind::close:
                close(*connections.in_slot(decision.connection), "its place was needed, or there are enough idle ones");
                break;
            case Kind::cancel_newest_dial: cancel_dial(connector.newest(decision.origin)); break;
            case Kind::cancel_oldest_dial: cancel_dial(connector.oldest(decision.origin)); break;
        }
    }
    decisions.clear();
    carrying_out = false;
}

void Engine::Impl::start_dial(Pool::Origin origin, const Flow& flow) {
    const Url& url = flow.request.url;
    const LookupId id = connector.begin(now, origin, url.raw_host(), url.effective_port(), config.socket_path);
    take_step(id, connector.first_step(id));
}

void Engine::Impl::cover(Flow& flow) { set_phase(flow, Flow::Phase::connect, flow.request.deadlines.connect); }

void Engine::Impl::take_step(LookupId id, Connector::Step step) {
    Dial* dial = connector.get(id);
    switch (step) {
        case Connector::Step::lookup:
            hosts.push_back(dial->host);
            ops.emplace_back(op::Lookup{id, hosts.back(), dial->port});
            ++counters.lookups;
            if (tracing()) {
                trace({}, {}, "looking up " + dial->host);
            }
            break;
        case Connector::Step::connect: {
            const ConnId made = connections.emplace();
            Connection& connection = *connections.get(made);
            connection.id = made;
            connection.timer.owner = made.slot;
            connection.origin = dial->origin;
            connection.dial = id;
            dial->connection = made;
            push(connection, op::Connect{made, connector.endpoint(*dial), config.socket_options});
            ++counters.connections_opened;
            if (tracing()) {
                trace({}, made, "connecting to " + to_string(connector.endpoint(*dial)));
            }
            break;
        }
        case Connector::Step::failed: {
            dial_failure = dial->failure;
            dial_cause = dial->cause;
            const Pool::Origin origin = dial->origin;
            connector.end(id);
            pool.dial_failed(origin);
            break;
        }
        case Connector::Step::ignore: break;
    }
}

void Engine::Impl::cancel_dial(LookupId id) {
    const Dial* dial = connector.get(id);
    if (dial == nullptr) {
        return;
    }
    if (dial->state == Dial::State::looking_up) {
        ops.emplace_back(op::CancelLookup{id});
    } else if (Connection* connection = connections.get(dial->connection); connection != nullptr) {
        close(*connection, "nobody waits for it any more");
    }
    connector.end(id);
}

void Engine::Impl::assign(Flow& flow, Connection& connection) {
    const Duration idle = since(connection.last_used, now);
    Timers::clear(connection.timer);
    connection.state = Connection::State::active;
    connection.flow = flow.id;
    connection.started = false;
    ++connection.served;
    flow.state = Flow::State::exchanging;
    flow.connection = connection.id;
    flow.timings.connection = since(flow.submitted, now);
    if (connection.reused()) {
        ++counters.connections_reused;
        const bool repeatable = is_idempotent(flow.request.method) || flow.replayable();
        if (config.capabilities.probe && (idle > probe_after || flow.retried || !repeatable)) {
            push(connection, op::Probe{connection.id});
        }
    } else {
        ++flow.timings.new_connections;
        flow.timings.connect = since(flow.submitted, now);
        if (connection.resolved) {
            flow.timings.namelookup = since(flow.submitted, *connection.resolved);
        }
    }
    if (tracing()) {
        trace(flow.id, connection.id, connection.reused() ? "reusing the connection" : "using the new connection");
    }
    want_send(connection);
    update_phase(flow, true);
}

}  // namespace ferry
