#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a cancel while waiting passes the turn on") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    HttpOrigin& origin = s.network().serve("api.test", after(100ms, "ok"));
    const RequestId first = s.get("http://api.test/first");
    const RequestId second = s.get("http://api.test/second");
    const RequestId third = s.get("http://api.test/third");
    s.at(50ms, [&] { s.cancel(second); });
    s.wait_all();
    CHECK(s[second].errc() == Errc::cancelled);
    CHECK(s[second].ended_at == Duration(50ms));
    CHECK(s[second].error->safe_to_retry);
    CHECK(s[first].body == "ok");
    CHECK(s[third].ended_at == Duration(200ms));
    CHECK(origin.requests().size() == 2);
}

FERRY_SCENARIO("a cancel in the same instant as the submit leaves no trace") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    HttpOrigin& origin = s.network().serve("api.test", always("ok"));
    s.cancel(s.get("http://api.test/"));
    s.wait_all();
    s.run();
    CHECK(s.exchanges()[0]->errc() == Errc::cancelled);
    CHECK(origin.requests().empty());
    CHECK(s.network().open() == 0);
}

}  // namespace ferry::scenario
