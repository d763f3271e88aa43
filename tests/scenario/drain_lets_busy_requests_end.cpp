#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("drain lets busy requests end, closes idle connections and takes no more") {
    Session& s = stage.session();
    s.network().serve("api.test", after(100ms, "ok"));
    s.wait(s.get("http://api.test/"));
    const RequestId busy = s.get("http://api.test/");
    const RequestId other = s.get("http://api.test/");
    s.run_for(10ms);
    s.drain();
    const RequestId late = s.get("http://api.test/");
    CHECK(s.wait(late).errc() == Errc::client_closed);
    CHECK(s.wait(busy).body == "ok");
    CHECK(s.wait(other).body == "ok");
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("drain closes idle connections at once") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = std::nullopt});
    s.network().serve("api.test", after(100ms, "ok"));
    s.get("http://api.test/");
    s.get("http://api.test/");
    s.wait_all();
    CHECK(s.network().open() == 2);
    s.drain();
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("drain serves those who wait already") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", after(100ms, "ok"));
    const RequestId busy = s.get("http://api.test/");
    const RequestId waiter = s.get("http://api.test/");
    s.run_for(10ms);
    s.drain();
    CHECK(s.wait(busy).body == "ok");
    CHECK(s.wait(waiter).body == "ok");
}

}  // namespace ferry::scenario
