#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

HttpOrigin::Handler keeping(std::string value) {
    return [value = std::move(value)](const RequestHead&, std::string_view) {
        return Reply{.headers = {{"Keep-Alive", value}}, .body = "ok"};
    };
}

}  // namespace

FERRY_SCENARIO("a server's Keep-Alive shortens the time that a connection is kept, to a second less") {
    Session& s = stage.session();
    s.network().serve("api.test", keeping("timeout=3, max=100"));
    s.wait(s.get("http://api.test/"));
    s.run_until(1999ms);
    CHECK(s.network().open() == 1);
    s.run_until(2s);
    CHECK(s.network().open() == 0);
    CHECK(s.engine().stats().closed[CloseReason::keepalive_expiry] == 1);
}

FERRY_SCENARIO("a server's Keep-Alive does not prolong what the client wants") {
    Session& s = stage.session();
    s.network().serve("api.test", keeping("timeout=60"));
    s.wait(s.get("http://api.test/"));
    s.run_until(5s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a server's Keep-Alive holds where the client keeps connections forever") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = std::nullopt});
    s.network().serve("api.test", keeping("timeout=60"));
    s.wait(s.get("http://api.test/"));
    s.run_until(58s);
    CHECK(s.network().open() == 1);
    s.run_until(59s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a connection that the server keeps for a second or less is not used again") {
    for (const char* value : {"timeout=1", "timeout=0", "timeout=-1"}) {
        Session& s = stage.session();
        s.network().serve("api.test", keeping(value));
        s.wait(s.get("http://api.test/"));
        s.wait(s.get("http://api.test/"));
        CHECK(s.network().attempts("api.test") == 2);
        CHECK(s.engine().stats().closed[CloseReason::keepalive_too_short] == 2);
    }
}

}  // namespace ferry::scenario
