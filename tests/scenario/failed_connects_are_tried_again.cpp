#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

Request retrying(std::string_view url, std::uint64_t retries, const Deadlines& deadlines = {}) {
    Request request = get(url, deadlines);
    request.connect_retries = retries;
    return request;
}

}  // namespace

FERRY_SCENARIO("a refused connect is tried again at once, then after 0.5 s and 1 s") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().refuse("api.test");
    const Exchange& e = s.wait(s.submit(retrying("http://api.test/", 3)));
    CHECK(e.errc() == Errc::connect_failed);
    CHECK(e.ended_at == Duration(20ms + 20ms + 500ms + 20ms + 1s + 20ms));
    CHECK(s.network().attempts("api.test") == 4);
    CHECK(e.error->message.find("in 4 attempts") != std::string::npos);
    CHECK(s.engine().stats().connects_retried == 3);
}

FERRY_SCENARIO("a request whose connect is tried again succeeds") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().refuse("api.test");
    const RequestId id = s.submit(retrying("http://api.test/", 2));
    s.at(100ms, [&] { s.network().serve("api.test", always("ok")); });
    const Exchange& e = s.wait(id);
    CHECK(e.body == "ok");
    CHECK(e.ended_at == Duration(540ms + 40ms));
}

FERRY_SCENARIO("each attempt to connect has its own budget") {
    Session& s = stage.session();
    s.network().black_hole("api.test");
    const Exchange& e = s.wait(s.submit(retrying("http://api.test/", 2, {.connect = 1s})));
    CHECK(e.errc() == Errc::connect_timeout);
    CHECK(e.ended_at == Duration(3s + 500ms));  // The wait between two attempts is in no budget.
    CHECK(s.network().attempts("api.test") == 3);
    CHECK(e.error->message.find("in attempt 3") != std::string::npos);
    CHECK(s.engine().stats().closed[CloseReason::connect_timed_out] == 3);
}

FERRY_SCENARIO("a failed lookup is tried again, and not from memory") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.delay = 10ms});
    const RequestId id = s.submit(retrying("http://api.test/", 1));
    s.at(5ms, [&] { s.network().name("api.test", {"10.0.0.1"}); });
    s.network().serve("10.0.0.1", always("ok"));
    CHECK(s.wait(id).body == "ok");
    CHECK(s.network().lookups("api.test") == 2);
}

FERRY_SCENARIO("a request that waits to connect again takes no place") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().refuse("api.test");
    s.network().serve("other.test", after(100ms, "other"));
    const RequestId first = s.submit(retrying("http://api.test/", 2));
    s.at(1ms, [&] {
        CHECK(s.engine().stats().waiting == 1);
        CHECK(s.engine().stats().connecting == 0);
        s.get("http://other.test/");
    });
    CHECK(s.wait(first).errc() == Errc::connect_failed);
    CHECK(s[first].ended_at == Duration(500ms));
    CHECK(s.exchanges()[1]->ended_at == Duration(101ms));
}

FERRY_SCENARIO("the time that a request has waited for a place counts when it comes back") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("busy.test", after(200ms, "busy"));
    s.network().refuse("api.test");
    s.get("http://busy.test/");
    const RequestId id = s.submit(retrying("http://api.test/", 2, {.pool = 300ms}));  // 200 ms of it are used up
    s.at(210ms, [&] { s.get("http://busy.test/"); });
    for (int i = 0; i < 3; ++i) {
        s.at(211ms, [&] { s.get("http://busy.test/"); });  // in turn, until 1010 ms
    }
    CHECK(s.wait(id).errc() == Errc::pool_timeout);
    CHECK(s[id].ended_at == Duration(800ms));  // 200 ms, then from 700 ms on
}

FERRY_SCENARIO("a request that waits to connect again can be cancelled, and has its total timeout") {
    Session& s = stage.session();
    s.network().refuse("api.test");
    const RequestId cancelled = s.submit(retrying("http://api.test/", 2));
    const RequestId late = s.submit(retrying("http://api.test/", 2, {.total = 300ms}));
    s.at(200ms, [&] { s.cancel(cancelled); });
    CHECK(s.wait(cancelled).errc() == Errc::cancelled);
    CHECK(s.wait(late).errc() == Errc::total_timeout);
    CHECK(s[late].ended_at == Duration(300ms));
    CHECK(s.engine().stats().waiting == 0);
}

FERRY_SCENARIO("many refused connects of one origin fail each request once") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().refuse("api.test");
    for (int i = 0; i < 5; ++i) {
        s.submit(retrying("http://api.test/" + std::to_string(i), 1));
    }
    s.wait_all();
    for (const Exchange* e : s.exchanges()) {
        CHECK(e->errc() == Errc::connect_failed);
        CHECK(e->ended_at == Duration(40ms));
    }
    CHECK(s.network().attempts("api.test") == 10);
}

FERRY_SCENARIO("nothing is tried again once a request was written") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().reset());
    const Exchange& e = s.wait(s.submit(retrying("http://api.test/", 5)));
    CHECK_FALSE(e.is_done());
    CHECK(s.network().attempts("api.test") == 1);
    CHECK(s.engine().stats().connects_retried == 0);
}

}  // namespace ferry::scenario
