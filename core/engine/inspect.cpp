// Looking in: text for people and traces, and the recount that tests run after every step.
#include "core/engine/hub.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace ferry {

namespace {
template <class Tag>
std::string text(Id<Tag> id) {
    return "#" + std::to_string(id.slot) + "." + std::to_string(id.generation);
}

struct OpText {
    std::string operator()(const op::Lookup& o) const {
        return "Lookup " + text(o.id) + " " + std::string(o.host) + ":" + std::to_string(o.port);
    }
    std::string operator()(const op::CancelLookup& o) const { return "CancelLookup " + text(o.id); }
    std::string operator()(const op::Connect& o) const { return "Connect " + text(o.id) + " " + to_string(o.to); }
    std::string operator()(const op::Send& o) const { return "Send " + text(o.id); }
    std::string operator()(const op::Reading& o) const {
        return "Reading " + text(o.id) + (o.enabled ? " on" : " off");
    }
    std::string operator()(const op::Probe& o) const { return "Probe " + text(o.id); }
    std::string operator()(const op::Shutdown& o) const { return "Shutdown " + text(o.id); }
    std::string operator()(const op::Close& o) const { return "Close " + text(o.id); }
};

struct EventText {
    std::string operator()(const event::Informational& e) const {
        return "Informational " + text(e.id) + " " + std::to_string(e.head.status);
    }
    std::string operator()(const event::Head& e) const { return "Head " + text(e.id); }
    std::string operator()(const event::Body& e) const {
        return "Body " + text(e.id) + " " + std::to_string(e.data.size()) + " bytes";
    }
    std::string operator()(const event::Writable& e) const {
        return "Writable " + text(e.id) + " " + std::to_string(e.credit) + " bytes";
    }
    std::string operator()(const event::Upgraded& e) const { return "Upgraded " + text(e.id); }
    std::string operator()(const event::PeerDone& e) const { return "PeerDone " + text(e.id); }
    std::string operator()(const event::Done& e) const { return "Done " + text(e.id); }
    std::string operator()(const event::Failed& e) const { return "Failed " + text(e.id); }
    std::string operator()(const event::Trace& e) const { return "Trace " + e.text; }
    std::string operator()(const event::Rewind& e) const { return "Rewind " + text(e.id); }
};

std::string_view to_string(Flow::State state) noexcept {
    switch (state) {
        case Flow::State::waiting: return "waiting";
        case Flow::State::resting: return "resting";
        case Flow::State::exchanging: return "exchanging";
        case Flow::State::upgraded: return "upgraded";
        case Flow::State::ended: return "ended";
    }
    return {};
}
}  // namespace

std::string to_string(const Op& op) { return std::visit(OpText{}, op); }
std::string to_string(const Event& event) { return std::visit(EventText{}, event); }

std::string_view to_string(Connection::State state) noexcept {
    switch (state) {
        case Connection::State::connecting: return "connecting";
        case Connection::State::active: return "active";
        case Connection::State::draining: return "draining";
        case Connection::State::flushing: return "flushing";
        case Connection::State::idle: return "idle";
        case Connection::State::closing: return "closing";
    }
    return {};
}

namespace {
std::string_view to_string(Flow::Phase phase) noexcept {
    switch (phase) {
        case Flow::Phase::none: return "no limit";
        case Flow::Phase::pool: return "pool";
        case Flow::Phase::connect: return "connect";
        case Flow::Phase::backoff: return "backoff";
        case Flow::Phase::write: return "write";
        case Flow::Phase::expect: return "expect";
        case Flow::Phase::read: return "read";
    }
    return {};
}
}  // namespace

std::string Engine::Impl::dump() const {
    const auto left = [this](const Timer& timer) {
        return timer.armed() ? to_text(std::max(timer.due - now, Duration::zero())) : std::string("never");
    };
    std::string out = pool.dump() + lookups.dump();
    if (lookups.cached() > 0) {
        out += "names: the addresses of " + std::to_string(lookups.cached()) + " kept for later requests\n";
    }
    connector.dials().each([&](DialId id, const Dial& dial) {
        out +=
            "dial " + text(id) + " " + dial.host + ":" + std::to_string(dial.port) + " for " + text(dial.flow) +
            (dial.state == Dial::State::looking_up ? " looking up\n"
                                                   : " connecting, " + std::to_string(dial.eyeballs.tried()) + " of " +
                                                         std::to_string(dial.eyeballs.size()) + " addresses tried\n");
    });
    connections.each([&](ConnId id, const Connection& connection) {
        out += "connection " + text(id) + " " + std::string(to_string(connection.state)) + ", " +
               std::to_string(connection.served) + " requests, " +
               std::to_string(connection.traffic != nullptr ? connection.out().size() : 0) + " bytes to send" +
               (connection.reading ? "" : ", not reading") + (connection.flow ? ", for " + text(connection.flow) : "") +
               (connection.state == Connection::State::idle ? ", closes in " + left(connection.timer) : "") + "\n";
    });
    flows.each([&](RequestId id, const Flow& flow) {
        out += "request " + text(id) + " " + std::string(to_string(flow.state)) + ", " + flow.subject() +
               (flow.connection ? " on " + text(flow.connection) : "");
        if (flow.state != Flow::State::ended) {
            out += ", " + std::string(to_string(flow.phase)) + " " + left(flow.timers->phase) + ", total " +
                   left(flow.timers->total);
        }
        out += "\n";
    });
    return out;
}

