#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a connection is reused, request after request") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("ok"));
    for (int i = 0; i < 5; ++i) {
        CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    }
    CHECK(origin.requests().size() == 5);
    CHECK(s.network().accepted("api.test") == 1);
    CHECK(s.network().lookups("api.test") == 1);
    CHECK(s.engine().stats().connections_reused == 4);
}

FERRY_SCENARIO("origins that differ in port or host share nothing") {
    Session& s = stage.session();
    s.network().serve("api.test", always("80"));
    s.network().serve("api.test:8080", always("8080"));
    s.network().serve("other.test", always("other"));
    CHECK(s.wait(s.get("http://api.test/")).body == "80");
    CHECK(s.wait(s.get("http://api.test:8080/")).body == "8080");
    CHECK(s.wait(s.get("http://other.test/")).body == "other");
    CHECK(s.wait(s.get("http://API.test:80/")).body == "80");
    CHECK(s.network().accepted("api.test") == 1);
    CHECK(s.network().accepted("api.test:8080") == 1);
}

}  // namespace ferry::scenario
