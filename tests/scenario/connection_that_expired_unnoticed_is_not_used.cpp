#include "tests/scenario/support.hpp"

namespace ferry::scenario {

// A program that blocks its loop, and a blocking client between two calls: time passes, and nobody tells the engine before
// the next request comes.

FERRY_SCENARIO("a connection that expired while the application slept is not used") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = 5s});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.sleep(10min);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().attempts("api.test") == 2);
    CHECK(s.engine().stats().closed[CloseReason::keepalive_expiry] == 1);
    CHECK(s.engine().stats().connections_reused == 0);
}

FERRY_SCENARIO("a connection that did not expire while the application slept is used") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = 5s});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.sleep(5s - 1ns);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().attempts("api.test") == 1);
}

FERRY_SCENARIO("a connection that became too old while the application slept is not used") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = std::nullopt, .max_connection_age = 1min});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.sleep(10min);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().attempts("api.test") == 2);
    CHECK(s.engine().stats().closed[CloseReason::max_age] == 1);
}

FERRY_SCENARIO("a connection that the server gave up while the application slept is not used") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = std::nullopt});
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.headers = {{"Keep-Alive", "timeout=3"}}, .body = "ok"};
    });
    s.wait(s.get("http://api.test/"));
    s.sleep(10min);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().attempts("api.test") == 2);
    CHECK(s.engine().stats().closed[CloseReason::keepalive_expiry] == 1);
}

FERRY_SCENARIO("all connections that expired while the application slept are passed over") {
    Session& s = stage.session(PoolLimits{.max_connections = 3, .keepalive_expiry = 5s});
    s.network().serve("api.test", after(1ms, "ok"));
    for (int i = 0; i < 3; ++i) {
        s.get("http://api.test/");
    }
    s.wait_all();
    CHECK(s.network().open() == 3);
    s.sleep(10min);
    for (int i = 0; i < 3; ++i) {
        s.get("http://api.test/");
    }
    s.wait_all();
    CHECK(s.network().attempts("api.test") == 6);
    CHECK(s.network().most_open() == 3);
    CHECK(s.engine().stats().closed[CloseReason::keepalive_expiry] == 3);
}

FERRY_SCENARIO("limits on time that passed while the application slept end requests when it wakes") {
    Session& s = stage.session();
    s.network().serve("api.test", after(1h, "ok"));
    const RequestId id = s.submit(get("http://api.test/", {.read = 3s}));
    s.run_for(1s);
    s.sleep(1min);
    CHECK(s.wait(id).errc() == Errc::read_timeout);
    CHECK(s[id].ended_at == Duration(61s));
}

FERRY_SCENARIO("an answer that came while the application slept is in time") {
    Session& s = stage.session();
    s.network().serve("api.test", after(2s, "ok"));
    const RequestId id = s.submit(get("http://api.test/", {.read = 3s}));
    s.run_for(1s);
    s.sleep(1min);
    CHECK(s.wait(id).body == "ok");
}

}  // namespace ferry::scenario
