#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("the keep-alive limit counts idle connections only") {
    Session& s = stage.session(PoolLimits{.max_connections = 10, .max_keepalive = 2});
    s.network().serve("api.test", [](const RequestHead& head, std::string_view) {
        return Reply{.body = "ok", .delay = head.target == "/slow" ? 1s : 100ms};
    });
    for (int i = 0; i < 3; ++i) {
        s.get("http://api.test/slow");
        s.get("http://api.test/quick");
    }
    s.run_until(500ms);
    // Three are busy, of the three that are not one was too many.
    CHECK(s.engine().stats().active == 3);
    CHECK(s.engine().stats().idle == 2);
    s.run_until(2s);
    CHECK(s.engine().stats().active == 0);
    CHECK(s.engine().stats().idle == 2);
    CHECK(s.network().open() == 2);
}

FERRY_SCENARIO("with a keep-alive limit of zero nothing is kept, but waiters are served") {
    Session& s = stage.session(PoolLimits{.max_connections = 1, .max_keepalive = 0});
    s.network().serve("api.test", after(100ms, "ok"));
    const RequestId a = s.get("http://api.test/");
    const RequestId b = s.get("http://api.test/");
    s.wait_all();
    CHECK(s[a].body == "ok");
    CHECK(s[b].body == "ok");
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

}  // namespace ferry::scenario
