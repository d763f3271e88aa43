// The engine against a transport and an application that do whatever the bytes say, as far as the contract allows it:
// which fact comes next, about which connection, how much of it, and what is asked meanwhile. Invariants of the design are
// checked after each step, and in the end nothing may be left.
#include "fuzz/target.hpp"

#include <ferry/engine.hpp>

#include <array>
#include <optional>
#include <unordered_map>
#include <vector>

namespace {

using namespace ferry;
using namespace std::chrono_literals;
using ferry::fuzz::Input;
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
};

struct Connection {
    enum class State { connecting, open, closing, gone };
    ConnId id{};
    State state = State::connecting;
    bool sending = false;  ///< op::Send has come, and gather() has not given 0 since.
    bool eof = false;
    bool write_failed = false;
    bool shut = false;
    bool gone_in_turn = false;
    std::vector<ConstBuffer> lent{};
    std::string content{};  ///< Of what is lent.
    std::string_view coming{};
};

struct Exchange {
    RequestId id{};
    bool collect = true;
    bool head = false;
    bool upgraded = false;
    bool peer_done = false;
    bool ended = false;
    std::size_t outstanding = 0;
};

class World {
public:
    explicit World(std::string_view bytes) : input_(bytes), engine_(config()) {}

    void run() {
        while (!input_.empty()) {
            step();
            check();
        }
        finish();
    }

private:
    EngineConfig config();
    void step();
    void check();
    bool end_one();
    void finish();
    void drain_events();
    void turn();
    void perform(const Op& op);
    void write(Connection& connection);
    void receive(Connection& connection);
    void close(Connection& connection, std::error_code why);
    void pass(Duration duration);
    void submit();
    void stale();
    void lookup();
    void fact(Connection& connection);
    void command();

    Connection& connection(ConnId id, const Op& op) {
        require(id.slot < connections_.size() && connections_[id.slot].id == id,
                to_string(op) + ": no such connection");
        return connections_[id.slot];
    }

    Input input_;
    Engine engine_;
    Time now_{1h};
    std::vector<Connection> connections_;  // by slot
    std::vector<LookupId> lookups_;
    std::vector<LookupId> answered_;  // since the last turn: a CancelLookup may have been on its way
    std::vector<Exchange> exchanges_;
    std::unordered_map<RequestId, std::size_t> index_;
    std::vector<ConnId> dead_;
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
    return config;
}

// ── Looking on ───────────────────────────────────────────────────────────────────────────────────────────────────────

void World::check() {
    const std::string complaint = engine_.audit();
    require(complaint.empty(), complaint + "\n" + engine_.dump());
    for (const Connection& connection : connections_) {
        std::string content;
        for (const ConstBuffer& piece : connection.lent) {
            content += as_text(piece);
        }
        require(content == connection.content, "lent memory has changed");
    }
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
            require(found != index_.end(), to_string(event) + " for nobody");
            Exchange& exchange = exchanges_[found->second];
            require(!exchange.ended, to_string(event) + " after its end");
            if (std::holds_alternative<event::Head>(event)) {
                require(!exchange.head && engine_.take_head(id).status >= 101, "Head twice, or without a status");
                exchange.head = true;
            } else if (const auto* body = std::get_if<event::Body>(&event)) {
                require(exchange.head && !exchange.collect && !body->data.empty(),
                        to_string(event) + " is out of place");
                exchange.outstanding += body->data.size();
            } else if (std::holds_alternative<event::Upgraded>(event)) {
                require(exchange.head && !exchange.upgraded, "Upgraded is out of place");
                exchange.upgraded = true;
            } else if (std::holds_alternative<event::PeerDone>(event)) {
                require(exchange.upgraded && !exchange.peer_done, "PeerDone is out of place");
                exchange.peer_done = true;
            } else if (std::holds_alternative<event::Done>(event)) {
                require(exchange.head, "Done without a head");
                static_cast<void>(engine_.take_body(id));
                exchange.ended = true;
            } else if (std::holds_alternative<event::Failed>(event)) {
                require(!engine_.take_error(id).message.empty(), "an error without a sentence");
                exchange.ended = true;
            }
            if (exchange.ended) {
                index_.erase(found);
            }
        }
    }
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
        lookups_.push_back(o->id);
        return;
    }
    if (const auto* o = std::get_if<op::CancelLookup>(&op)) {
        require(std::erase(lookups_, o->id) + std::erase(answered_, o->id) == 1,
                to_string(op) + ": it is not under way");
        return;
    }
    if (const auto* o = std::get_if<op::Connect>(&op)) {
        connections_.resize(std::max(connections_.size(), o->id.slot + std::size_t{1}));
        Connection& slot = connections_[o->id.slot];
        require(!slot.id || slot.state == Connection::State::gone, to_string(op) + ": the slot is in use");
        slot = Connection{.id = o->id};
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
            to_string(op) + ": the connection is not open");
    if (std::holds_alternative<op::Send>(op)) {
        c.sending = true;
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
    }
    for (std::size_t i = 0; i < count; ++i) {
        c.lent.push_back(pieces[i]);
        c.content += as_text(pieces[i]);
    }
    require(!c.shut || count == 0, "output after Shutdown");
    drain_events();
}

