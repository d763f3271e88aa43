// How connections come about: dials, their lookups and attempts, and what follows when one fails.
#include "core/engine/hub.hpp"

#include "core/message/quote.hpp"

#include <algorithm>
#include <utility>

namespace ferry {

namespace {
Endpoint local_socket(const std::string& path) {
    Endpoint endpoint;
    endpoint.family = Endpoint::Family::local;
    endpoint.path = path;
    return endpoint;
}
}  // namespace

// ── Beginning ────────────────────────────────────────────────────────────────────────────────────────────────────────

void Engine::Impl::start_dial(Flow& flow) {
    const Url& url = flow.request.url;
    Dial& dial = connector.begin(flow.origin);
    dial.flow = flow.id;
    dial.host = url.raw_host();
    dial.port = url.effective_port();
    flow.dial = dial.id;
    if (!config.socket_path.empty()) {
        connect(dial, {local_socket(config.socket_path)});
        return;
    }
    const Lookups::Known known = lookups.find(now, dial.host, dial.port);
    if (known.endpoints != nullptr) {
        if (known.cached) {
            ++counters.lookups_cached;
            dial.resolved = now;
        }
        connect(dial, Eyeballs::interleaved(*known.endpoints, dial.port));
    } else if (auto address = parse_address(dial.host, dial.port)) {
        connect(dial, {*std::move(address)});
    } else {
        const Lookups::Joined joined = lookups.join(dial.id.slot, dial.host);
        if (!joined.began) {
            ++counters.lookups_shared;
            return;
        }
        hosts.push_back(dial.host);
        ops.emplace_back(op::Lookup{joined.id, hosts.back(), dial.port});
        ++counters.lookups;
        if (tracing()) {
            trace({}, {}, "looking up " + dial.host);
        }
    }
}

void Engine::Impl::on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) {
    if (tracing() && !lookups.host(id).empty()) {
        const std::string host(lookups.host(id));
        trace({}, {},
              error ? "lookup of " + host + " failed: " + error.message()
                    : "lookup of " + host + ": " + std::to_string(endpoints.size()) + " addresses");
    }
    if (error) {
        endpoints = {};
    }
    for (const std::uint32_t slot : lookups.answered(now, id, endpoints)) {
        Dial& dial = *connector.in_slot(slot);
        dial.resolved = now;
        if (endpoints.empty()) {
            dial.failure = Errc::name_resolution_failed;
            dial.cause = error;
            dial_failed(dial);
        } else {
            connect(dial, Eyeballs::interleaved(endpoints, dial.port));
        }
    }
}

// ── Attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

void Engine::Impl::connect(Dial& dial, std::vector<Endpoint> endpoints) {
    dial.state = Dial::State::connecting;
    follow(dial, dial.eyeballs.start(std::move(endpoints)));
}

void Engine::Impl::follow(Dial& dial, Eyeballs::Step step) {
    switch (step) {
        case Eyeballs::Step::replace:
            close(*connections.get(dial.attempts.front()), CloseReason::connect_timed_out);
            dial.attempts.erase(dial.attempts.begin());
            attempt(dial);
            break;
        case Eyeballs::Step::attempt: attempt(dial); break;
        case Eyeballs::Step::wait: break;
        case Eyeballs::Step::exhausted: dial_failed(dial); return;
    }
    if (const std::optional<Time> due = dial.eyeballs.due()) {
        timers.set(dial.timer, *due);
    } else {
        Timers::clear(dial.timer);
    }
}

void Engine::Impl::attempt(Dial& dial) {
    const Endpoint& to = dial.eyeballs.next(now);
    const ConnId id = connections.emplace();
    Connection& connection = *connections.get(id);
    connection.id = id;
    connection.timer.owner = id.slot;
    connection.origin = dial.origin;
    connection.dial = dial.id;
    dial.attempts.push_back(id);
    push(connection, op::Connect{id, to, config.socket_options});
    ++counters.connections_opened;
    if (tracing()) {
        trace({}, id, "connecting to " + to_string(to));
    }
}

void Engine::Impl::on_connected(ConnId id) {
    Connection* connection = open_connection(id);
    if (connection == nullptr || connection->state != Connection::State::connecting) {
        return;
    }
    Dial& dial = *connector.get(connection->dial);
    Flow& flow = *flows.get(dial.flow);
    connection->resolved = dial.resolved.value_or(Connection::unresolved);
    connection->dial = {};
    connection->last_used = now;
    connection->established = now;
    connection->state = Connection::State::idle;
    if (tracing()) {
        trace({}, id, "connected");
    }
    std::iter_swap(std::ranges::find(dial.attempts, id), dial.attempts.begin());
    end_dial(dial, CloseReason::lost_race, 1);
    flow.dial = {};
    pool.dialled(flow.id.slot, id.slot);
}

