#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

Session& with_lingering_server(Stage& stage, Reply::After ending, Duration linger) {
    Session& s = stage.session();
    s.network().serve("api.test", [ending, linger](const RequestHead&, std::string_view) {
        return Reply{.body = "ok", .after = ending, .linger = linger};
    });
    return s;
}

}  // namespace

FERRY_SCENARIO("an idle connection that the server has closed is not used") {
    Session& s = with_lingering_server(stage, Reply::After::fin, 1s);
    s.wait(s.get("http://api.test/"));
    s.run_until(2s);
    CHECK(s.network().open() == 0);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("an idle connection that the server has reset is not used") {
    Session& s = with_lingering_server(stage, Reply::After::reset, 1s);
    s.wait(s.get("http://api.test/"));
    s.run_until(2s);
    CHECK(s.network().open() == 0);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
}

// The end has arrived, and the loop has not come round to it: the probe sees it first.
FERRY_SCENARIO("a probe finds the end of an idle connection before the request is written") {
    Session& s = with_lingering_server(stage, Reply::After::fin, 1s);
    stage.link({.notice = 100ms});
    ScriptOrigin* raw = nullptr;
    s.network().name("raw.test", {"10.0.0.9"});
    raw = &s.network().play(
        "10.0.0.9",
        {Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").wait(1s).fin().wait(10ms),
         Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    s.wait(s.post("http://raw.test/", ""));
    s.run_until(1s + 50ms);
    const Exchange& e = s.wait(s.post("http://raw.test/", "not to be sent twice"));
    CHECK(e.is_done());
    CHECK(e.body == "ok");
    CHECK(raw->received(0).find("twice") == std::string::npos);
    CHECK(raw->received(1).find("twice") != std::string::npos);
}

// Nobody could send this body again, and the server may have acted on it.
FERRY_SCENARIO("a streamed POST is preceded by a probe, however short the connection was idle") {
    Session& s = stage.session();
    stage.link({.notice = 100ms});
    ScriptOrigin& raw = s.network().play(
        "api.test",
        {Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").wait(105ms).fin().wait(10ms),
         Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    const RequestId first = s.get("http://api.test/");
    s.wait(first);
    s.run_for(10ms);
    CHECK(s.network().open() == 1);
    const RequestId id = s.submit(upload("http://api.test/"));
    s.feed(id, {"once"});
    CHECK(s.wait(id).body == "ok");
    CHECK(raw.received(0).find("POST") == std::string::npos);
}

FERRY_SCENARIO("bytes that a probe finds are not the next response") {
    Session& s = stage.session();
    stage.link({.notice = 100ms});
    s.network().play("api.test", {Script()
                                      .expect_head()
                                      .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                                      .wait(5ms)
                                      .send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")});
    s.wait(s.get("http://api.test/"));
    s.run_for(30ms);
    CHECK(s.wait(s.get("http://api.test/")).body == "good");
    CHECK(s.engine().stats().closed[CloseReason::unexpected_bytes] == 1);
}

FERRY_SCENARIO("a reused connection that dies before the response is replaced once, for an idempotent request") {
    Session& s = stage.session();
    ScriptOrigin& raw = s.network().play(
        "api.test", {Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").expect_head().fin(),
                     Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain")});
    s.wait(s.get("http://api.test/"));
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "again");
    CHECK(raw.received(1).starts_with("GET / HTTP/1.1\r\n"));
}

FERRY_SCENARIO("a reused connection that dies before the response fails a POST") {
    Session& s = stage.session();
    s.network().play("api.test",
                     {Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").expect_head().fin(),
                      Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain")});
    s.wait(s.get("http://api.test/"));
    const Exchange& e = s.wait(s.post("http://api.test/", "pay"));
    CHECK(e.errc() == Errc::server_disconnected);
    CHECK_FALSE(e.error->safe_to_retry);
    CHECK(s.network().attempts("api.test") == 1);
}

FERRY_SCENARIO("a new connection that dies before the response fails a GET too") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().fin());
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::server_disconnected);
    CHECK(s.network().attempts("api.test") == 1);
}

// It would not be sent again silently either.
FERRY_SCENARIO("a POST in memory is preceded by a probe, however short the connection was idle") {
    Session& s = stage.session();
    stage.link({.notice = 100ms});
    ScriptOrigin& raw = s.network().play(
        "api.test",
        {Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").wait(105ms).fin().wait(10ms),
         Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    s.wait(s.get("http://api.test/"));
    s.run_for(10ms);
    CHECK(s.network().open() == 1);
    CHECK(s.wait(s.post("http://api.test/", "once")).body == "ok");
    CHECK(raw.received(0).find("POST") == std::string::npos);
}

}  // namespace ferry::scenario
