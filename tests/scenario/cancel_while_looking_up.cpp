#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a cancel during the lookup cancels the lookup") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 100ms});
    s.network().serve("10.0.0.1", always("ok"));
    const RequestId id = s.get("http://api.test/");
    s.at(50ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    s.run();
    CHECK(s.network().attempts("10.0.0.1") == 0);
}

FERRY_SCENARIO("a waiter inherits the lookup of a request that was cancelled") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 100ms});
    s.network().serve("10.0.0.1", always("ok"));
    const RequestId first = s.get("http://api.test/");
    const RequestId second = s.get("http://api.test/");
    s.at(50ms, [&] { s.cancel(first); });
    CHECK(s.wait(second).body == "ok");
    CHECK(s[second].ended_at == Duration(100ms));
    CHECK(s[first].errc() == Errc::cancelled);
    CHECK(s.network().lookups("api.test") == 1);
}

}  // namespace ferry::scenario
