#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

/// The one reason why the connections so far were closed.
std::string_view only_reason(Session& s, std::uint64_t times = 1) {
    const CloseCounts& closed = s.engine().stats().closed;
    for (std::size_t i = 0; i < close_reason_count; ++i) {
        if (const auto reason = static_cast<CloseReason>(i); closed[reason] == times && closed.total() == times) {
            return name_of(reason);
        }
    }
    return "none, or several";
}

HttpOrigin::Handler replying(const Reply& reply) {
    return [reply](const RequestHead&, std::string_view) { return reply; };
}

}  // namespace

FERRY_SCENARIO("an idle connection counts why it was closed") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", always("ok"));
    s.network().serve("other.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.wait(s.get("http://other.test/"));
    CHECK(only_reason(s) == "place_needed");
}

FERRY_SCENARIO("too many idle connections count why one was closed") {
    Session& s = stage.session(PoolLimits{.max_keepalive = 0});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    CHECK(only_reason(s) == "keepalive_limit");
}

FERRY_SCENARIO("an idle connection that the server ends counts it") {
    Session& s = stage.session();
    s.network().serve("api.test", replying({.body = "ok", .after = Reply::After::fin, .linger = 1s}));
    s.wait(s.get("http://api.test/"));
    s.run_until(2s);
    CHECK(only_reason(s) == "closed_by_server");
}

FERRY_SCENARIO("bytes on an idle connection count as such") {
    Session& s = stage.session();
    s.network().play("api.test",
                     Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").wait(1s).send("?"));
    s.wait(s.get("http://api.test/"));
    s.run_until(2s);
    CHECK(only_reason(s) == "unexpected_bytes");
}

FERRY_SCENARIO("responses that end their connection count why") {
    struct Case {
        Reply reply;
        std::string_view reason;
    };
    const Case cases[] = {
        {{.body = "ok", .after = Reply::After::close}, "connection_close"},
        {{.body = "ok", .http_1_0 = true}, "http_1_0"},
        {{.body = "ok", .framing = Reply::Framing::close}, "ended_by_close"},
    };
    for (const Case& one : cases) {
        Session& s = stage.session();
        s.network().serve("api.test", replying(one.reply));
        CHECK(s.wait(s.get("http://api.test/")).body == "ok");
        CHECK(only_reason(s) == one.reason);
    }
}

FERRY_SCENARIO("requests that come to no good end count why their connection went") {
    Session& s = stage.session();
    s.network().serve("api.test", after(10s, "late"));
    const RequestId id = s.get("http://api.test/");
    s.at(1s, [&] { s.cancel(id); });
    s.wait(id);
    CHECK(only_reason(s) == "cancelled");
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::read_timeout);
    CHECK(s.engine().stats().closed[CloseReason::timed_out] == 1);
    s.network().play("rubbish.test", Script().expect_head().send("rubbish\r\n\r\n"));
    s.wait(s.get("http://rubbish.test/"));
    CHECK(s.engine().stats().closed[CloseReason::protocol_error] == 1);
    s.network().play("dead.test", Script().expect_head().reset());
    s.wait(s.get("http://dead.test/"));
    CHECK(s.engine().stats().closed[CloseReason::broken] == 1);
}

FERRY_SCENARIO("draining counts the idle connections that it closes") {
    Session& s = stage.session();
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.drain();
    CHECK(only_reason(s) == "client_closed");
}

}  // namespace ferry::scenario
