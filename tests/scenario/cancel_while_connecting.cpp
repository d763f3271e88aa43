#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a cancel during the connect ends the connect") {
    Session& s = stage.session();
    stage.link({.latency = 50ms});
    HttpOrigin& origin = s.network().serve("api.test", always("ok"));
    const RequestId id = s.get("http://api.test/");
    s.at(30ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    CHECK(s[id].error->request_bytes_sent == 0);
    s.run();
    CHECK(s.network().open() == 0);
    CHECK(origin.requests().empty());
}

FERRY_SCENARIO("a waiter inherits the connect of a request that was cancelled") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    stage.link({.latency = 50ms});
    s.network().serve("api.test", always("ok"));
    const RequestId first = s.get("http://api.test/");
    const RequestId second = s.get("http://api.test/");
    s.at(30ms, [&] { s.cancel(first); });
    CHECK(s.wait(second).body == "ok");
    CHECK(s[second].ended_at == Duration(200ms));
    CHECK(s.network().attempts("api.test") == 1);
}

FERRY_SCENARIO("a waiter of another origin gets the place of a connect that was cancelled") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().black_hole("dark.test");
    s.network().serve("api.test", always("ok"));
    const RequestId first = s.get("http://dark.test/");
    const RequestId second = s.get("http://api.test/");
    s.at(30ms, [&] { s.cancel(first); });
    CHECK(s.wait(second).body == "ok");
    CHECK(s[second].ended_at == Duration(30ms));
}

}  // namespace ferry::scenario
