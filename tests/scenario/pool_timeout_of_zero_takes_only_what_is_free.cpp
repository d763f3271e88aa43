#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a pool timeout of zero takes only what is free") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", after(10ms, "ok"));
    const Deadlines now_or_never{.pool = 0s};

    const RequestId first = s.submit(get("http://api.test/", now_or_never));  // A new connection is no wait.
    const RequestId second = s.submit(get("http://api.test/", now_or_never));
    CHECK(s[second].errc() == Errc::pool_timeout);
    CHECK(s[second].ended_at == Duration(0));
    CHECK(s.wait(first).body == "ok");

    CHECK(s.wait(s.submit(get("http://api.test/", now_or_never))).body == "ok");  // An idle one neither.
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