void Engine::Impl::attempt_failed(Dial& dial, ConnId id, std::error_code why) {
    dial.failure = Errc::connect_failed;
    dial.cause = why;
    std::erase(dial.attempts, id);
    const Eyeballs::Step step = dial.eyeballs.failed();
    if (step == Eyeballs::Step::wait) {
        pool.return_spare(dial.origin);
    }
    follow(dial, step);
}

void Engine::Impl::next_address_due(Dial& dial) {
    const bool place = pool.take_spare(dial.origin);
    carry_out();  // what makes the place closes before its successor connects
    follow(dial, dial.eyeballs.late(now, place));
}

// ── Ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

void Engine::Impl::end_dial(Dial& dial, CloseReason reason, std::size_t spared) {
    if (const std::optional<LookupId> unwanted = lookups.leave(dial.id.slot)) {
        ops.emplace_back(op::CancelLookup{*unwanted});
    }
    for (std::size_t i = 1; i < dial.attempts.size(); ++i) {
        pool.return_spare(dial.origin);
    }
    for (std::size_t i = spared; i < dial.attempts.size(); ++i) {
        close(*connections.get(dial.attempts[i]), reason);
    }
    if (reason == CloseReason::connect_failed || reason == CloseReason::connect_timed_out) {
        lookups.forget(dial.host);  // where nobody answers, somebody else may be by now
    }
    timers.forget(dial.timer);
    connector.end(dial.id);
}

void Engine::Impl::dial_failed(Dial& dial) {
    Flow& flow = *flows.get(dial.flow);
    const Errc failure = dial.failure;
    const std::error_code cause = dial.cause;
    end_dial(dial, CloseReason::connect_failed, 0);
    flow.dial = {};
    if (flow.connect_failures < flow.request.connect_retries) {
        retry_connect(flow);
        return;
    }
    pool.dial_failed(flow.id.slot);
    std::string text =
        failure == Errc::name_resolution_failed
            ? "could not resolve the name " + std::string(flow.request.url.raw_host())
            : "could not connect to " + (config.socket_path.empty() ? std::string(flow.request.url.netloc())
                                                                    : detail::quoted(config.socket_path));
    if (flow.connect_failures > 0) {
        text.append(" in ").append(std::to_string(flow.connect_failures + 1)).append(" attempts");
    }
    if (cause && cause != failure) {
        text.append(" (").append(cause.message()).append(")");
    }
    fail(flow, Error{failure, cause, text + " for " + flow.subject()});
}

/// The flow has lost its dial and tries again: at once and in its place, or after a while and without one.
void Engine::Impl::retry_connect(Flow& flow) {
    const Duration backoff = Connector::backoff(++flow.connect_failures);
    ++counters.connects_retried;
    if (backoff == Duration::zero()) {
        start_dial(flow);
        set_phase(flow, Flow::Phase::connect, flow.request.deadlines.connect);
        return;
    }
    if (tracing()) {
        trace(flow.id, {}, "connecting again in " + to_text(backoff));
    }
    pool.dial_failed(flow.id.slot);
    flow.state = Flow::State::resting;
    ++resting;
    set_phase(flow, Flow::Phase::backoff, backoff);
}

/// The flow's budget for connecting is used up. True if it goes on all the same.
bool Engine::Impl::connect_timed_out(Flow& flow) {
    Dial* dial = connector.get(flow.dial);
    if (dial == nullptr || flow.connect_failures >= flow.request.connect_retries) {
        return false;
    }
    end_dial(*dial, CloseReason::connect_timed_out, 0);
    flow.dial = {};
    retry_connect(flow);
    return true;
}

/// A dial too many, since `left` has left its queue: its own, or the one that began last, whose flow takes that over.
void Engine::Impl::drop_dial(Flow& left, bool own) {
    Dial& theirs = *connector.get(std::exchange(left.dial, {}));
    Dial& newest = *connector.newest(theirs.origin);
    if (own || &newest == &theirs) {
        end_dial(theirs, own ? CloseReason::connect_timed_out : CloseReason::connect_not_needed, 0);
        return;
    }
    Flow& heir = *flows.get(newest.flow);
    end_dial(newest, CloseReason::connect_not_needed, 0);
    heir.dial = theirs.id;
    theirs.flow = heir.id;
}

/// `heir` has lost its dial to its success, or never had one: it takes over the one of `left`, which has left its queue.
void Engine::Impl::take_over_dial(Flow& heir, Flow& left) {
    heir.dial = std::exchange(left.dial, {});
    connector.get(heir.dial)->flow = heir.id;
    if (heir.phase != Flow::Phase::connect) {
        cover(heir);
    }
}

}  // namespace ferry
