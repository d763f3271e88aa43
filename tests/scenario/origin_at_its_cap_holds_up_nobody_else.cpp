#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("an origin at its cap holds up its own requests, and nobody else's") {
    Session& s = stage.session(PoolLimits{.max_per_origin = 2});
    s.network().serve("slow.test", after(1s, "slow"));
    s.network().serve("quick.test", after(10ms, "quick"));
    for (int i = 0; i < 5; ++i) {
        s.get("http://slow.test/" + std::to_string(i));
    }
    const RequestId quick = s.get("http://quick.test/");
    CHECK(s.wait(quick).ended_at == Duration(10ms));
    s.wait_all();
    const auto all = s.exchanges();
    CHECK(all[0]->ended_at == Duration(1s));
    CHECK(all[1]->ended_at == Duration(1s));
    CHECK(all[3]->ended_at == Duration(2s));
    CHECK(all[4]->ended_at == Duration(3s));
    CHECK(s.network().attempts("slow.test") == 2);
    CHECK(s.network().most_open() == 3);
}

FERRY_SCENARIO("who waits for its origin's cap has the pool timeout") {
    Session& s = stage.session(PoolLimits{.max_per_origin = 1});
    s.network().serve("slow.test", after(1s, "slow"));
    s.get("http://slow.test/");
    const RequestId id = s.submit(get("http://slow.test/", {.pool = 300ms}));
    CHECK(s.wait(id).errc() == Errc::pool_timeout);
    CHECK(s[id].ended_at == Duration(300ms));
    CHECK(s.wait(s.submit(get("http://slow.test/", {.pool = 0s}))).errc() == Errc::pool_timeout);
    s.wait_all();
}

FERRY_SCENARIO("with both caps reached, the oldest request that may go goes first") {
    Session& s = stage.session(PoolLimits{.max_connections = 2, .max_keepalive = 0, .max_per_origin = 1});
    s.network().serve("a.test", after(100ms, "a"));
    s.network().serve("b.test", after(100ms, "b"));
    s.network().serve("c.test", after(100ms, "c"));
    const RequestId a1 = s.get("http://a.test/1");
    const RequestId b1 = s.get("http://b.test/1");
    const RequestId a2 = s.get("http://a.test/2");
    const RequestId c1 = s.get("http://c.test/1");
    const RequestId b2 = s.get("http://b.test/2");
    s.wait_all();
    CHECK(s[a1].ended_at == Duration(100ms));
    CHECK(s[b1].ended_at == Duration(100ms));
    CHECK(s[a2].ended_at == Duration(200ms));
    CHECK(s[c1].ended_at == Duration(200ms));
    CHECK(s[b2].ended_at == Duration(300ms));
    CHECK(s.network().most_open() == 2);
}

}  // namespace ferry::scenario
