// The engine against a transport and an application that do whatever the bytes say, as far as the contract allows it:
// which fact comes next, about which connection, how much of it, and what is asked meanwhile; and time passes with and
// without the engine being told. Invariants of the design are checked after each step, bodies in both directions are
// compared with what a second reader makes of the bytes, and in the end nothing may be left.
#include "fuzz/plain_reader.hpp"
#include "fuzz/target.hpp"

#include <ferry/engine.hpp>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace {

using namespace ferry;
using namespace std::chrono_literals;
using ferry::fuzz::Input;
using ferry::fuzz::Plain;
using ferry::fuzz::require;

constexpr std::string_view answers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nX: 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=2\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nraw",
    "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nold",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "rubbish\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nz\r\n",
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy",
    "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=3\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz",
};

// Enough for everything to meet everything; more of them only make an input slow.
constexpr std::size_t most_requests = 60;
constexpr std::size_t most_steps = 600;
// A recount of everything takes longer than a step.
constexpr std::size_t steps_between_audits = 5;

/// A request on a connection.
struct Asked {
    std::size_t exchange = 0;
    std::size_t answer = 0;  ///< Where its response begins in what the connection has said.
    std::string written{};   ///< Of its streamed body.
    bool upgraded = false;
    std::string raw{};  ///< Written after that.
};

struct Connection {
    enum class State { connecting, open, closing, gone };
    ConnId id{};
    State state = State::connecting;
    bool sending = false;  ///< op::Send has come, and gather() has not given 0 since.
    bool eof = false;
    bool broken = false;
    bool write_failed = false;
    bool shut = false;
    bool gone_in_turn = false;
    std::vector<ConstBuffer> lent{};
    std::string content{};  ///< Of what is lent.
    std::string_view coming{};

    std::string heard{};      ///< What the engine has sent.
    std::string said{};       ///< What it was sent.
    std::size_t scanned = 0;  ///< Of what was heard: as far as requests have been looked for.
    std::vector<Asked> asked{};
    std::optional<Time> connected{};
    Time busy{};                     ///< When something was heard or said.
    std::optional<Time> send_since;  ///< When the op::Send came that holds now.
    Time asked_since{};              ///< When the last request was seen in it: one that left may have had it before.
};

struct Exchange {
    RequestId id{};
    std::string method{};
    std::string content{};  ///< If it is buffered.
    bool streamed = false;
    bool rewindable = false;
    bool collect = true;
    std::size_t times = 0;   ///< It was sent.
    std::size_t rounds = 1;  ///< That its policy allows.
    bool may_rest = false;   ///< It is made again, or connects again, after a while.
    bool asks = false;       ///< It waits for 100 before its body.
    bool head = false;
    int status = 0;
    bool upgraded = false;
    bool peer_done = false;
    bool discarded = false;
    bool ended = false;
    std::size_t outstanding = 0;
    Deadlines deadlines{};
    Time submitted{};
    bool too_late = false;  ///< It was submitted after a drain.
    ConnId connection{};    ///< Where it was sent last.
    std::string got{};      ///< Of its body, and of the raw stream after an upgrade.
};

class World {
public:
    explicit World(std::string_view bytes) : input_(bytes), engine_(config()) {}

    void run() {
        for (std::size_t i = 0; i < most_steps && !input_.empty(); ++i) {
            step();
            check();
            if (i % steps_between_audits == 0) {
                audit();
            }
        }
        audit();
        finish();
    }

private:
    EngineConfig config();
    void step();
    void check();
    void audit() const;
    bool end_one();
    void finish();
    void drain_events();
    void enter(Exchange& exchange, Event& event);
    void turn();
    void perform(const Op& op);
    void write(Connection& connection);
    void find_requests(Connection& connection);
    void judge_use(const Connection& connection) const;
    void judge_heard(const Connection& connection) const;
    void receive(Connection& connection);
    void close(Connection& connection, std::error_code why);
    void pass(Duration duration);
    void judge_time() const;
    void submit();
    void stale();
    void late_commands();
    void lookup();
    void fact(Connection& connection);
    void command();

