#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a refused connect is an error that tells the reason") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().refuse("api.test");
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::connect_failed);
    CHECK(e.error->kind() == ErrorKind::connect_error);
    CHECK(e.error->cause == std::errc::connection_refused);
    CHECK(e.ended_at == Duration(20ms));
    CHECK(e.error->safe_to_retry);
    CHECK(e.error->request_bytes_sent == 0);
    CHECK(e.error->message.find("api.test") != std::string::npos);
}

FERRY_SCENARIO("a failed lookup is an error of its own") {
    Session& s = stage.session();
    s.network().name("gone.test", Lookup{.delay = 30ms});
    const Exchange& e = s.wait(s.get("http://gone.test/"));
    CHECK(e.errc() == Errc::name_resolution_failed);
    CHECK(e.error->kind() == ErrorKind::dns_error);
    CHECK(e.ended_at == Duration(30ms));
    CHECK(e.error->safe_to_retry);
    CHECK(e.error->message == "could not resolve the name gone.test for GET http://gone.test/");
}

FERRY_SCENARIO("the next address is tried when one refuses") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1"});
    s.network().refuse("[2001:db8::1]:80");
    s.network().serve("10.0.0.1", always("ok"));
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().attempts("[2001:db8::1]:80") == 1);
}

FERRY_SCENARIO("an address in the URL needs no lookup") {
    Session& s = stage.session();
    s.network().serve("10.0.0.1:8080", always("4"));
    s.network().serve("[2001:db8::1]:8080", always("6"));
    CHECK(s.wait(s.get("http://10.0.0.1:8080/")).body == "4");
    CHECK(s.wait(s.get("http://[2001:db8::1]:8080/")).body == "6");
    CHECK(s.engine().stats().lookups == 0);
}

FERRY_SCENARIO("when a connect fails, the next waiter gets its own attempt") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    stage.link({.latency = 10ms});
    s.network().refuse("api.test");
    const RequestId a = s.get("http://api.test/a");
    const RequestId b = s.get("http://api.test/b");
    s.at(25ms, [&] { s.network().serve("api.test", always("ok")); });
    const RequestId c = s.get("http://api.test/c");
    s.wait_all();
    CHECK(s[a].errc() == Errc::connect_failed);
    CHECK(s[b].errc() == Errc::connect_failed);
    CHECK(s[b].ended_at == Duration(40ms));
    CHECK(s[c].body == "ok");
}

}  // namespace ferry::scenario
