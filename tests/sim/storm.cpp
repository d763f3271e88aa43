#include "tests/sim/storm.hpp"

#include "tests/sim/dice.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/scenes/scene.hpp"
#include "tests/sim/verdict.hpp"
#include "tests/sim/watcher.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace ferry::testing {

namespace {

std::string name_of(std::size_t host) { return "h" + std::to_string(host) + ".test"; }
std::string address_of(std::size_t host) { return "10.0.0." + std::to_string(host + 1); }

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
    [[nodiscard]] Reply answer(const Plan& plan, std::size_t attempt);
    void start(Plan& plan);
    void feed(const Plan& plan);
    void doze(Watcher& watcher);
    void sip(RequestId id, std::size_t bytes, int times);
    void tell_again(ConnId id);
    void disturb(Watcher& watcher);
    void drain_some_time();

    Dice dice_;
    Duration unit_;
    bool local_ = false;
    Climate climate_;
    Conditions conditions_;
    PoolLimits limits_;
    Session session_;
    std::deque<Plan> plans_;
    std::size_t started_ = 0;
    std::vector<std::string> hosts_;
    std::vector<bool> hopeless_;
    std::vector<bool> deaf_;
    std::map<std::string, std::size_t> asked_;  ///< How often an origin has seen a target.
    std::map<std::uint64_t, Fault> faults_;
    std::map<std::uint64_t, RequestId> cancels_;
};

// ── The world ────────────────────────────────────────────────────────────────────────────────────────────────────────

