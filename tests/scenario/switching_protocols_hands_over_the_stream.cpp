#include "tests/scenario/support.hpp"

namespace ferry::scenario {

using testing::Fact;
using testing::Fault;

namespace {

Request upgrade() {
    Request request = stream("http://api.test/chat");
    request.headers.add("Connection", "upgrade");
    request.headers.add("Upgrade", "echo");
    return request;
}

constexpr const char* switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

}  // namespace

FERRY_SCENARIO("101 hands over the stream, with the bytes that came behind the head") {
    Session& s = stage.session();
    ScriptOrigin& origin = s.network().play(
        "api.test",
        Script().expect_head().send(std::string(switched) + "welcome ").expect("ping").send("pong").expect_eof().fin());
    const RequestId id = s.submit(upgrade());
    s.run_for(10ms);
    CHECK(s[id].status() == 101);
    CHECK(s[id].upgraded);
    CHECK(s[id].body == "welcome ");
    CHECK(s[id].credit > 0);

    CHECK(s.write_body(id, "ping") == 4);
    s.run_for(10ms);
    CHECK(s[id].body == "welcome pong");
    CHECK(s[id].state == Exchange::State::open);

    s.finish_body(id);  // Half-closes.
    CHECK(s.wait(id).is_done());
    CHECK(s[id].peer_done);
    CHECK(origin.finished() == 1);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("an upgraded stream goes on after the peer has ended its half") {
    Session& s = stage.session();
    ScriptOrigin& origin =
        s.network().play("api.test", Script().expect_head().send(switched).fin().expect("last words").expect_eof());
    const RequestId id = s.submit(upgrade());
    s.run_until([&] { return s[id].peer_done; });
    CHECK(s.write_body(id, "last words") == 10);
    s.run_for(10ms);
    s.finish_body(id);
    CHECK(s.wait(id).is_done());
    s.run_for(10ms);
    CHECK(origin.finished() == 1);
}

FERRY_SCENARIO("an upgraded stream knows no read timeout") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send(switched).wait(1h).send("still there").fin());
    const RequestId id = s.submit(upgrade());
    s.run_until([&] { return s[id].peer_done; });
    CHECK(s[id].body == "still there");
    CHECK(s.elapsed() == Duration(1h));
    s.finish_body(id);
    CHECK(s.wait(id).is_done());
}

FERRY_SCENARIO("an upgraded stream that breaks has failed") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send(switched).wait(1ms).send("half a").wait(1ms).reset());
    const Exchange& e = s.wait(s.submit(upgrade()));
    CHECK(e.errc() == Errc::read_failed);
    CHECK(e.body == "half a");
}

FERRY_SCENARIO("an upgraded stream can be cancelled") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send(switched));
    const RequestId id = s.submit(upgrade());
    s.at(10ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("101 that nobody asked for is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send(switched));
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::unexpected_upgrade);
}

FERRY_SCENARIO("CONNECT hands over the stream as well") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("proxy.test", [](const RequestHead&, std::string_view) {
        return Reply{.takeover = Script().send("hello ").expect("ping").send("pong").fin()};
    });
    Request request = stream("http://proxy.test/");
    request.method = "CONNECT";
    request.target = "far.test:443";
    const RequestId id = s.submit(std::move(request));
    s.run_until([&] { return s[id].upgraded || s[id].error; });
    CHECK(s[id].status() == 200);
    CHECK(origin.requests()[0].head.target == "far.test:443");
    CHECK(s.write_body(id, "ping") == 4);
    s.run_until([&] { return s[id].peer_done; });
    CHECK(s[id].body == "hello pong");
    s.finish_body(id);
    CHECK(s.wait(id).is_done());
}

FERRY_SCENARIO("what was written to an upgraded stream is sent before its end, whoever ends first") {
    const std::string words = pattern(100'000);
    for (const bool they_end_first : {true, false}) {
        Session& s = stage.session();
        stage.link({.latency = 1ms, .send_buffer = 10'000});
        Script script = Script().expect_head().send(switched);
        ScriptOrigin& origin = s.network().play(
            "api.test", they_end_first ? script.fin().expect(words) : script.expect(words).expect_eof().fin());
        const RequestId id = s.submit(upgrade());
        s.run_until([&] { return they_end_first ? s[id].peer_done : s[id].upgraded; });
        CHECK(s.write_body(id, words) == words.size());
        s.finish_body(id);
        CHECK(s.wait(id).is_done());
        s.run_for(10ms);
        CHECK(origin.finished() == 1);
    }
}

// Storms, seed 735, where transports say nothing of why a connection has gone.
FERRY_SCENARIO("a raw stream whose connection goes while output waits has failed") {
    Session& s = stage.session();
    stage.link({.send_buffer = 1'000});
    s.network().play("api.test", Script().expect_head().send(switched).reading(false).wait(10ms).send("x"));
    const RequestId id = s.submit(upgrade());
    s.run_until([&] { return s[id].credit > 0; });
    s.network().on_fact([](const Fact&) { return Fault::close; });
    CHECK(s.write_body(id, pattern(5'000)) == 5'000);
    CHECK(s.wait(id).errc() == Errc::write_failed);
    stage.may_differ();  // In how much was written before.
}

}  // namespace ferry::scenario
