#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("an idle connection is closed when its time is over, not before") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = 3s});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.run_until(3s - 1ns);
    CHECK(s.network().open() == 1);
    s.run_until(3s);
    CHECK(s.network().open() == 0);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("use postpones the expiry") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = 3s});
    s.network().serve("api.test", always("ok"));
    for (int i = 0; i < 4; ++i) {
        s.run_until(2s * i);
        s.wait(s.get("http://api.test/"));
    }
    CHECK(s.network().accepted("api.test") == 1);
    s.run();
    CHECK(s.elapsed() == Duration(9s));
}

FERRY_SCENARIO("an expiry of zero keeps nothing") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = 0s});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.run_for(0s);
    CHECK(s.network().open() == 0);
    s.wait(s.get("http://api.test/"));
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("without an expiry an idle connection is kept for ever") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = std::nullopt});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.run_until(1'000h);
    s.wait(s.get("http://api.test/"));
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