    /// Where a request is, if that is still there.
    Connection* connection_of(const Exchange& exchange) {
        const std::size_t slot = exchange.connection.slot;
        return exchange.connection && slot < connections_.size() && connections_[slot].id == exchange.connection
                   ? &connections_[slot]
                   : nullptr;
    }
    Connection& connection(ConnId id, const Op& op) {
        require(id.slot < connections_.size() && connections_[id.slot].id == id,
                [&] { return to_string(op) + ": no such connection"; });
        return connections_[id.slot];
    }

    Input input_;
    PoolLimits limits_;
    bool local_ = false;
    bool pinned_ = false;
    Time now_{1h};
    Engine engine_;
    std::vector<Connection> connections_;  // by slot
    std::vector<LookupId> lookups_;
    std::vector<LookupId> answered_;  // since the last turn: a CancelLookup may have been on its way
    std::vector<Exchange> exchanges_;
    std::unordered_map<RequestId, std::size_t> index_;
    std::vector<ConnId> dead_;
    bool drained_ = false;
    std::optional<Time> drained_by_;
    bool handled_ = false;
};

EngineConfig World::config() {
    EngineConfig config;
    const unsigned kind = input_.byte();
    config.limits.max_connections = 1 + kind % 4;
    config.limits.max_keepalive = kind / 4 % 3;
    if (kind / 16 % 2 == 1) {
        config.limits.keepalive_expiry = 30ms;
    }
    config.trace = kind / 32 % 2 == 1;
    config.capabilities.half_close = kind / 64 % 2 == 0;
    config.capabilities.probe = kind / 128 % 2 == 0;
    const unsigned more = input_.byte();
    if (more % 4 > 0) {
        config.limits.max_per_origin = more % 4;
    }
    if (more / 4 % 4 == 1) {
        config.limits.max_connection_age = 20ms;
    }
    pinned_ = more / 16 % 4 == 1;
    if (pinned_) {
        config.hosts.push_back({.host = "a.test", .endpoints = {*parse_address("10.0.0.9", 1)}});
    }
    if (more / 64 % 4 == 1) {
        config.retry_budget = RetryBudget{.reserve = 2, .percent = 20};
    }
    local_ = more / 64 % 4 == 2;
    if (local_) {
        config.socket_path = "/run/a.sock";
        config.capabilities.local_sockets = true;
    }
    config.wall_at = now_;
    limits_ = config.limits;
    return config;
}

// ── Looking on ───────────────────────────────────────────────────────────────────────────────────────────────────────

void World::audit() const {
    const std::string complaint = engine_.audit();
    require(complaint.empty(), [&] { return complaint + "\n" + engine_.dump(); });
}

void World::check() {
    std::size_t open = 0;
    for (const Connection& connection : connections_) {
        std::string_view content = connection.content;
        for (const ConstBuffer& piece : connection.lent) {
            require(content.starts_with(as_text(piece)), "lent memory has changed");
            content.remove_prefix(piece.size());
        }
        open += connection.state == Connection::State::connecting || connection.state == Connection::State::open;
    }
    require(open <= limits_.max_connections, "too many connections are open");
}

/// What a second reader makes of what the connection has said since it was asked.
Plain answer_to(const Exchange& exchange, const Connection& c, std::string_view& stream) {
    stream = std::string_view(c.said).substr(c.asked.back().answer);
    for (;;) {
        Plain plain = fuzz::read_response(stream, exchange.method);
        if (plain.verdict != Plain::Verdict::message || plain.status / 100 != 1) {
            return plain;
        }
        stream.remove_prefix(plain.end);
    }
}

