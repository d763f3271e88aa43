#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a cancel while the body is being sent closes the connection") {
    Session& s = stage.session();
    stage.link({.latency = 1ms, .send_buffer = 10'000});
    ScriptOrigin& origin = s.network().play("api.test", Script().expect_bytes(4'000).reading(false));
    const RequestId id = s.post("http://api.test/", pattern(100'000));
    s.at(50ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    CHECK_FALSE(s[id].error->safe_to_retry);
    CHECK(s[id].error->request_bytes_sent > 10'000);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
    CHECK(origin.received(0).starts_with("POST / HTTP/1.1\r\n"));
}

// With completion writes the loan outlives the request: the memory must stay where it is until on_closed.
FERRY_SCENARIO("a cancel while a write is under way leaves lent memory alone") {
    Session& s = stage.session();
    stage.link({.send_buffer = 1'000, .close_delay = 500ms});
    s.network().play("api.test",
                     {Script().reading(false), Script().expect_head().send("HTTP/1.1 204 No Content\r\n\r\n")});
    const RequestId id = s.post("http://api.test/", pattern(100'000));
    s.at(10ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    CHECK(s[id].ended_at == Duration(10ms));
    // Its memory would be taken by these.
    for (int i = 0; i < 5; ++i) {
        s.post("http://api.test/", std::string(100'000, 'x'));
    }
    s.run();
}

FERRY_SCENARIO("a waiter gets a new connection when the one being written to was cancelled") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    stage.link({.send_buffer = 1'000});
    s.network().play("api.test",
                     {Script().reading(false), Script().expect_head().send("HTTP/1.1 204 No Content\r\n\r\n")});
    const RequestId first = s.post("http://api.test/", pattern(100'000));
    const RequestId second = s.get("http://api.test/");
    s.at(50ms, [&] { s.cancel(first); });
    CHECK(s.wait(second).status() == 204);
    CHECK(s[second].ended_at == Duration(50ms));
    CHECK(s.network().most_open() == 1);
}

}  // namespace ferry::scenario
