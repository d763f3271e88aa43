#include "tests/sim/storm.hpp"

#include "tests/sim/dice.hpp"
#include "tests/sim/scenes/scene.hpp"
#include "tests/sim/watcher.hpp"

#include <charconv>
#include <deque>
#include <map>
#include <utility>

namespace ferry::testing {

namespace {

/// One request, what it is answered, and what is done to it.
struct Plan {
    std::string method = "GET";
    std::string url{};
    Request::Body body = Request::Body::none;
    std::vector<std::string> pieces{};  ///< Of the request's body.
    Headers trailers{};
    bool known_length = false;
    bool finishes = true;
    Reply reply{};
    std::optional<Reply> early{};  ///< Given when the head has come.
    bool upgrade = false;
    bool hopeless = false;  ///< Its server never gives a good answer.
    bool collect = true;
    std::size_t window = 0;
    bool held = false;
    std::uint64_t max_body = std::uint64_t{1} << 30U;
    Deadlines deadlines{};
    std::uint64_t retries = 0;
    RequestId id{};

    [[nodiscard]] std::string content() const {
        std::string all;
        for (const std::string& piece : pieces) {
            all += piece;
        }
        return all;
    }
    /// What the client gets if all goes well.
    [[nodiscard]] std::string expected(const Reply& answer) const {
        return method == "HEAD" || answer.status == 204 || answer.status == 304 ? "" : answer.body;
    }
};

class Storm {
public:
    Storm(std::uint64_t seed, bool timeline)
        : dice_(seed),
          unit_(dice_.pick<Duration>({1ns, 1ns, 1ns, 1ms})),
          session_(engine(seed), network(seed, timeline)) {}

    StormReport pass();

private:
    EngineConfig engine(std::uint64_t seed);
    NetworkConfig network(std::uint64_t seed, bool timeline);
    Link link();
    void put_up_servers();
    void put_up(std::size_t number);
    [[nodiscard]] const Plan* find(const std::string& target) const;
    Plan plan(std::size_t number);
    Reply reply(Plan& plan);
    void plan_body(Plan& plan);
    void start(Plan& plan);
    void tell_again(ConnId id);
    void disturb(Watcher& watcher);
    void judge(Watcher& watcher);
    void judge_servers();