void World::enter(Exchange& exchange, Event& event) {
    const RequestId id = exchange.id;
    const Connection* c = connection_of(exchange);
    std::string_view stream;
    const auto answer = [&] {
        require(c != nullptr, [&] { return to_string(event) + " for a request that is nowhere"; });
        return answer_to(exchange, *c, stream);
    };
    if (std::holds_alternative<event::Head>(event)) {
        const ResponseHead head = engine_.take_head(id);
        require(!exchange.head && head.status >= 101, "Head twice, or without a status");
        exchange.head = true;
        exchange.status = head.status;
        require(answer().status == head.status, "a head that nobody has sent");
    } else if (const auto* body = std::get_if<event::Body>(&event)) {
        require(exchange.head && (!exchange.collect || exchange.upgraded) && !body->data.empty(),
                [&] { return to_string(event) + " is out of place"; });
        exchange.outstanding += body->data.size();
        exchange.got += as_text(body->data);
        const Plain plain = answer();
        const std::string_view sent = exchange.upgraded ? stream.substr(plain.end) : std::string_view(plain.body);
        require(sent.starts_with(exchange.got), [&] { return "a body that nobody has sent: " + exchange.got; });
    } else if (std::holds_alternative<event::Upgraded>(event)) {
        require(exchange.head && !exchange.upgraded, "Upgraded is out of place");
        require(answer().verdict == Plain::Verdict::switched, "Upgraded, and nobody has agreed");
        exchange.upgraded = true;
        connection_of(exchange)->asked.back().upgraded = true;
    } else if (std::holds_alternative<event::PeerDone>(event)) {
        require(exchange.upgraded && !exchange.peer_done && c != nullptr && c->eof, "PeerDone is out of place");
        exchange.peer_done = true;
    } else if (std::holds_alternative<event::Rewind>(event)) {
        require(exchange.streamed && exchange.rewindable && !exchange.head, "Rewind is out of place");
    } else if (std::holds_alternative<event::Done>(event)) {
        require(exchange.head, "Done without a head");
        const std::string taken = engine_.take_body(id).str();
        if (!exchange.upgraded && !exchange.discarded) {
            const Plain plain = answer();
            require(plain.verdict == Plain::Verdict::message || plain.verdict == Plain::Verdict::switched ||
                        (plain.verdict == Plain::Verdict::to_the_end &&
                         (c->eof || c->state == Connection::State::gone) && !c->broken),
                    "Done before the end");
            const std::string& got = exchange.collect ? taken : exchange.got;
            require(got == plain.body, [&] { return "a body is '" + got + "', and '" + plain.body + "' was sent"; });
            require(engine_.take_trailers(id).size() == plain.trailers.size(), "other trailers than were sent");
        }
        exchange.ended = true;
    } else if (std::holds_alternative<event::Failed>(event)) {
        const Error error = engine_.take_error(id);
        require(!error.message.empty(), "an error without a sentence");
        const auto early = [&](Errc code, const std::optional<Duration>& limit) {
            return error.code == code && (!limit || now_ < exchange.submitted + *limit);
        };
        require(!early(Errc::total_timeout, exchange.deadlines.total) &&
                    !early(Errc::pool_timeout, exchange.deadlines.pool) &&
                    !early(Errc::connect_timeout, exchange.deadlines.connect) &&
                    !early(Errc::read_timeout, exchange.deadlines.read) &&
                    !early(Errc::write_timeout, exchange.deadlines.write),
                [&] { return "too early: " + error.message; });
        exchange.ended = true;
    }
    require(!exchange.too_late || exchange.ended, "a request was taken while draining");
    require(!exchange.too_late || !std::holds_alternative<event::Done>(event), "a request is done after a drain");
}

void World::drain_events() {
    for (;;) {
        const std::span<Event> events = engine_.take_events();
        if (events.empty()) {
            return;
        }
        handled_ = true;
        for (Event& event : events) {
            if (std::holds_alternative<event::Trace>(event)) {
                continue;
            }
            const RequestId id = std::visit(
                [](const auto& e) {
                    if constexpr (requires { e.id; }) {
                        return e.id;
                    } else {
                        return RequestId{};
                    }
                },
                event);
            const auto found = index_.find(id);
            require(found != index_.end(), [&] { return to_string(event) + " for nobody, or after its end"; });
            Exchange& exchange = exchanges_[found->second];
            enter(exchange, event);
            if (exchange.ended) {
                index_.erase(found);
            }
        }
    }
}

