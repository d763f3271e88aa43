// Fault at every k: a scenario runs once to count its facts, then once more for each of them, with a fault in its place.
// Whatever breaks wherever, every request ends exactly once, nothing is left over, and no rule is broken.
#include <ferry/testing.hpp>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace ferry::testing {

using namespace std::chrono_literals;

namespace {

struct Scene {
    const char* name = "";
    PoolLimits limits{};
    std::function<void(Session&)> play{};
};

void reuse(Session& s) {
    s.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.body = "ok"}; });
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
    s.run_for(100ms);
    s.wait(s.post("http://api.test/3", "body"));
}

void waiters(Session& s) {
    s.network().serve("a.test", [](const RequestHead&, std::string_view) { return Reply{.body = "a", .delay = 5ms}; });
    s.network().serve("b.test", [](const RequestHead&, std::string_view) { return Reply{.body = "b", .delay = 5ms}; });
    for (const char* host : {"a", "b", "a", "a", "b"}) {
        s.get("http://" + std::string(host) + ".test/");
    }
    s.wait_all();
}

void upload(Session& s) {
    s.network().serve("api.test", [](const RequestHead&, std::string_view body) {
        return Reply{.body = std::to_string(body.size())};
    });
    Request request = make_request("PUT", "http://api.test/");
    request.body = Request::Body::streamed;
    s.feed(s.submit(std::move(request)), std::vector<std::string>(4, std::string(100'000, 'x')));
    s.wait_all();
}

void early_response(Session& s) {
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{}; });
    origin.at_head([](const RequestHead&) { return Reply{.status = 413, .after = Reply::After::close}; });
    s.wait(s.post("http://api.test/", std::string(300'000, 'x')));
    s.wait(s.get("http://api.test/"));
}

void download(Session& s) {
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = std::string(5'000, 'x'),
                     .framing = Reply::Framing::chunked,
                     .trailers = {{"X-T", "1"}},
                     .piece = 1'000,
                     .between = 1ms};
    });
    Request request = make_request("GET", "http://api.test/");
    request.collect = false;
    request.window = 1'500;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    for (int i = 1; i <= 40; ++i) {
        s.after(10ms * i, [&s, id] { s.consume(id, 1'000); });
    }
    s.wait(id);
}

void upgrade(Session& s) {
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.status = 101,
                     .headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}},
                     .takeover = Script().send("hello").expect_bytes(4).send("pong").expect_eof().fin()};
    });
    Request request = make_request("GET", "http://api.test/");
    request.headers.add("Connection", "upgrade");
    request.headers.add("Upgrade", "echo");
    request.collect = false;
    request.deadlines.total = 10s;
    const RequestId id = s.submit(std::move(request));
    s.run_for(10ms);
    s.write_body(id, "ping");
    s.run_for(10ms);
    s.finish_body(id);
    s.wait(id);
}

void idle_and_closed(Session& s) {
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "ok", .after = Reply::After::fin, .linger = 50ms};
    });
    s.wait(s.get("http://api.test/"));
    s.run_for(49ms);
    s.wait(s.post("http://api.test/", "body"));
    s.run_for(60ms);
    s.wait(s.get("http://api.test/"));
}

void several_addresses(Session& s) {
    s.network().name("api.test", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    s.network().refuse("10.0.0.1");
    s.network().black_hole("10.0.0.2");
    s.network().serve("10.0.0.3", [](const RequestHead&, std::string_view) { return Reply{.body = "ok"}; });
    s.wait(s.get("http://api.test/"));
}

const std::vector<Scene>& scenes() {
    static const std::vector<Scene> all{
        {.name = "reuse", .play = reuse},
        {.name = "waiters", .limits = {.max_connections = 1}, .play = waiters},
        {.name = "waiters on two connections", .limits = {.max_connections = 2, .max_keepalive = 1}, .play = waiters},
        {.name = "upload", .play = upload},
        {.name = "early response", .play = early_response},
        {.name = "download", .play = download},
        {.name = "upgrade", .play = upgrade},
        {.name = "idle and closed", .play = idle_and_closed},
        {.name = "several addresses", .play = several_addresses},
    };
    return all;
}

struct Variant {
    NetworkConfig config{};
    Link link{};
};

std::vector<Variant> variants() {
    return {
        {.config = {.timeline = false}, .link = {.latency = 1ms}},
        {.config = {.writes = NetworkConfig::Writes::completion, .timeline = false},
         .link = {.latency = 1ms, .send_buffer = 20'000, .write_delay = 100us, .close_delay = 1ms}},
        {.config = {.seed = 1, .shuffle = true, .batch = true, .timeline = false},
         .link = {.send_buffer = 20'000, .max_write = 7'000, .close_delay = std::nullopt, .split = Split::every(700)}},
    };
}

/// Plays a scene, doing `interfere` before the kth fact; gives the number of facts.
std::uint64_t play(const Scene& scene, const Variant& variant, std::uint64_t k,
                   const std::function<Fault(Session&)>& interfere) {
    EngineConfig engine;
    engine.limits = scene.limits;
    Session s(engine, variant.config);
    s.network().link(variant.link);
    s.network().on_fact([&](const Fact& fact) { return fact.index == k ? interfere(s) : Fault::none; });
    scene.play(s);
    s.finish();
    INFO(scene.name << ", fact " << k);
    CHECK(s.violations() == std::vector<std::string>{});
    for (const Exchange* exchange : s.exchanges()) {
        CHECK(exchange->state != Exchange::State::open);
    }
    return s.network().facts();
}

void at_every_fact(const std::function<Fault(Session&)>& interfere) {
    constexpr auto never = static_cast<std::uint64_t>(-1);
    for (const Variant& variant : variants()) {
        for (const Scene& scene : scenes()) {
            const std::uint64_t facts = play(scene, variant, never, interfere);
            for (std::uint64_t k = 0; k < facts; ++k) {
                play(scene, variant, k, interfere);
            }
        }
    }
}

}  // namespace

TEST_CASE("the server's stream may end at every fact") {
    at_every_fact([](Session&) { return Fault::eof; });
}

TEST_CASE("the connection may break at every fact") {
    at_every_fact([](Session&) { return Fault::reset; });
}

TEST_CASE("the network may fall silent at every fact") {
    at_every_fact([](Session&) { return Fault::silence; });
}

TEST_CASE("every request may be cancelled at every fact") {
    at_every_fact([](Session& s) {
        for (const Exchange* exchange : s.exchanges()) {
            s.cancel(exchange->id);
        }
        return Fault::none;
    });
}

TEST_CASE("the oldest open request may be cancelled at every fact") {
    at_every_fact([](Session& s) {
        for (const Exchange* exchange : s.exchanges()) {
            if (exchange->state == Exchange::State::open) {
                s.cancel(exchange->id);
                break;
            }
        }
        return Fault::none;
    });
}

TEST_CASE("the application may stop reading at every fact") {
    at_every_fact([](Session& s) {
        for (const Exchange* exchange : s.exchanges()) {
            s.hold(exchange->id);
            s.after(1min, [&s, id = exchange->id] { s.cancel(id); });
        }
        return Fault::none;
    });
}

TEST_CASE("the client may be drained at every fact") {
    at_every_fact([](Session& s) {
        s.drain();
        return Fault::none;
    });
}

}  // namespace ferry::testing