/// Bytes, or the end.
void World::receive(Connection& c) {
    const unsigned what = input_.byte();
    if (what == 255) {
        c.eof = true;
        engine_.on_eof(now_, c.id);
    } else {
        if (c.coming.empty()) {
            c.coming = answers[what % std::size(answers)];
        }
        const std::size_t size = what >= 128 ? 1 + what % c.coming.size() : c.coming.size();
        const std::string own(c.coming.substr(0, size));
        c.coming.remove_prefix(size);
        if (what % 2 == 0) {
            const std::span<std::byte> memory = engine_.read_buffer(c.id);
            std::copy_n(as_bytes(own).begin(), own.size(), memory.begin());
            engine_.on_received(now_, c.id, memory.first(own.size()));
        } else {
            engine_.on_received(now_, c.id, as_bytes(own));
        }
    }
    drain_events();
}

void World::close(Connection& c, std::error_code why) {
    c.lent.clear();
    c.content.clear();
    c.sending = false;
    c.state = Connection::State::gone;
    c.gone_in_turn = true;
    dead_.push_back(c.id);
    engine_.on_closed(now_, c.id, why);
    drain_events();
}

void World::lookup() {
    if (lookups_.empty()) {
        return;
    }
    const std::size_t which = input_.below(static_cast<unsigned>(lookups_.size()));
    const LookupId id = lookups_[which];
    lookups_.erase(lookups_.begin() + static_cast<std::ptrdiff_t>(which));
    answered_.push_back(id);
    const std::array<Endpoint, 3> endpoints{*parse_address("10.0.0.1", 80), *parse_address("2001:db8::1", 80),
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
        engine_.on_connected(now_, c.id);
    } else if (what <= 3 && !c.lent.empty()) {
        const std::size_t size = c.content.size();
        const std::size_t sent = what == 1 ? size : std::min<std::size_t>(size, input_.byte());
        c.lent.clear();
        c.content.clear();
        if (what == 3) {
            c.write_failed = true;
            engine_.on_send_failed(now_, c.id, std::make_error_code(std::errc::broken_pipe));
        } else {
            engine_.on_sent(now_, c.id, sent);
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

void World::pass(Duration duration) {
    now_ += duration;
    handled_ = false;
    engine_.on_time(now_);
    const std::optional<Time> deadline = engine_.deadline();
    drain_events();
    require(!deadline || *deadline > now_ || handled_, "on_time() makes no progress");
}

// ── The application ──────────────────────────────────────────────────────────────────────────────────────────────────

void World::submit() {
    constexpr const char* methods[] = {"GET", "POST", "HEAD", "PUT", "CONNECT"};
    constexpr const char* hosts[] = {"http://a.test/", "http://b.test/", "http://10.0.0.3/", "http://a.test:81/"};
    const unsigned kind = input_.byte();
    const unsigned more = input_.byte();
    Request request;
    request.method = methods[kind % 5];
    request.url = Url(hosts[kind / 5 % 4]);
    if (request.method == "CONNECT") {
        request.target = "a.test:443";
    } else if (kind % 5 == 1 || kind % 5 == 3) {
        request.body = more % 2 == 0 ? Request::Body::buffered : Request::Body::streamed;
        request.content = Buffer(std::string_view(request.body == Request::Body::buffered ? "some content" : ""));
        if (request.body == Request::Body::streamed && more / 2 % 2 == 0) {
            request.content_length = 6;
        }
    }
    if (kind >= 200) {
        request.headers.add("Connection", "upgrade");
        request.headers.add("Upgrade", "echo");
    }
    request.collect = more / 4 % 2 == 0;
    request.window = more / 8 % 2 == 0 ? 4 : 100;
    request.max_body = more / 16 % 4 == 0 ? 4 : 1'000;
    if (more / 64 == 1) {
        request.deadlines = {.connect = 10ms, .read = 10ms, .write = 10ms, .pool = 10ms, .total = 50ms};
    } else if (more / 64 == 2) {
        request.deadlines.pool = 0ms;
    }
    const bool collect = request.collect;
    const RequestId id = engine_.submit(now_, std::move(request));
    require(index_.emplace(id, exchanges_.size()).second, "the id of another request");
    exchanges_.push_back({.id = id, .collect = collect});
}

void World::command() {
    if (exchanges_.empty()) {
        submit();
        return;
    }
    Exchange& exchange = exchanges_[input_.below(static_cast<unsigned>(exchanges_.size()))];
    switch (input_.below(6)) {
        case 0: engine_.cancel(now_, exchange.id); break;
        case 1: {
            const std::size_t n = std::min<std::size_t>(exchange.outstanding, input_.byte());
            exchange.outstanding -= n;
            engine_.consume(now_, exchange.id, n);
            break;
        }
        case 2:
        case 3: {
            const Buffer data(std::string_view("abcdef").substr(0, 1 + input_.below(6)));
            const std::size_t taken = engine_.write_body(now_, exchange.id, data);
            require(taken == 0 || taken == data.size(), "write_body() took a part");
            break;
        }
        case 4: engine_.finish_body(now_, exchange.id); break;
        default: engine_.finish_body(now_, exchange.id, Headers{{"X-Trailer", "1"}}); break;
    }
}

void World::step() {
    const unsigned what = input_.below(32);
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
        if (input_.below(8) == 0) {
            engine_.drain(now_);
        }
    } else {
        turn();
    }
    if (what % 2 == 0) {
        turn();
    } else {
        drain_events();
    }
}

/// Tells of the end of a connection; false if there is none left.
bool World::end_one() {
    for (Connection& c : connections_) {
        if (c.state == Connection::State::open && c.id) {
            close(c, {});
            return true;
        }
    }
    return false;
}

void World::finish() {
    constexpr int patience = 10'000;
    engine_.drain(now_);
    // The application does its part, and in the end the servers do theirs: then nothing may hang.
    for (const Exchange& exchange : exchanges_) {
        engine_.consume(now_, exchange.id, exchange.outstanding);
        engine_.finish_body(now_, exchange.id);
    }
    for (int i = 0; i < patience; ++i) {
        turn();
        for (Connection& c : connections_) {
            if (c.state == Connection::State::closing && c.id) {
                close(c, {});
            }
        }
        turn();
        check();
        const std::optional<Time> deadline = engine_.deadline();
        if (!deadline && !end_one()) {
            break;
        }
        pass(deadline && *deadline > now_ ? *deadline - now_ : 0ms);
    }
    turn();
    const Stats& stats = engine_.stats();
    require(index_.empty() && stats.requests == stats.requests_done + stats.requests_failed,
            "a request has not ended\n" + engine_.dump());
    require(stats.active + stats.idle + stats.connecting + stats.closing + stats.waiting == 0,
            "something is left\n" + engine_.dump());
    require(lookups_.empty(), "a lookup is left");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    World(ferry::fuzz::text_of(data, size)).run();
    return 0;
}