EngineConfig Storm::engine(std::uint64_t seed) {
    EngineConfig config;
    config.seed = seed;
    config.trace = dice_.one_in(12);
    config.wall = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + std::chrono::seconds(dice_.below(100));
    climate_.calm = dice_.one_in(3);
    climate_.retries = dice_.one_in(3);
    climate_.unasked = dice_.one_in(6);
    climate_.drowsy = dice_.one_in(4);
    if (climate_.retries && dice_.one_in(3)) {
        config.retry_budget = RetryBudget{.reserve = static_cast<std::uint32_t>(dice_.below(4)),
                                          .percent = dice_.pick<std::uint32_t>({0, 20, 50})};
    }
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
    for (std::size_t i = 0; i < 4; ++i) {
        if (dice_.one_in(10)) {
            config.hosts.push_back({.host = name_of(i), .endpoints = {*parse_address(address_of(i), 1)}});
            conditions_.pinned.push_back(name_of(i));
        }
    }
    climate_.sleepy = !local_ && dice_.one_in(6);
    if (climate_.sleepy) {
        config.limits = {.max_connections = 3};
    }
    conditions_.max_connections = config.limits.max_connections;
    conditions_.unasked = climate_.unasked;
    conditions_.wall = config.wall;
    conditions_.budget = config.retry_budget;
    limits_ = config.limits;
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
    if (climate_.sleepy) {
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

void Storm::put_up(std::size_t number) {
    Network& network = session_.network();
    const std::string host = name_of(number);
    const std::string address = address_of(number);
    enum class Kind : std::uint8_t { good, slow_name, several, refused, black_hole, unknown, no_name, rubbish, deaf };
    const Kind kind =
        local_ || climate_.sleepy
            ? Kind::good
            : dice_.pick({Kind::good, Kind::good, Kind::good, Kind::good, Kind::good, Kind::good, Kind::good,
                          Kind::good, Kind::good, Kind::slow_name, Kind::slow_name, Kind::several, Kind::refused,
                          Kind::black_hole, Kind::unknown, Kind::no_name, Kind::rubbish, Kind::deaf});
    hosts_.push_back(host);
    hopeless_.push_back(kind >= Kind::refused);
    deaf_.push_back(kind == Kind::deaf);
    const bool pinned = std::ranges::find(conditions_.pinned, host) != conditions_.pinned.end();
    switch (pinned ? Kind::good : kind) {
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
        default: network.name(host, {address}); break;  // A pinned one never asks.
    }
    if (dice_.one_in(3)) {
        network.link(address, link());
    }
    switch (kind) {
        case Kind::refused: network.refuse(address); return;
        case Kind::unknown:
        case Kind::no_name: return;
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
        case Kind::deaf: {  // It talks, and does not listen.
            Script script;
            script.expect_bytes(1).reading(false);
            for (int i = 0; i < 12; ++i) {
                script.send("HTTP/1.1 103 Early Hints\r\n\r\n").wait(dice_.moment(9));
            }
            network.play(address, script.reading(true).fin());
            return;
        }
        default: break;
    }
    HttpOrigin& origin = network.serve(
        local_ ? std::string("/run/storm.sock") : address, [this](const RequestHead& head, std::string_view) {
            const Plan* plan = find_plan(plans_, head.target);
            return plan != nullptr ? answer(*plan, asked_[head.target]) : Reply{.status = 400};
        });
    origin.at_head([this](const RequestHead& head) -> std::optional<Reply> {
        const std::size_t attempt = ++asked_[head.target];
        const Plan* plan = find_plan(plans_, head.target);
        if (plan == nullptr || !plan->early) {
            return std::nullopt;
        }
        Reply early = *plan->early;
        sign(early, *plan, attempt);
        return early;
    });
    origin.send_continue(!dice_.one_in(3));
    conditions_.origins.push_back({.host = host, .origin = &origin});
}

/// What this request is answered when it comes for the nth time.
Reply Storm::answer(const Plan& plan, std::size_t attempt) {
    Reply reply = plan.replies[std::min(attempt, plan.replies.size()) - 1];
    if (attempt == 1 && plan.asked_by_date) {
        const Duration since = session_.elapsed();
        const auto now = conditions_.wall + std::chrono::floor<std::chrono::seconds>(since);
        reply.headers.add("Retry-After",
                          http_date(now + std::chrono::duration_cast<std::chrono::seconds>(*plan.asked_by_date)));
    }
    sign(reply, plan, attempt);
    return reply;
}

void Storm::put_up_servers() {
    session_.network().link(link());
    const std::size_t count = local_ || climate_.sleepy ? 1 : 1 + dice_.below(4);
    for (std::size_t i = 0; i < count; ++i) {
        put_up(i);
    }
}

// ── The requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

void Storm::feed(const Plan& plan) {
    if (plan.finishes) {
        session_.feed(plan.id, plan.pieces, plan.trailers);
    } else {
        session_.write_body(plan.id, plan.pieces.empty() ? "" : plan.pieces.front());
    }
}

/// A slow reader: it takes so many bytes now and then, and gives up at some time.
void Storm::sip(RequestId id, std::size_t bytes, int times) {
    session_.after(dice_.moment(50), [this, id, bytes, times] {
        session_.consume(id, bytes);
        if (times > 1) {
            sip(id, bytes, times - 1);
        }
    });
}

void Storm::start(Plan& plan) {
    const RequestId id = session_.submit(plan.request());
    plan.id = id;
    if (plan.held) {
        session_.hold(id);
        if (plan.sips > 0) {
            sip(id, plan.sips, 20);
        }
    }
    if (plan.body == Request::Body::streamed) {
        session_.after(dice_.one_in(3) ? dice_.moment(30) : 0ms, [this, &plan] { feed(plan); });
    }
    if (dice_.one_in(climate_.calm ? 20 : 7)) {
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
        faults_[dice_.below(120)] = dice_.pick({Fault::eof, Fault::reset, Fault::silence, Fault::close});
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
    if (dice_.one_in(6)) {
        drain_some_time();
    }
    const bool chains = dice_.one_in(3);
    const bool impatient = dice_.one_in(6);
    session_.watch([this, chains, impatient](Event& event) {
        const bool ended = std::holds_alternative<event::Done>(event) || std::holds_alternative<event::Failed>(event);
        if (chains && ended && started_ < plans_.size() && dice_.one_in(2)) {
            start(plans_[started_++]);
        } else if (const auto* head = std::get_if<event::Head>(&event); head != nullptr) {
            const Plan* plan = find_plan(plans_, head->id);
            if (impatient && dice_.one_in(4)) {
                session_.cancel(head->id);
            } else if (plan != nullptr && plan->discard_after) {
                session_.after(*plan->discard_after, [this, id = head->id] { session_.discard(id); });
            }
        } else if (const auto* upgraded = std::get_if<event::Upgraded>(&event); upgraded != nullptr) {
            if (const Plan* plan = find_plan(plans_, upgraded->id); plan != nullptr) {
                session_.after(dice_.moment(40), [this, plan] { feed(*plan); });
            }
        }
    });
}

void Storm::drain_some_time() {
    const std::optional<Duration> limit = dice_.one_in(2) ? std::optional<Duration>(dice_.moment(60)) : std::nullopt;
    session_.after(dice_.moment(80), [this, limit] {
        if (conditions_.drained_at) {
            return;
        }
        conditions_.drained_at = session_.elapsed();
        conditions_.drain_limit = limit;
        if (limit) {
            session_.drain(*limit);
        } else {
            session_.drain();
        }
    });
}

/// The application blocks its loop: for a moment, or until connections have expired.
void Storm::doze(Watcher& watcher) {
    watcher.sleep(dice_.pick<Duration>({dice_.moment(40), dice_.moment(40), 1s, 6s, 10min}));
}

StormReport Storm::pass() {
    put_up_servers();
    const std::size_t count = 1 + dice_.below(14);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t host = dice_.below(hosts_.size());
        plans_.push_back(make_plan(dice_, climate_, i, hosts_[host], hopeless_[host]));
        if (deaf_[host] && dice_.one_in(2)) {
            plans_.back().overflow(dice_);
        }
    }
    Watcher watcher(session_, unit_);
    watcher.limits(limits_);
    disturb(watcher);
    if (climate_.drowsy && dice_.one_in(2)) {
        session_.at(dice_.moment(150), [this, &watcher] { doze(watcher); });
    }
    Duration when{};
    for (std::size_t i = 0; i < count; ++i) {
        when += dice_.pick<Duration>({0ms, 0ms, 0ms, dice_.moment(25), dice_.moment(25), 25ms + dice_.moment(20)});
        when += climate_.sleepy ? 25ms + dice_.moment(40) : 0ms;
        const bool dozes = climate_.drowsy && dice_.one_in(4);
        session_.at(when, [this, &watcher, dozes] {
            if (dozes) {
                doze(watcher);
            }
            if (started_ < plans_.size()) {
                start(plans_[started_++]);
            }
        });
    }
    session_.run();
    session_.finish();
    watcher.judge();
    plans_.resize(started_);
    judge(session_, watcher, conditions_, plans_);

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

}  // namespace

StormReport storm(std::uint64_t seed, bool timeline) { return Storm(seed, timeline).pass(); }

}  // namespace ferry::testing
