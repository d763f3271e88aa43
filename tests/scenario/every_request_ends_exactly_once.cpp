#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

/// Servers of every temper, requests of every kind, cancels now and then; which, the numbers say.
void storm(Session& s, std::uint64_t numbers) {
    const auto pick = [&numbers](std::uint64_t bound) {
        numbers = numbers * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        return (numbers >> 33U) % bound;
    };
    s.network().serve("keep.test", after(7ms, "ok"));
    s.network().serve("close.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "bye", .delay = 3ms, .after = Reply::After::close};
    });
    s.network().serve("cut.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(3'000), .delay = 2ms, .piece = 500, .between = 1ms, .cut = 1'700};
    });
    s.network().serve("reset.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "last", .after = Reply::After::reset, .linger = 5ms};
    });
    s.network().refuse("refused.test");
    s.network().black_hole("dark.test");
    s.network().name("slow.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 20ms});
    s.network().serve("10.0.0.1", after(1ms, "slow"));
    s.network().name("gone.test", Lookup{});
    const char* hosts[] = {"keep", "close", "cut", "reset", "refused", "dark", "slow", "gone"};
    for (int i = 0; i < 60; ++i) {
        const std::string url = std::string("http://") + hosts[pick(8)] + ".test/" + std::to_string(i);
        const Duration when = Duration(1ms) * static_cast<int>(pick(150));
        const Duration patience = Duration(1ms) * static_cast<int>(pick(60));
        const std::uint64_t kind = pick(4);
        const bool cancelled = pick(4) == 0;
        s.at(when, [&s, url, patience, kind, cancelled] {
            Request request = make_request(kind == 0 ? "POST" : "GET", url);
            if (kind == 0) {
                request.body = Request::Body::buffered;
                request.content = Buffer(pattern(20'000));
            }
            request.collect = kind != 1;
            request.deadlines = {.connect = 40ms, .read = 30ms, .write = 30ms, .pool = 25ms, .total = 120ms};
            const RequestId id = s.submit(std::move(request));
            if (cancelled) {
                s.after(patience, [&s, id] { s.cancel(id); });
            }
        });
    }
}

}  // namespace

FERRY_SCENARIO("in a storm every request ends exactly once") {
    stage.may_differ();  // Whatever happens at one instant may happen in another order.
    Session& s = stage.session(PoolLimits{.max_connections = 4, .max_keepalive = 2, .keepalive_expiry = 10ms});
    stage.link({.latency = 1ms, .jitter = 1ms, .send_buffer = 5'000, .max_write = 3'000, .close_delay = 2ms});
    storm(s, stage.kind().config.seed);
    s.run();
    CHECK(s.exchanges().size() == 60);
    for (const Exchange* e : s.exchanges()) {
        CHECK(e->state != Exchange::State::open);
    }
    CHECK(s.network().most_open() <= 4);
    CHECK(s.engine().stats().requests_done + s.engine().stats().requests_failed == 60);
}

// The session watches that nothing ends twice, and audits the engine after each step.
TEST_CASE("in many storms every request ends exactly once") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        NetworkConfig network;
        network.seed = seed;
        network.shuffle = seed % 2 == 0;
        network.batch = seed % 3 == 0;
        network.writes = seed % 5 == 0 ? NetworkConfig::Writes::completion : NetworkConfig::Writes::ready;
        network.timeline = false;
        EngineConfig engine;
        engine.limits = {.max_connections = 1 + seed % 5, .max_keepalive = seed % 3, .keepalive_expiry = 10ms};
        Session s(engine, network);
        s.network().link({.latency = 1ms,
                          .jitter = 1ms,
                          .send_buffer = 5'000,
                          .max_write = 3'000,
                          .write_delay = 500us,
                          .close_delay = seed % 4 == 0 ? std::nullopt : std::optional<Duration>(2ms),
                          .split = seed % 2 == 0 ? Split::random() : Split::whole()});
        storm(s, seed);
        s.run();
        s.finish();
        INFO("seed " << seed);
        CHECK(s.violations() == std::vector<std::string>{});
        CHECK(s.network().most_open() <= engine.limits.max_connections);
        for (const Exchange* e : s.exchanges()) {
            CHECK(e->state != Exchange::State::open);
        }
    }
}

}  // namespace ferry::scenario
