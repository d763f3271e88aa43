#include "tests/scenario/support.hpp"

namespace ferry::scenario {

// Whichever comes first at one instant: the request is served, on the old connection or a new one.
FERRY_SCENARIO("a request that comes at the instant of expiry is served") {
    Session& s = stage.session(PoolLimits{.max_connections = 1, .keepalive_expiry = 1s});
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    s.at(1s, [&s] { s.get("http://api.test/"); });
    s.run();
    REQUIRE(s.exchanges().size() == 2);
    CHECK(s.exchanges()[1]->body == "ok");
}

FERRY_SCENARIO("bytes that come at the instant of the read timeout are in time") {
    Session& s = stage.session();
    s.network().serve("api.test", after(300ms, "just in time"));
    CHECK(s.wait(s.submit(get("http://api.test/", {.read = 300ms}))).body == "just in time");
}

}  // namespace ferry::scenario