/// The connection is used: may it be? RFC 9112 section 9.3, and the limits.
void World::judge_use(const Connection& c) const {
    require(!c.eof, "a connection is used whose server has ended it");
    if (!c.asked.empty()) {
        std::string_view stream;
        const Plain last = answer_to(exchanges_[c.asked.back().exchange], c, stream);
        const auto says = [&](std::string_view value) {
            return std::ranges::any_of(last.fields, [&](const auto& field) {
                return same_name(field.first, "Connection") && same_name(field.second, value);
            });
        };
        // Unless it was given to a request that left it before a byte was sent.
        require(last.verdict == Plain::Verdict::message && stream.size() == last.end,
                "a connection is used before, or long after, the end of its last response");
        require(!says("close") && (last.version == "1.1" || says("keep-alive")),
                "a connection is used that was to be closed");
    }
    if (!c.send_since || *c.send_since < c.busy) {
        return;  // It was written to before already: who knows when it was given.
    }
    const Time given = *c.send_since;
    Time last = std::max(*c.connected, c.busy);
    require(!limits_.keepalive_expiry || given == last || given <= last + *limits_.keepalive_expiry,
            "a connection is used that has expired");
    require(!limits_.max_connection_age || given == last || given <= *c.connected + *limits_.max_connection_age,
            "a connection is used that is too old");
}

/// Which requests begin in what is being sent. Bodies have no "HTTP/1.1" in them.
void World::find_requests(Connection& c) {
    constexpr std::string_view mark = " HTTP/1.1\r\nHost: ";
    const std::string text = c.heard + c.content;
    for (std::size_t at = text.find(mark, c.scanned); at != std::string::npos; at = text.find(mark, at + 1)) {
        judge_use(c);
        const std::size_t target = text.rfind(' ', at - 1) + 1;
        const std::size_t digits = text.find_first_of("0123456789", target);
        std::size_t number = exchanges_.size();
        std::from_chars(text.data() + digits, text.data() + at, number);
        require(number < exchanges_.size(), [&] { return "a request of nobody's: " + text; });
        Exchange& exchange = exchanges_[number];
        require(!exchange.ended, "a request is sent after its end");
        const bool repeatable = is_idempotent(exchange.method);
        require(++exchange.times <= exchange.rounds * (repeatable ? 2 : 1), "a request is sent too often");
        exchange.connection = c.id;
        c.asked.push_back({.exchange = number, .answer = c.said.size()});
        c.asked_since = now_;
        c.scanned = at + 1;
    }
}

/// What has been heard on a connection, to its end: a second reader must find the requests in it.
void World::judge_heard(const Connection& c) const {
    std::string_view stream = c.heard;
    for (const Asked& asked : c.asked) {
        const Exchange& exchange = exchanges_[asked.exchange];
        const Plain plain = fuzz::read_request(stream);
        require(plain.verdict != Plain::Verdict::refused, [&] { return "no request: " + plain.why; });
        const std::string& content = exchange.streamed ? asked.written : exchange.content;
        require(content.starts_with(plain.body), [&] { return "another body was sent: " + plain.body; });
        if (plain.verdict != Plain::Verdict::message) {
            return;
        }
        require(plain.method == exchange.method, "another method was sent");
        require(content == plain.body, [&] { return "the body that was sent is too short: " + plain.body; });
        stream.remove_prefix(plain.end);
        if (asked.upgraded) {
            require(asked.raw.starts_with(stream), "raw bytes that nobody has written");
            return;
        }
    }
    require(stream.empty(), "bytes behind the last request");
}

// ── The transport ────────────────────────────────────────────────────────────────────────────────────────────────────

void World::turn() {
    drain_events();
    for (;;) {
        const std::span<const Op> ops = engine_.take_ops();
        if (ops.empty()) {
            break;
        }
        handled_ = true;
        for (const Op& op : ops) {
            perform(op);
        }
        drain_events();
    }
    answered_.clear();
    for (Connection& connection : connections_) {
        connection.gone_in_turn = false;
    }
}

