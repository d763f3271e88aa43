#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("an idle connection is closed when it reaches its age") {
    Session& s = stage.session(PoolLimits{.max_connection_age = 2s});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.run_until(1s);
    s.wait(s.get("http://api.test/"));
    CHECK(s.network().attempts("api.test") == 1);
    s.run_until(1999ms);
    CHECK(s.network().open() == 1);
    s.run_until(2s);
    CHECK(s.network().open() == 0);
    CHECK(s.engine().stats().closed[CloseReason::max_age] == 1);
}

FERRY_SCENARIO("a connection that is used when it reaches its age serves its request, and no other") {
    Session& s = stage.session(PoolLimits{.max_connections = 1, .max_connection_age = 2s});
    s.network().serve("api.test", after(1500ms, "ok"));
    for (int i = 0; i < 3; ++i) {
        s.get("http://api.test/");
    }
    s.wait_all();
    CHECK(s.exchanges()[1]->ended_at == Duration(3s));
    CHECK(s.exchanges()[2]->body == "ok");
    CHECK(s.network().attempts("api.test") == 2);
    CHECK(s.engine().stats().closed[CloseReason::max_age] == 1);
}

}  // namespace ferry::scenario
