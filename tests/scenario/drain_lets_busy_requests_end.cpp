#include "tests/scenario/support.hpp"

#include <memory>
#include <optional>

namespace ferry::scenario {

namespace {

/// Drains twice, the second time after 100 ms.
void ends_at_300ms(Stage& stage, std::optional<Duration> first, std::optional<Duration> second) {
    Session& s = stage.session();
    const auto drain = [&s](std::optional<Duration> limit) { limit ? s.drain(*limit) : s.drain(); };
    s.network().serve("api.test", after(1s, "late"));
    const RequestId id = s.get("http://api.test/");
    drain(first);
    s.run_for(100ms);
    drain(second);
    const Exchange& e = s.wait(id);
    CHECK(e.errc() == Errc::client_closed);
    CHECK(e.ended_at == Duration(300ms));
    s.run_for(0s);
    CHECK_FALSE(s.engine().deadline().has_value());
}

}  // namespace

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

FERRY_SCENARIO("drain with a limit ends what is left then, wherever it is") {
    Session& s = stage.session(PoolLimits{.max_connections = 2});
    s.network().serve("api.test", after(1s, "late"));
    s.network().serve("quick.test", after(100ms, "ok"));
    const RequestId quick = s.get("http://quick.test/");
    const RequestId slow = s.get("http://api.test/");
    const RequestId waiting = s.get("http://api.test/");
    s.drain(300ms);
    CHECK(s.wait(quick).body == "ok");
    for (const RequestId id : {slow, waiting}) {
        const Exchange& e = s.wait(id);
        CHECK(e.errc() == Errc::client_closed);
        CHECK(e.ended_at == Duration(300ms));
    }
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("drain lets a request that pauses be made again, up to its limit") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.status = 503}; });
    Request request = make_request("GET", "http://api.test/");
    request.retry_policy = std::make_shared<const RetryPolicy>(RetryPolicy{.backoff = 100ms, .jitter = 0});
    const RequestId id = s.submit(std::move(request));
    s.run_for(10ms);
    s.drain(150ms);
    const Exchange& e = s.wait(id);
    CHECK(e.errc() == Errc::client_closed);
    CHECK(e.ended_at == Duration(160ms));
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("drain closes connections that only read what nobody wants") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome"));
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return s[id].body.size() == 4; });
    s.discard(id);
    s.run_for(0s);
    CHECK(s.network().open() == 1);
    s.drain(10s);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
    CHECK_FALSE(s.engine().deadline().has_value());
}

FERRY_SCENARIO("a drain without a limit does not lift that of an earlier one") {
    ends_at_300ms(stage, 300ms, std::nullopt);
}

FERRY_SCENARIO("a drain with a limit gives one to an earlier one without") {
    ends_at_300ms(stage, std::nullopt, 200ms);
}

FERRY_SCENARIO("the earlier of two limits holds if it was set first") { ends_at_300ms(stage, 300ms, 10s); }

FERRY_SCENARIO("the earlier of two limits holds if it was set second") { ends_at_300ms(stage, 10s, 200ms); }

FERRY_SCENARIO("the limit of a drain ends with the last request") {
    Session& s = stage.session();
    s.network().serve("api.test", after(100ms, "ok"));
    const RequestId id = s.get("http://api.test/");
    s.drain(10s);
    CHECK(s.wait(id).body == "ok");
    s.run_for(0s);
    CHECK_FALSE(s.engine().deadline().has_value());
}

FERRY_SCENARIO("a drain that is over dials for nobody") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("one.test", after(10s, "late"));
    s.network().serve("two.test", always("ok"));
    s.network().serve("three.test", always("ok"));
    for (const char* url : {"http://one.test/", "http://two.test/", "http://three.test/", "http://two.test/"}) {
        s.get(url);
    }
    s.run_for(1s);
    s.drain(0ms);
    s.run();
    for (const auto& e : s.exchanges()) {
        CHECK(e->errc() == Errc::client_closed);
    }
    CHECK(s.engine().stats().lookups == 1);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a drain that is over gives the place of what is left of a response to nobody") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(20'000), .piece = 5'000, .between = 20ms};
    });
    const RequestId discarded = s.submit(stream("http://api.test/"));
    s.run_until([&] { return s[discarded].status() == 200; });
    s.discard(discarded);
    const RequestId waits = s.get("http://two.test/");
    s.drain(0ms);
    CHECK(s.wait(waits).errc() == Errc::client_closed);
    CHECK(s.engine().audit().empty());
    CHECK(s.engine().stats().lookups == 1);
    s.run();
    CHECK(s.network().open() == 0);
}

}  // namespace ferry::scenario