void World::perform(const Op& op) {
    if (const auto* o = std::get_if<op::Lookup>(&op)) {
        require(!o->host.empty(), "a lookup of nothing");
        require(!local_ && !(pinned_ && o->host == "a.test"), "a lookup of what is known");
        lookups_.push_back(o->id);
        return;
    }
    if (const auto* o = std::get_if<op::CancelLookup>(&op)) {
        require(std::erase(lookups_, o->id) + std::erase(answered_, o->id) == 1,
                [&] { return to_string(op) + ": it is not under way"; });
        return;
    }
    if (const auto* o = std::get_if<op::Connect>(&op)) {
        connections_.resize(std::max(connections_.size(), o->id.slot + std::size_t{1}));
        Connection& slot = connections_[o->id.slot];
        require(!slot.id || slot.state == Connection::State::gone,
                [&] { return to_string(op) + ": the slot is in use"; });
        require((o->to.family == Endpoint::Family::local) == local_, "a connect to the wrong kind of place");
        slot = Connection{};
        slot.id = o->id;
        return;
    }
    const ConnId id = std::visit(
        [](const auto& o) {
            if constexpr (requires { requires std::same_as<decltype(o.id), ConnId>; }) {
                return o.id;
            } else {
                return ConnId{};
            }
        },
        op);
    Connection& c = connection(id, op);
    if (c.state == Connection::State::gone && c.gone_in_turn) {
        return;  // It was produced before the end was told.
    }
    require(c.state == Connection::State::open ||
                (c.state == Connection::State::connecting && std::holds_alternative<op::Close>(op)),
            [&] { return to_string(op) + ": the connection is not open"; });
    if (std::holds_alternative<op::Send>(op)) {
        c.sending = true;
        c.send_since = now_;
    } else if (std::holds_alternative<op::Shutdown>(op)) {
        require(c.lent.empty(), "Shutdown under a write");
        c.shut = true;
    } else if (std::holds_alternative<op::Probe>(op)) {
        if (input_.below(3) == 0 && !c.eof) {
            receive(c);
        }
    } else if (std::holds_alternative<op::Close>(op)) {
        c.state = Connection::State::closing;
    }
}

/// Takes a loan, if there is something to write.
void World::write(Connection& c) {
    std::array<ConstBuffer, 4> pieces;
    const std::size_t count = engine_.gather(c.id, pieces);
    if (count == 0) {
        c.sending = false;
        c.send_since.reset();
    }
    for (std::size_t i = 0; i < count; ++i) {
        c.lent.push_back(pieces[i]);
        c.content += as_text(pieces[i]);
    }
    require(!c.shut || count == 0, "output after Shutdown");
    find_requests(c);
    drain_events();
}

/// Bytes, or the end.
void World::receive(Connection& c) {
    const unsigned what = input_.byte();
    c.busy = now_;
    if (what == 255) {
        c.eof = true;
        engine_.on_eof(now_, c.id);
    } else {
        if (c.coming.empty()) {
            c.coming = answers[what % std::size(answers)];
        }
        const std::size_t size = what >= 128 ? 1 + what % c.coming.size() : c.coming.size();
        std::string own(c.coming.substr(0, size));
        c.coming.remove_prefix(size);
        c.said += own;
        if (what % 2 == 0) {
            const std::span<std::byte> memory = engine_.read_buffer(c.id);
            std::copy_n(as_bytes(own).begin(), own.size(), memory.begin());
            engine_.on_received(now_, c.id, memory.first(own.size()));
            drain_events();
        } else {
            engine_.on_received(now_, c.id, as_bytes(own));
            drain_events();
            std::ranges::fill(own, '\xDD');
        }
    }
    drain_events();
}

void World::close(Connection& c, std::error_code why) {
    c.lent.clear();
    c.content.clear();
    c.sending = false;
    c.broken = static_cast<bool>(why);
    c.state = Connection::State::gone;
    c.gone_in_turn = true;
    dead_.push_back(c.id);
    engine_.on_closed(now_, c.id, why);
    drain_events();
    judge_heard(c);
}

void World::lookup() {
    if (lookups_.empty()) {
        return;
    }
    const std::size_t which = input_.below(static_cast<unsigned>(lookups_.size()));
    const LookupId id = lookups_[which];
    lookups_.erase(lookups_.begin() + static_cast<std::ptrdiff_t>(which));
    answered_.push_back(id);
    static const std::array<Endpoint, 3> endpoints{*parse_address("10.0.0.1", 80), *parse_address("2001:db8::1", 80),
                                                   *parse_address("10.0.0.2", 80)};
    const unsigned answer = input_.below(6);
    engine_.on_resolved(now_, id, std::span(endpoints).first(std::min(answer, 3U)),
                        answer == 5 ? make_error_code(Errc::name_resolution_failed) : std::error_code());
    drain_events();
}

