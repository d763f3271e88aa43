#include "tests/scenario/support.hpp"

#include <string>
#include <vector>

namespace ferry::scenario {

FERRY_SCENARIO("waiters are served in the order in which they came") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    HttpOrigin& origin = s.network().serve("api.test", after(100ms, "ok"));
    std::vector<RequestId> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(s.get("http://api.test/" + std::to_string(i)));
    }
    s.wait_all();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        CHECK(s[ids[i]].ended_at == Duration(100ms * (i + 1)));
        CHECK(origin.requests()[i].head.target == "/" + std::to_string(i));
    }
    CHECK(s.network().accepted("api.test") == 1);
}

FERRY_SCENARIO("among origins the oldest waiter goes first, and an idle connection makes room for it") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("a.test", after(100ms, "a"));
    s.network().serve("b.test", after(100ms, "b"));
    const RequestId a1 = s.get("http://a.test/");
    const RequestId b = s.get("http://b.test/");
    const RequestId a2 = s.get("http://a.test/");
    s.wait_all();
    CHECK(s[a1].ended_at == Duration(100ms));
    CHECK(s[b].ended_at == Duration(200ms));
    CHECK(s[a2].ended_at == Duration(300ms));
    CHECK(s.network().accepted("a.test") == 2);
    CHECK(s.network().most_open() == 1);
}

FERRY_SCENARIO("a waiter takes the connection that becomes free before its own is made") {
    Session& s = stage.session(PoolLimits{.max_connections = 2});
    stage.link({.connect_delay = 1s});
    s.network().serve("api.test", after(200ms, "ok"));
    const RequestId first = s.get("http://api.test/1");
    CHECK(s.wait(first).ended_at == Duration(1'200ms));
    const RequestId second = s.get("http://api.test/2");  // On the idle connection, until 1.4 s.
    const RequestId third = s.get("http://api.test/3");   // Its own would be there at 2.2 s.
    s.wait_all();
    CHECK(s[second].ended_at == Duration(1'400ms));
    CHECK(s[third].ended_at == Duration(1'600ms));
}

}  // namespace ferry::scenario
