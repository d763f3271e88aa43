#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

/// A host whose first address never answers, and whose second does.
void half_dark(Stage& stage) {
    Network& network = stage.current()->network();
    stage.link({.latency = 10ms});
    network.name("api.test", {"2001:db8::1", "10.0.0.1"});
    network.black_hole("[2001:db8::1]:80");
    network.serve("10.0.0.1", always("ok"));
}

std::uint64_t closed(Session& s, CloseReason reason) { return s.engine().stats().closed[reason]; }

}  // namespace

FERRY_SCENARIO("the other family has its turn after 250 ms, and the loser is closed") {
    Session& s = stage.session();
    half_dark(stage);
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "ok");
    CHECK(e.ended_at == Duration(290ms));
    CHECK(s.network().most_open() == 2);
    CHECK(s.network().open() == 1);
    CHECK(closed(s, CloseReason::lost_race) == 1);
    CHECK(s.engine().stats().connecting == 0);
}

FERRY_SCENARIO("the first address may still win after the second was begun") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1"});
    stage.link("[2001:db8::1]:80", {.connect_delay = 300ms});
    s.network().serve("[2001:db8::1]:80", always("six"));
    s.network().black_hole("10.0.0.1");
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "six");
    CHECK(e.ended_at == Duration(300ms));
    CHECK(s.network().open() == 1);
    CHECK(s.network().attempts("10.0.0.1") == 1);
}

FERRY_SCENARIO("a quick answer needs no second address") {
    Session& s = stage.session();
    stage.link({.latency = 100ms});
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1"});
    s.network().serve("[2001:db8::1]:80", always("six"));
    CHECK(s.wait(s.get("http://api.test/")).body == "six");
    CHECK(s.network().attempts("10.0.0.1") == 0);
}

FERRY_SCENARIO("the failure of one address moves on at once, family by family") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().name("api.test", {"2001:db8::1", "2001:db8::2", "10.0.0.1"});
    s.network().refuse("[2001:db8::1]:80");
    s.network().refuse("[2001:db8::2]:80");
    s.network().serve("10.0.0.1", always("ok"));
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "ok");
    CHECK(e.ended_at == Duration(60ms));
    CHECK(s.network().attempts("[2001:db8::2]:80") == 0);
}

FERRY_SCENARIO("when all addresses fail, the connect fails once the last one has") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1"});
    stage.link("[2001:db8::1]:80", {.connect_delay = 400ms});
    s.network().refuse("[2001:db8::1]:80");
    s.network().refuse("10.0.0.1");
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::connect_failed);
    CHECK(e.ended_at == Duration(400ms));
    CHECK(closed(s, CloseReason::connect_failed) == 2);
}

FERRY_SCENARIO("a cancel ends all attempts") {
    Session& s = stage.session();
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1"});
    s.network().black_hole("[2001:db8::1]:80");
    s.network().black_hole("10.0.0.1");
    const RequestId id = s.get("http://api.test/");
    s.at(300ms, [&] {
        CHECK(s.network().open() == 2);
        CHECK(s.engine().stats().connecting == 2);
        s.cancel(id);
    });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    s.run();
    CHECK(s.network().open() == 0);
    CHECK(closed(s, CloseReason::connect_not_needed) == 2);
}

FERRY_SCENARIO("without a place for a second attempt, the first one has 2 s") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    half_dark(stage);
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "ok");
    CHECK(e.ended_at == Duration(2040ms));
    CHECK(s.network().most_open() == 1);
    CHECK(closed(s, CloseReason::connect_timed_out) == 1);
}

FERRY_SCENARIO("an idle connection of another origin makes place for a second attempt") {
    Session& s = stage.session(PoolLimits{.max_connections = 2});
    half_dark(stage);
    s.network().serve("other.test", always("other"));
    s.wait(s.get("http://other.test/"));
    const Duration began = s.elapsed();
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "ok");
    CHECK(*e.ended_at - began == Duration(290ms));
    CHECK(closed(s, CloseReason::place_needed) == 1);
    CHECK(s.network().most_open() == 2);
}

FERRY_SCENARIO("a second attempt counts for max_per_origin too") {
    Session& s = stage.session(PoolLimits{.max_per_origin = 1});
    half_dark(stage);
    CHECK(s.wait(s.get("http://api.test/")).ended_at == Duration(2040ms));
    CHECK(s.network().most_open() == 1);
}

FERRY_SCENARIO("the place of a lost race goes to who waits") {
    Session& s = stage.session(PoolLimits{.max_connections = 2});
    half_dark(stage);
    s.network().serve("other.test", after(1s, "other"));
    const RequestId first = s.get("http://api.test/");
    s.at(260ms, [&] { s.get("http://other.test/"); });
    s.wait(first);
    s.run_until(300ms);
    CHECK(s.network().attempts("other.test") == 1);
    s.wait_all();
    CHECK(s.exchanges()[1]->body == "other");
    CHECK(s.network().most_open() == 2);
}

}  // namespace ferry::scenario