/// Something that this connection may be told now.
void World::fact(Connection& c) {
    const unsigned what = input_.below(8);
    if (c.state == Connection::State::gone || !c.id) {
        return;
    }
    if (what == 0 || c.state == Connection::State::closing) {
        close(c, input_.below(2) == 0 || c.state == Connection::State::closing
                     ? std::error_code()
                     : std::make_error_code(std::errc::connection_reset));
    } else if (c.state == Connection::State::connecting) {
        c.state = Connection::State::open;
        c.connected = now_;
        engine_.on_connected(now_, c.id);
    } else if (what <= 3 && !c.lent.empty()) {
        const std::string content = std::exchange(c.content, {});
        const std::size_t size = content.size();
        const std::size_t sent = what == 1 ? size : std::min<std::size_t>(size, input_.byte());
        c.lent.clear();
        c.busy = now_;
        if (what == 3) {
            c.write_failed = true;
            engine_.on_send_failed(now_, c.id, std::make_error_code(std::errc::broken_pipe));
        } else {
            c.heard += content.substr(0, sent);
            engine_.on_sent(now_, c.id, sent);
            drain_events();
            if (sent == size && c.state == Connection::State::open) {
                write(c);  // As a driver does, until there is nothing.
            }
        }
    } else if (what <= 4 && c.sending && c.lent.empty() && !c.write_failed) {
        write(c);
    } else if (!c.eof) {
        receive(c);
    }
    drain_events();
}

void World::stale() {
    if (dead_.empty()) {
        return;
    }
    const ConnId id = dead_[input_.below(static_cast<unsigned>(dead_.size()))];
    engine_.on_received(now_, id, as_bytes(answers[0]));
    engine_.on_connected(now_, id);
    engine_.on_sent(now_, id, 1);
    engine_.on_send_failed(now_, id, {});
    engine_.on_eof(now_, id);
    engine_.on_closed(now_, id);
    std::array<ConstBuffer, 1> pieces;
    require(engine_.gather(id, pieces) == 0, "output of a connection that is gone");
}

/// Time passes only between turns, as in a loop.
void World::pass(Duration duration) {
    turn();
    now_ += duration;
    handled_ = false;
    engine_.on_time(now_);
    const std::optional<Time> deadline = engine_.deadline();
    drain_events();
    require(!deadline || *deadline > now_ || handled_, "on_time() makes no progress");
    judge_time();
}

/// The engine has just been told the time: whatever is due has happened.
void World::judge_time() const {
    require(!drained_by_ || now_ < *drained_by_ || index_.empty(), "a drain has not ended what it was to end");
    for (const auto& [id, number] : index_) {
        const Exchange& exchange = exchanges_[number];
        const Deadlines& limits = exchange.deadlines;
        require(!limits.total || now_ < exchange.submitted + *limits.total, "a total limit is over");
        const std::size_t slot = exchange.connection.slot;
        if (exchange.streamed || exchange.upgraded || !exchange.collect || exchange.may_rest || exchange.asks ||
            !exchange.connection || connections_[slot].id != exchange.connection ||
            connections_[slot].state != Connection::State::open || !limits.read || !limits.write) {
            continue;
        }
        // Something has passed on its connection not longer ago than the limits on reading and writing allow.
        const Connection& c = connections_[slot];
        const Time last = std::max({c.busy, c.send_since.value_or(c.busy), c.asked_since});
        require(now_ < last + std::max(*limits.read, *limits.write),
                [&] { return "a silence was tolerated\n" + engine_.dump(); });
    }
}

// ── The application ──────────────────────────────────────────────────────────────────────────────────────────────────

std::shared_ptr<const RetryPolicy> policy(unsigned kind) {
    static const std::array<std::shared_ptr<const RetryPolicy>, 3> policies{
        std::make_shared<RetryPolicy>(RetryPolicy{.max_retries = 1, .backoff = 0ms}),
        std::make_shared<RetryPolicy>(RetryPolicy{.max_retries = 3, .backoff = 10ms}),
        std::make_shared<RetryPolicy>(
            RetryPolicy{.max_retries = 2, .methods = {"GET", "POST"}, .backoff = 10ms, .respect_retry_after = false}),
    };
    return policies[kind % policies.size()];
}

