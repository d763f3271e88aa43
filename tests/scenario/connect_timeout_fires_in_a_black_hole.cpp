#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("the connect timeout fires in a black hole") {
    Session& s = stage.session();
    s.network().black_hole("api.test");
    const Exchange& e = s.wait(s.submit(get("http://api.test/", {.connect = 3s})));
    CHECK(e.errc() == Errc::connect_timeout);
    CHECK(e.ended_at == Duration(3s));
    CHECK(e.error->safe_to_retry);
    CHECK(e.error->message.find("api.test within 3 s") != std::string::npos);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("the time of a slow lookup is part of the connect timeout") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 2s});
    s.network().black_hole("10.0.0.1");
    const Exchange& e = s.wait(s.submit(get("http://api.test/", {.connect = 3s})));
    CHECK(e.errc() == Errc::connect_timeout);
    CHECK(e.ended_at == Duration(3s));
}

FERRY_SCENARIO("the connect timeout ends a lookup that never ends") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.answers = false});
    const Exchange& e = s.wait(s.submit(get("http://api.test/", {.connect = 3s})));
    CHECK(e.errc() == Errc::connect_timeout);
    CHECK(e.ended_at == Duration(3s));
    CHECK(s.network().attempts("10.0.0.1") == 0);
}

FERRY_SCENARIO("each waiter of one connect has its own connect timeout") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    stage.link("10.0.0.1", {.connect_delay = 2s});
    s.network().name("api.test", {"10.0.0.1"});
    s.network().serve("10.0.0.1", always("ok"));
    const RequestId impatient = s.submit(get("http://api.test/", {.connect = 1s}));
    const RequestId patient = s.submit(get("http://api.test/", {.connect = 5s}));
    CHECK(s.wait(impatient).errc() == Errc::connect_timeout);
    CHECK(s[impatient].ended_at == Duration(1s));
    CHECK(s.wait(patient).body == "ok");
    CHECK(s[patient].ended_at == Duration(2s));  // The attempt goes on while anyone waits.
    CHECK(s.network().attempts("10.0.0.1") == 1);
}

}  // namespace ferry::scenario