std::string Engine::Impl::audit() const {
    std::string fault = pool.audit();
    if (fault.empty()) {
        fault = lookups.audit();
    }
    if (!fault.empty()) {
        return fault;
    }
    std::size_t active = 0;
    std::size_t idle = 0;
    std::size_t closing = 0;
    std::size_t attempts = 0;
    connections.each([&](ConnId id, const Connection& connection) {
        using State = Connection::State;
        const bool serving = connection.state == State::active;
        active += serving || connection.state == State::draining || connection.state == State::flushing ? 1U : 0U;
        idle += connection.state == State::idle ? 1U : 0U;
        closing += connection.state == State::closing ? 1U : 0U;
        attempts += connection.state == State::connecting ? 1U : 0U;
        const Flow* flow = flows.get(connection.flow);
        if (serving && (flow == nullptr || flow->connection != id || flow->state == Flow::State::ended)) {
            fault = "connection " + text(id) + " serves a request that does not know it";
        }
        if (!serving && connection.flow) {
            fault = "connection " + text(id) + " is " + std::string(to_string(connection.state)) + " and has a request";
        }
        if ((connection.state == State::idle) != pool.idle(id.slot)) {
            fault = "the pool does not agree that connection " + text(id) + " is " +
                    std::string(to_string(connection.state));
        }
        const Dial* dial = connector.dials().get(connection.dial);
        if (connection.state == State::connecting &&
            (dial == nullptr || std::ranges::find(dial->attempts, id) == dial->attempts.end())) {
            fault = "connection " + text(id) + " connects for no dial";
        }
    });
    std::size_t waiting = 0;
    std::size_t rests = 0;
    flows.each([&](RequestId id, const Flow& flow) {
        const bool waits = flow.state == Flow::State::waiting;
        waiting += waits ? 1U : 0U;
        if (waits != pool.waiting(id.slot)) {
            fault = "the pool does not agree that request " + text(id) + " is " + std::string(to_string(flow.state));
        }
        const bool placed = flow.state == Flow::State::exchanging || flow.state == Flow::State::upgraded;
        if (placed && connections.get(flow.connection) == nullptr) {
            fault = "request " + text(id) + " is on a connection that is gone";
        }
        if (flow.state == Flow::State::ended && (flow.timers->phase.armed() || flow.timers->total.armed())) {
            fault = "request " + text(id) + " has ended and its timer runs";
        }
        if ((waits && pool.covered(id.slot) != (flow.phase == Flow::Phase::connect)) ||
            (flow.state == Flow::State::resting) != (flow.phase == Flow::Phase::backoff)) {
            fault = "request " + text(id) + " waits, and the wrong timer runs";
        }
        const Dial* dial = connector.dials().get(flow.dial);
        if (waits && pool.covered(id.slot) ? dial == nullptr || dial->flow != id : dial != nullptr) {
            fault = "request " + text(id) + " and its dial do not know each other";
        }
        rests += flow.state == Flow::State::resting ? 1U : 0U;
    });
    if (!fault.empty()) {
        return fault;
    }
    if (connector.size() != pool.dial_count()) {
        return "the pool counts " + std::to_string(pool.dial_count()) + " dials, there are " +
               std::to_string(connector.size());
    }
    std::size_t spares = 0;
    connector.dials().each([&](DialId, const Dial& dial) {
        attempts -= dial.attempts.size();
        spares += dial.attempts.empty() ? 0 : dial.attempts.size() - 1;
    });
    if (active + idle + pool.dial_count() + spares != pool.open_count() || spares != pool.spare_count() ||
        idle != pool.idle_count() || attempts != 0) {
        return "the pool's connections do not agree with a recount";
    }
    if (waiting != pool.waiting_count() || closing != counters.closing || rests != resting) {
        return "the counters do not agree with a recount";
    }
    if (flows.size() !=
        counters.requests - counters.requests_done - counters.requests_failed + ended.size() + ended_taken.size()) {
        return "a request has been lost";
    }
    return {};
}

}  // namespace ferry