void World::submit() {
    constexpr const char* methods[] = {"GET", "POST", "HEAD", "PUT", "CONNECT"};
    constexpr const char* hosts[] = {"http://a.test/", "http://b.test/", "http://10.0.0.3/", "http://a.test:81/"};
    const unsigned kind = input_.byte();
    const unsigned more = input_.byte();
    const unsigned extras = input_.byte();
    if (exchanges_.size() >= most_requests) {
        return;
    }
    const std::string number = std::to_string(exchanges_.size());
    Exchange exchange;
    Request request;
    exchange.method = request.method = methods[kind % 5];
    request.url = Url(hosts[kind / 5 % 4] + number);
    if (request.method == "CONNECT") {
        request.target = "x" + number + ".test:443";
    } else if (kind % 5 == 1 || kind % 5 == 3) {
        request.body = more % 2 == 0 ? Request::Body::buffered : Request::Body::streamed;
        exchange.streamed = request.body == Request::Body::streamed;
        exchange.content = exchange.streamed ? "" : "some content";
        request.content = Buffer(std::string_view(exchange.content));
        exchange.rewindable = request.rewindable = extras / 64 % 2 == 1;
        if (exchange.streamed && more / 2 % 2 == 0) {
            request.content_length = 6;
        }
        if (extras % 4 == 1) {
            request.expect_continue = extras / 128 == 1 ? 1s : 10ms;
        }
    }
    if (kind >= 200) {
        request.headers.add("Connection", "upgrade");
        request.headers.add("Upgrade", "echo");
    }
    request.connect_retries = extras / 4 % 4;
    exchange.may_rest = request.connect_retries > 0;
    exchange.asks = request.expect_continue.has_value();
    if (extras / 16 % 4 != 0) {
        request.retry_policy = policy(extras / 16 % 4 - 1);
        exchange.may_rest = true;
        exchange.rounds += request.retry_policy->max_retries;
    }
    request.collect = more / 4 % 2 == 0;
    request.window = more / 8 % 2 == 0 ? 4 : 100;
    request.max_body = more / 16 % 4 == 0 ? 4 : 1'000;
    if (more / 64 == 1) {
        request.deadlines = {.connect = 10ms, .read = 10ms, .write = 10ms, .pool = 10ms, .total = 50ms};
    } else if (more / 64 == 2) {
        request.deadlines.pool = 0ms;
    } else if (more / 64 == 3) {
        request.deadlines = {
            .connect = std::nullopt, .read = 20ms, .write = 20ms, .pool = std::nullopt, .total = std::nullopt};
    }
    exchange.collect = request.collect;
    exchange.deadlines = request.deadlines;
    exchange.submitted = now_;
    exchange.too_late = drained_;
    exchange.id = engine_.submit(now_, std::move(request));
    require(index_.emplace(exchange.id, exchanges_.size()).second, "the id of another request");
    exchanges_.push_back(std::move(exchange));
}

void World::command() {
    if (exchanges_.empty()) {
        submit();
        return;
    }
    Exchange& exchange = exchanges_[input_.below(static_cast<unsigned>(exchanges_.size()))];
    const RequestId id = exchange.id;
    switch (input_.below(8)) {
        case 0: engine_.cancel(now_, id); break;
        case 1: {
            const std::size_t n = std::min<std::size_t>(exchange.outstanding, input_.byte());
            exchange.outstanding -= n;
            engine_.consume(now_, id, n);
            break;
        }
        case 2:
        case 3: {
            const std::string_view data = std::string_view("abcdef").substr(0, 1 + input_.below(6));
            const std::size_t credit = engine_.credit(id);
            const std::size_t taken = engine_.write_body(now_, id, Buffer(data));
            require(taken == 0 || (taken == data.size() && credit > 0), "write_body() took a part, or without credit");
            if (taken > 0) {
                Connection* c = connection_of(exchange);
                require(c != nullptr, "write_body() took data for a request that is nowhere");
                Asked& asked = c->asked.back();
                (asked.upgraded ? asked.raw : asked.written) += data;
            }
            break;
        }
        case 4: engine_.finish_body(now_, id); break;
        case 5: engine_.finish_body(now_, id, Headers{{"X-Trailer", "1"}}); break;
        default:
            exchange.discarded = !exchange.ended && exchange.head && !exchange.collect && !exchange.upgraded;
            engine_.discard(now_, id);
            break;
    }
}

