#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("lookups of one host are one, whatever the port") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 100ms});
    s.network().serve("10.0.0.1:80", always("a"));
    s.network().serve("10.0.0.1:8080", always("b"));
    const RequestId a = s.get("http://api.test/");
    const RequestId b = s.get("http://api.test:8080/");
    const RequestId c = s.get("http://api.test/");
    s.wait_all();
    CHECK(s[a].body == "a");
    CHECK(s[b].body == "b");
    CHECK(s[c].body == "a");
    CHECK(s.network().lookups("api.test") == 1);
    CHECK(s.engine().stats().lookups == 1);
    CHECK(s.engine().stats().lookups_shared == 2);
}

FERRY_SCENARIO("a shared lookup outlives the request that asked first") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 100ms});
    s.network().serve("10.0.0.1", always("ok"));
    const RequestId first = s.get("http://api.test/");
    const RequestId second = s.get("http://api.test:80/");
    s.at(50ms, [&] { s.cancel(first); });
    CHECK(s.wait(second).body == "ok");
    CHECK(s[second].ended_at == Duration(100ms));
    CHECK(s[first].errc() == Errc::cancelled);
    CHECK(s.network().lookups("api.test") == 1);
}

FERRY_SCENARIO("the error of a shared lookup is for all, and not kept") {
    Session& s = stage.session();
    s.network().name("gone.test", Lookup{.delay = 30ms});
    for (int i = 0; i < 3; ++i) {
        s.get("http://gone.test/");
    }
    s.wait_all();
    for (const Exchange* e : s.exchanges()) {
        CHECK(e->errc() == Errc::name_resolution_failed);
        CHECK(e->ended_at == Duration(30ms));
    }
    CHECK(s.network().lookups("gone.test") == 1);
    s.wait(s.get("http://gone.test/"));
    CHECK(s.network().lookups("gone.test") == 2);
}

FERRY_SCENARIO("an answer serves for 10 s") {
    Session& s = stage.session(PoolLimits{.max_keepalive = 0});
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 1s});
    s.network().serve("10.0.0.1", always("ok"));
    s.wait(s.get("http://api.test/"));  // answered at 1 s
    s.run_until(10s + 999ms);
    CHECK(s.wait(s.get("http://api.test/")).ended_at == Duration(10s + 999ms));
    CHECK(s.engine().stats().lookups_cached == 1);
    s.run_until(11s);
    CHECK(s.wait(s.get("http://api.test/")).ended_at == Duration(12s));
    CHECK(s.network().lookups("api.test") == 2);
}

FERRY_SCENARIO("hosts with addresses of their own are not looked up") {
    EngineConfig config;
    config.hosts = {{.host = "api.test", .port = 0, .endpoints = {parse_address("10.0.0.1", 0).value()}},
                    {.host = "api.test", .port = 8080, .endpoints = {parse_address("10.0.0.2", 0).value()}}};
    Session& s = stage.session(std::move(config));
    s.network().serve("10.0.0.1:80", always("one"));
    s.network().serve("10.0.0.2:8080", always("two"));
    CHECK(s.wait(s.get("http://api.test/")).body == "one");
    CHECK(s.wait(s.get("http://API.test:8080/")).body == "two");
    CHECK(s.engine().stats().lookups == 0);
}

FERRY_SCENARIO("an answer whose addresses have all failed is not used again") {
    Session& s = stage.session();
    s.network().name("api.test", {"10.0.0.1", "10.0.0.2"});
    s.network().refuse("10.0.0.1");
    s.network().refuse("10.0.0.2");
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::connect_failed);
    s.network().name("api.test", {"10.0.0.3"});  // It has moved.
    s.network().serve("10.0.0.3", always("ok"));
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().lookups("api.test") == 2);
}

FERRY_SCENARIO("an answer whose addresses do not answer in time is not used again") {
    Session& s = stage.session();
    s.network().name("api.test", {"10.0.0.1"});
    s.network().black_hole("10.0.0.1");
    CHECK(s.wait(s.submit(get("http://api.test/", {.connect = 1s}))).errc() == Errc::connect_timeout);
    s.network().name("api.test", {"10.0.0.2"});
    s.network().serve("10.0.0.2", always("ok"));
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
}

FERRY_SCENARIO("connecting again asks for the addresses again") {
    Session& s = stage.session();
    s.network().name("api.test", {"10.0.0.1"});
    s.network().refuse("10.0.0.1");
    s.network().serve("10.0.0.2", always("ok"));
    s.at(100ms, [&s] { s.network().name("api.test", {"10.0.0.2"}); });
    Request request = make_request("GET", "http://api.test/");
    request.connect_retries = 2;
    CHECK(s.wait(s.submit(std::move(request))).body == "ok");
    CHECK(s.network().lookups("api.test") == 3);
}

}  // namespace ferry::scenario
