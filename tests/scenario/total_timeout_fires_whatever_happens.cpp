#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

Request within(Duration total) {
    return get("http://api.test/", {.connect = std::nullopt, .read = std::nullopt, .total = total});
}

}  // namespace

FERRY_SCENARIO("the total timeout fires while a body trickles in") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(100), .piece = 1, .between = 100ms};
    });
    const Exchange& e = s.wait(s.submit(within(2'050ms)));
    CHECK(e.errc() == Errc::total_timeout);
    CHECK(e.ended_at == Duration(2'050ms));
    CHECK(e.timings.body_bytes_received == 20);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("the total timeout fires during the lookup and the connect") {
    Session& s = stage.session();
    s.network().name("api.test", Lookup{.answers = false});
    CHECK(s.wait(s.submit(within(2s))).errc() == Errc::total_timeout);
    CHECK(s.elapsed() == Duration(2s));
    s.network().name("api.test", {"10.0.0.1"});
    s.network().black_hole("10.0.0.1");
    CHECK(s.wait(s.submit(within(2s))).errc() == Errc::total_timeout);
    CHECK(s.elapsed() == Duration(4s));
}

FERRY_SCENARIO("the total timeout fires while waiting for a connection") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", after(3s, "ok"));
    const RequestId busy = s.get("http://api.test/");
    const RequestId waiter = s.submit(within(2s));
    CHECK(s.wait(waiter).errc() == Errc::total_timeout);
    CHECK(s[waiter].ended_at == Duration(2s));
    CHECK(s.wait(busy).body == "ok");
}

FERRY_SCENARIO("the total timeout fires while the reader withholds credit") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(5'000), .piece = 1'000, .between = 10ms};
    });
    Request request = within(2s);
    request.collect = false;
    request.window = 1'000;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    CHECK(s.wait(id).errc() == Errc::total_timeout);
    CHECK(s[id].ended_at == Duration(2s));
    CHECK(s[id].body.size() == 1'000);
}

FERRY_SCENARIO("a request that ends in time leaves no timer behind") {
    Session& s = stage.session(PoolLimits{.keepalive_expiry = std::nullopt});
    s.network().serve("api.test", always("ok"));
    CHECK(s.wait(s.submit(within(2s))).body == "ok");
    CHECK_FALSE(s.engine().deadline().has_value());
}

}  // namespace ferry::scenario