    Dice dice_;
    Duration unit_;
    bool local_ = false;
    bool sleepy_ = false;  ///< The client's loop is late to see what has come.
    std::size_t max_connections_ = 0;
    Session session_;
    std::deque<Plan> plans_;
    std::size_t started_ = 0;
    std::vector<std::string> hosts_;
    std::vector<bool> hopeless_;
    std::vector<HttpOrigin*> origins_;
    std::map<std::uint64_t, Fault> faults_;
    std::map<std::uint64_t, RequestId> cancels_;
};

// ── The world ────────────────────────────────────────────────────────────────────────────────────────────────────────

EngineConfig Storm::engine(std::uint64_t seed) {
    EngineConfig config;
    config.seed = seed;
    config.trace = dice_.one_in(12);
    if (!dice_.one_in(8)) {
        config.limits.max_connections = 1 + dice_.below(5);
        config.limits.max_keepalive = dice_.below(4);
        config.limits.keepalive_expiry = dice_.pick<std::optional<Duration>>({0ms, 5ms, 30ms, 30ms, 5s, std::nullopt});
    }
    if (dice_.one_in(3)) {
        config.limits.max_per_origin = 1 + dice_.below(3);
    }
    if (dice_.one_in(4)) {
        config.limits.max_connection_age = dice_.pick<Duration>({1ns, 10ms, 100ms});
    }
    local_ = dice_.one_in(20);
    sleepy_ = !local_ && dice_.one_in(6);
    if (sleepy_) {
        config.limits = {.max_connections = 3};
    }
    max_connections_ = config.limits.max_connections;
    if (local_) {
        config.socket_path = "/run/storm.sock";
    }
    return config;
}

NetworkConfig Storm::network(std::uint64_t seed, bool timeline) {
    using Writes = NetworkConfig::Writes;
    return {.seed = seed,
            .shuffle = !dice_.one_in(3),
            .batch = dice_.one_in(3),
            .writes = dice_.pick({Writes::ready, Writes::completion}),
            .timer_unit = unit_,
            .capabilities = {.local_sockets = true, .probe = !dice_.one_in(6), .half_close = !dice_.one_in(6)},
            .timeline = timeline};
}

Link Storm::link() {
    Link link;
    link.latency = dice_.pick<Duration>({0ms, 1ms, 1ms, 5ms});
    link.jitter = dice_.pick<Duration>({0ms, 0ms, 1ms});
    if (dice_.one_in(6)) {
        link.connect_delay = dice_.moment(60);
    }
    link.bandwidth = dice_.pick<std::uint64_t>({0, 0, 0, 2'000'000, 500'000});
    link.send_buffer = dice_.pick<std::size_t>({256 * 1024, 20'000, 3'000});
    link.max_write = dice_.pick<std::size_t>({Link::unlimited, Link::unlimited, 7'000, 1'000});
    link.write_pause = dice_.pick<Duration>({0ms, 0ms, 100us});
    link.write_delay = dice_.pick<Duration>({0ms, 100us, 1ms});
    link.notice = dice_.pick<Duration>({0ms, 0ms, 0ms, 1ms, 30ms, 30ms});
    if (sleepy_) {
        link.notice = 30ms;
    }
    link.close_delay = dice_.pick<std::optional<Duration>>({0ms, std::nullopt, 2ms});
    link.split = dice_.pick({Split::whole(), Split::random(), Split::every(1 + dice_.below(2'000))});
    if (dice_.one_in(20)) {
        link.cut_down = Cut{.after = dice_.below(2'000), .end = dice_.pick({End::fin, End::reset})};
    }
    if (dice_.one_in(30)) {
        link.cut_up = Cut{.after = dice_.below(2'000), .end = dice_.pick({End::fin, End::reset})};
    }
    return link;
}

/// The plan of the request with this target, or null.
const Plan* Storm::find(const std::string& target) const {
    std::size_t number = plans_.size();
    std::from_chars(target.data() + 1, target.data() + target.size(), number);
    return number < plans_.size() ? &plans_[number] : nullptr;
}

void Storm::put_up(std::size_t number) {
    Network& network = session_.network();
    const std::string host = "h" + std::to_string(number) + ".test";
    const std::string address = "10.0.0." + std::to_string(number + 1);
    enum class Kind : std::uint8_t { good, slow_name, several, refused, black_hole, unknown, no_name, rubbish };
    const Kind kind =
        local_ || sleepy_
            ? Kind::good
            : dice_.pick({Kind::good, Kind::good, Kind::good, Kind::good, Kind::good, Kind::good, Kind::good,
                          Kind::good, Kind::good, Kind::slow_name, Kind::slow_name, Kind::several, Kind::refused,
                          Kind::black_hole, Kind::unknown, Kind::no_name, Kind::rubbish});
    hosts_.push_back(host);
    hopeless_.push_back(kind >= Kind::refused);
    switch (kind) {
        case Kind::slow_name: network.name(host, Lookup{.addresses = {address}, .delay = dice_.moment(40)}); break;
        case Kind::several:
            network.name(host, {"10.1.0.1", "2001:db8::1", "10.1.0.2", address});
            network.refuse("10.1.0.1");
            network.black_hole("[2001:db8::1]:80");
            if (dice_.one_in(2)) {
                network.black_hole("10.1.0.2");
            }
            break;
        case Kind::unknown: network.name(host, Lookup{.delay = dice_.moment(20)}); return;
        case Kind::no_name: network.name(host, Lookup{.answers = false}); return;
        default: network.name(host, {address}); break;
    }
    if (dice_.one_in(3)) {
        network.link(address, link());
    }
    switch (kind) {
        case Kind::refused: network.refuse(address); return;
        case Kind::black_hole: network.black_hole(address); return;
        case Kind::rubbish: {
            Script script;
            if (!dice_.one_in(4)) {
                script.expect_head();
            }
            script.wait(dice_.moment(10));
            script.send(
                dice_.pick<std::string>({"", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "220 hello\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx",
                                         "HTTP/1.1 103 Early Hints\r\n\r\n", std::string("\0\n\r", 3)}));
            script.wait(dice_.moment(10));
            network.play(address, dice_.one_in(2) ? script.fin() : script.reset());
            return;
        }
        default: break;
    }
    HttpOrigin& origin = network.serve(local_ ? std::string("/run/storm.sock") : address,
                                       [this](const RequestHead& head, std::string_view) {
                                           const Plan* plan = find(head.target);
                                           return plan != nullptr ? plan->reply : Reply{.status = 400};
                                       });
    origin.at_head([this](const RequestHead& head) -> std::optional<Reply> {
        const Plan* plan = find(head.target);
        return plan != nullptr ? plan->early : std::nullopt;
    });
    origins_.push_back(&origin);
}

void Storm::put_up_servers() {
    session_.network().link(link());
    const std::size_t count = local_ || sleepy_ ? 1 : 1 + dice_.below(4);
    for (std::size_t i = 0; i < count; ++i) {
        put_up(i);
    }
}

// ── The requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

Reply Storm::reply(Plan& plan) {
    using Framing = Reply::Framing;
    using After = Reply::After;
    Reply reply;
    if (dice_.one_in(12)) {
        plan.upgrade = true;
        plan.method = "GET";
        plan.collect = dice_.one_in(8);
        reply.status = 101;
        reply.headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}};
        reply.body = pattern(dice_.pick<std::size_t>({0, 10, 5'000, 100'000}));
        Script script = Script().send(reply.body);
        switch (dice_.below(4)) {
            case 0: script.fin(); break;
            case 1: script.expect_bytes(1 + dice_.below(6)).wait(dice_.moment(20)).fin(); break;
            case 2: script.wait(dice_.moment(20)).reset(); break;
            default: script.expect_bytes(4).fin(); break;
        }
        reply.takeover = std::move(script);
        return reply;
    }
    reply.status = dice_.pick({200, 200, 200, 200, 200, 201, 204, 304, 404, 500});
    reply.framing = dice_.pick({Framing::length, Framing::length, Framing::length, Framing::chunked, Framing::close});
    reply.body = pattern(dice_.pick<std::size_t>({0, 1, 100, 100, 3'000, 3'000, 40'000}));
    if (reply.framing == Framing::chunked) {
        if (dice_.one_in(2)) {
            reply.trailers = {{"X-Trailer", "yes"}};
        }
    } else {
        reply.http_1_0 = dice_.one_in(10);
    }
    if (dice_.one_in(6)) {
        reply.headers.add("Keep-Alive", dice_.pick<const char*>({"timeout=0", "timeout=1", "timeout=2, max=9"}));
    }
    if (!reply.http_1_0 && dice_.one_in(8)) {
        reply.interim.push_back({.status = 103, .headers = {{"Link", "</a>"}}, .delay = dice_.moment(5)});
    }
    if (dice_.one_in(8)) {
        reply.headers.add("Keep-Alive",
                          dice_.pick<const char*>({"timeout=1", "timeout=2", "timeout=60, max=5", "what"}));
    }
    reply.delay = dice_.pick<Duration>({0ms, 0ms, 1ms, 5ms, 30ms, 300ms});
    reply.piece = dice_.pick<std::size_t>({0, 0, 500, 3'000});
    reply.between = dice_.pick<Duration>({0ms, 1ms, 10ms});
    reply.after =
        dice_.pick({After::keep, After::keep, After::keep, After::keep, After::close, After::fin, After::reset});
    reply.linger = reply.after == After::keep ? 0ms : dice_.moment(80);
    if (sleepy_) {
        reply.delay = reply.between = 0ms;
        reply.after = dice_.pick({After::keep, After::fin, After::fin});
        reply.linger = reply.after == After::keep ? 0ms : 30ms + dice_.moment(50);
    }
    if (dice_.one_in(10)) {
        reply.cut = dice_.below(reply.body.size() + 1);
    } else if (reply.framing != Framing::close && dice_.one_in(20)) {
        reply.extra = "rubbish\r\n\r\n";
    }
    return reply;
}

void Storm::plan_body(Plan& plan) {
    plan.body = dice_.pick({Request::Body::none, Request::Body::buffered, Request::Body::streamed});
    if (plan.body == Request::Body::none) {
        return;
    }
    const std::string content = pattern(dice_.pick<std::size_t>({0, 4, 4, 5'000, 5'000, 80'000, 300'000}));
    if (plan.body == Request::Body::buffered) {
        plan.pieces.push_back(content);
    } else {
        for (std::size_t at = 0; at < content.size();) {
            const std::size_t size = std::min(content.size() - at, 1 + dice_.below(content.size()));
            plan.pieces.push_back(content.substr(at, size));
            at += size;
        }
        plan.known_length = dice_.one_in(2);
        plan.finishes = !dice_.one_in(10);
        if (!plan.known_length && dice_.one_in(3)) {
            plan.trailers = {{"X-Sum", "1"}};
        }
    }
    if (dice_.one_in(6)) {
        plan.early = Reply{.status = 413,
                           .body = "too large",
                           .delay = dice_.moment(5),
                           .after = dice_.pick({Reply::After::keep, Reply::After::close, Reply::After::reset})};
    }
}

Plan Storm::plan(std::size_t number) {
    Plan plan;
    const std::size_t host = dice_.below(hosts_.size());
    plan.url = "http://" + hosts_[host] + "/" + std::to_string(number);
    plan.hopeless = hopeless_[host];
    plan.retries = dice_.one_in(3) ? dice_.below(4) : 0;
    plan.method = dice_.pick<const char*>({"GET", "GET", "GET", "GET", "HEAD", "DELETE", "POST", "POST", "PUT"});
    if (plan.hopeless && plan.method == "HEAD") {
        plan.method = "GET";  // Some rubbish is a good answer to HEAD.
    }
    plan.collect = !dice_.one_in(3);
    plan.reply = reply(plan);
    if (plan.method == "POST" || plan.method == "PUT") {
        plan_body(plan);
    }
    plan.window = dice_.pick<std::size_t>({1, 100, 1'500, 64 * 1024, 256 * 1024});
    plan.held = !plan.collect && dice_.one_in(2);
    if (dice_.one_in(15)) {
        plan.max_body = 500;
    }
    using Limit = std::optional<Duration>;
    plan.deadlines = {.connect = dice_.pick<Limit>({10ms, 50ms, 5s, 5s, 5s, 5s, std::nullopt}),
                      .read = dice_.pick<Limit>({10ms, 50ms, 5s, 5s, 5s, 5s, std::nullopt}),
                      .write = dice_.pick<Limit>({10ms, 50ms, 5s, 5s, 5s, 5s, std::nullopt}),
                      .pool = dice_.pick<Limit>({0ms, 5ms, 50ms, 5s, 5s, 5s, 5s, 5s, std::nullopt}),
                      .total = dice_.pick<Limit>({20ms, 100ms, 1s, 10s, 10s, 10s, 10s})};
    if (sleepy_) {
        plan.deadlines = {};
        plan.deadlines.total = 10s;
    }
    return plan;
}

void Storm::start(Plan& plan) {
    Request request = make_request(plan.method, plan.url);
    request.body = plan.body;
    if (plan.body == Request::Body::buffered) {
        request.content = Buffer(plan.content());
    } else if (plan.body == Request::Body::streamed && plan.known_length) {
        request.content_length = plan.content().size();
    }
    if (plan.upgrade) {
        request.headers.add("Connection", "upgrade");
        request.headers.add("Upgrade", "echo");
    }
    request.collect = plan.collect;
    request.window = plan.window;
    request.max_body = plan.max_body;
    request.deadlines = plan.deadlines;
    request.connect_retries = plan.retries;
    const RequestId id = session_.submit(std::move(request));
    plan.id = id;
    if (plan.held) {
        session_.hold(id);
        for (int i = 1; i <= 6; ++i) {
            session_.after(dice_.moment(100), [this, id, n = 1 + dice_.below(20'000)] { session_.consume(id, n); });
        }
    }
    if (plan.body == Request::Body::streamed) {
        const auto feed = [this, id, &plan] {
            std::vector<std::string> pieces = plan.pieces;
            if (plan.finishes) {
                session_.feed(id, std::move(pieces), plan.trailers);
            } else {
                session_.write_body(id, plan.pieces.empty() ? "" : plan.pieces.front());
            }
        };
        session_.after(dice_.one_in(3) ? dice_.moment(30) : 0ms, feed);
    }
    if (plan.upgrade) {
        session_.after(dice_.moment(40), [this, id] { session_.write_body(id, "ping"); });
        session_.after(dice_.moment(80), [this, id] { session_.finish_body(id); });
    }
    if (dice_.one_in(7)) {
        cancel_after(session_, dice_.moment(60), id);
    } else if (dice_.one_in(12)) {
        cancels_[session_.network().facts() + dice_.below(20)] = id;
    }
}

// ── The weather ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// Facts about a connection that is long gone: they must be ignored.
void Storm::tell_again(ConnId id) {
    Engine& engine = session_.engine();
    const Time now = session_.network().now();
    switch (dice_.below(6)) {
        case 0: engine.on_received(now, id, as_bytes("HTTP/1.1 299 Stale\r\nContent-Length: 5\r\n\r\nstale")); break;
        case 1: engine.on_eof(now, id); break;
        case 2: engine.on_closed(now, id); break;
        case 3: engine.on_sent(now, id, 1'000); break;
        case 4: engine.on_send_failed(now, id, {}); break;
        default: engine.on_connected(now, id); break;
    }
}

void Storm::disturb(Watcher& watcher) {
    for (std::size_t left = dice_.pick<std::size_t>({0, 0, 1, 1, 2, 4}); left > 0; --left) {
        faults_[dice_.below(120)] = dice_.pick({Fault::eof, Fault::reset, Fault::silence});
    }
    const bool stale = dice_.one_in(3);
    watcher.interfere([this, stale](const Fact& fact) {
        const auto fault = faults_.find(fact.index);
        if (const auto cancel = cancels_.find(fact.index); cancel != cancels_.end()) {
            session_.cancel(cancel->second);
        } else if (fact.type == Fact::Type::closed && stale && fault == faults_.end()) {
            session_.after(dice_.moment(10), [this, id = fact.connection] { tell_again(id); });
        }
        return fault == faults_.end() ? Fault::none : fault->second;
    });
    if (dice_.one_in(10)) {
        session_.after(dice_.moment(80), [this] { session_.drain(); });
    }
    const bool chains = dice_.one_in(3);
    const bool impatient = dice_.one_in(6);
    session_.watch([this, chains, impatient](Event& event) {
        const bool ended = std::holds_alternative<event::Done>(event) || std::holds_alternative<event::Failed>(event);
        if (chains && ended && started_ < plans_.size() && dice_.one_in(2)) {
            start(plans_[started_++]);
        } else if (const auto* head = std::get_if<event::Head>(&event);
                   head != nullptr && impatient && dice_.one_in(4)) {
            session_.cancel(head->id);
        }
    });
}

StormReport Storm::pass() {
    put_up_servers();
    const std::size_t count = 1 + dice_.below(14);
    for (std::size_t i = 0; i < count; ++i) {
        plans_.push_back(plan(i));
    }
    Watcher watcher(session_, unit_);
    disturb(watcher);
    Duration when{};
    for (std::size_t i = 0; i < count; ++i) {
        when += dice_.pick<Duration>({0ms, 0ms, 0ms, dice_.moment(25), dice_.moment(25), 25ms + dice_.moment(20)});
        when += sleepy_ ? 25ms + dice_.moment(40) : 0ms;
        session_.at(when, [this] {
            if (started_ < plans_.size()) {
                start(plans_[started_++]);
            }
        });
    }
    session_.run();
    session_.finish();
    judge(watcher);

    StormReport report;
    report.violations = session_.violations();
    report.requests = static_cast<std::size_t>(session_.engine().stats().requests);
    for (const Exchange* exchange : session_.exchanges()) {
        ++report.endings[exchange->error ? std::string(name_of(exchange->error->code)) : "done"];
    }
    report.facts = session_.network().facts();
    report.text = session_.network().timeline().empty() ? "" : session_.report();
    return report;
}

// ── The judgement ────────────────────────────────────────────────────────────────────────────────────────────────────

void Storm::judge(Watcher& watcher) {
    for (std::size_t i = 0; i < started_; ++i) {
        if (plans_[i].retries > 0) {
            watcher.retries(plans_[i].id);
        }
    }
    watcher.judge();
    Network& network = session_.network();
    if (network.most_open() > max_connections_) {
        network.violation(std::to_string(network.most_open()) + " connections were open, " +
                          std::to_string(max_connections_) + " are allowed");
    }
    for (std::size_t i = 0; i < started_; ++i) {
        const Plan& plan = plans_[i];
        const Exchange& exchange = session_[plan.id];
        if (plan.hopeless && exchange.is_done()) {
            network.violation(exchange.name + " is done, but its server cannot have answered");
        }
        if (!exchange.head || plan.hopeless) {
            continue;
        }
        const Reply& reply = plan.early ? *plan.early : plan.reply;
        if (exchange.status() != reply.status && exchange.status() != 400) {
            network.violation(exchange.name + ": status " + std::to_string(exchange.status()) +
                              ", and the origin sent " + std::to_string(reply.status));
        }
        watcher.compare(exchange, reply.status, plan.expected(reply));
        const bool has_trailers = exchange.is_done() && !plan.expected(reply).empty() && !reply.trailers.empty();
        if (has_trailers && exchange.trailers.first("x-trailer") != "yes") {
            network.violation(exchange.name + ": the trailers are missing");
        }
    }
    judge_servers();
}

void Storm::judge_servers() {
    Network& network = session_.network();
    std::map<std::string, int> times;
    for (const HttpOrigin* origin : origins_) {
        for (const Seen& seen : origin->requests()) {
            const Plan* known = find(seen.head.target);
            if (known == nullptr) {
                network.violation("an origin was asked for " + seen.head.target);
                continue;
            }
            const Plan& plan = *known;
            const std::string content = plan.content();
            if (seen.complete ? seen.body != content : !content.starts_with(seen.body)) {
                network.violation("an origin got another body with " + plan.method + " " + plan.url);
            }
            if (seen.complete && seen.trailers.size() != plan.trailers.size()) {
                network.violation("an origin got other trailers with " + plan.method + " " + plan.url);
            }
            const int most = is_idempotent(plan.method) ? 2 : 1;
            if (++times[seen.head.target] > most) {
                network.violation("an origin got " + plan.method + " " + plan.url + " again");
            }
        }
    }
}

}  // namespace

StormReport storm(std::uint64_t seed, bool timeline) { return Storm(seed, timeline).pass(); }

}  // namespace ferry::testing