/// Commands for a request that has ended: nothing may come of them.
void World::late_commands() {
    if (exchanges_.empty()) {
        return;
    }
    const Exchange& exchange = exchanges_[input_.below(static_cast<unsigned>(exchanges_.size()))];
    turn();
    if (!exchange.ended) {
        return;
    }
    const RequestId id = exchange.id;
    engine_.cancel(now_, id);
    engine_.discard(now_, id);
    engine_.consume(now_, id, 5);
    engine_.finish_body(now_, id);
    require(engine_.credit(id) == 0 && engine_.write_body(now_, id, Buffer(std::string_view("late"))) == 0,
            "credit for a request that has ended");
    require(engine_.take_body(id).empty() && engine_.take_trailers(id).empty(),
            "something of a request that has ended");
    require(engine_.take_events().empty() && engine_.take_ops().empty(), "something came of a late command");
}

void World::step() {
    const unsigned what = input_.below(34);
    if (what < 4) {
        submit();
    } else if (what < 9) {
        command();
    } else if (what < 11) {
        lookup();
    } else if (what < 23) {
        if (!connections_.empty()) {
            fact(connections_[input_.below(static_cast<unsigned>(connections_.size()))]);
        }
    } else if (what == 23) {
        pass(std::chrono::milliseconds(input_.byte()));
    } else if (what == 24) {
        pass(0ms);
    } else if (what == 25) {
        const std::optional<Time> deadline = engine_.deadline();
        pass(deadline && *deadline > now_ ? *deadline - now_ : 0ms);
    } else if (what == 26) {
        stale();
    } else if (what == 27) {
        const unsigned how = input_.below(16);
        if (how == 0) {
            engine_.drain(now_);
            drained_ = true;
        } else if (how <= 2) {  // The earliest limit holds.
            const Duration limit = how == 1 ? 30ms : 0ms;
            drained_ = true;
            drained_by_ = std::min(drained_by_.value_or(Time::max()), now_ + limit);
            engine_.drain(now_, limit);
        }
    } else if (what == 32) {  // The application sleeps, and nobody tells the time.
        turn();
        constexpr std::array<Duration, 4> sleeps{1ms, 40ms, 6s, 10min};
        now_ += sleeps[input_.below(sleeps.size())];
    } else if (what == 33) {
        late_commands();
    } else {
        turn();
    }
    if (what % 2 == 0) {
        turn();
    } else {
        drain_events();
    }
}

/// Tells of the end of a connection, or a lookup; false if there is none left.
bool World::end_one() {
    for (Connection& c : connections_) {
        if (c.id && (c.state == Connection::State::open || c.state == Connection::State::connecting)) {
            close(c, {});
            return true;
        }
    }
    if (!lookups_.empty()) {
        const LookupId id = lookups_.back();
        lookups_.pop_back();
        answered_.push_back(id);
        engine_.on_resolved(now_, id, {}, make_error_code(Errc::name_resolution_failed));
        return true;
    }
    return false;
}

void World::finish() {
    constexpr int patience = 2'000;
    engine_.drain(now_);
    drained_by_.reset();
    // The application does its part, and in the end the servers do theirs: then nothing may hang.
    for (int i = 0; i < patience; ++i) {
        for (Exchange& exchange : exchanges_) {
            if (!exchange.ended) {
                engine_.consume(now_, exchange.id, std::exchange(exchange.outstanding, 0));
                engine_.finish_body(now_, exchange.id);
            }
        }
        turn();
        for (Connection& c : connections_) {
            if (c.state == Connection::State::closing && c.id) {
                close(c, {});
            }
        }
        turn();
        check();
        if (i % static_cast<int>(steps_between_audits) == 0) {
            audit();
        }
        const std::optional<Time> deadline = engine_.deadline();
        if (!deadline && !end_one()) {
            break;
        }
        pass(deadline && *deadline > now_ ? *deadline - now_ : 0ms);
    }
    turn();
    audit();
    const Stats& stats = engine_.stats();
    require(index_.empty() && stats.requests == stats.requests_done + stats.requests_failed,
            [&] { return "a request has not ended\n" + engine_.dump(); });
    require(stats.active + stats.idle + stats.connecting + stats.closing + stats.waiting == 0,
            [&] { return "something is left\n" + engine_.dump(); });
    require(lookups_.empty(), "a lookup is left");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    World(ferry::fuzz::text_of(data, size)).run();
    return 0;
}
