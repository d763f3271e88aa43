#include "tests/scenario/support.hpp"

#include <memory>

namespace ferry::scenario {

FERRY_SCENARIO("a dump names the state of every request and every connection") {
    stage.may_differ();  // How much of what is discarded has come by then.
    Session& s = stage.session();
    s.network().serve("idle.test", always("ok"));
    s.network().serve("slow.test", after(1h, "late"));
    s.network().serve("rest.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(20'000), .piece = 5'000, .between = 20ms};
    });
    s.network().serve("busy.test", [](const RequestHead&, std::string_view) {
        return Reply{.status = 503, .headers = {{"Retry-After", "30"}}};
    });
    s.network().play("raw.test", Script().expect_head().send("HTTP/1.1 101 Switching Protocols\r\n"
                                                             "Connection: upgrade\r\nUpgrade: echo\r\n\r\n"));
    s.network().play("mute.test", Script().expect_head());
    s.network().play("deaf.test", Script().reading(false));
    s.network().link("deaf.test", {.send_buffer = 10'000});
    s.network().black_hole("dark.test");

    s.get("http://idle.test/");
    s.get("http://slow.test/");
    s.get("http://dark.test/");
    s.submit(get("http://slow.test/unlimited", Deadlines{.read = std::nullopt, .total = std::nullopt}));
    Request asks = make_request("POST", "http://mute.test/", "body");
    asks.expect_continue = 1h;
    s.submit(std::move(asks));
    Request again = make_request("GET", "http://busy.test/");
    again.retry_policy = std::make_shared<const RetryPolicy>();
    s.submit(std::move(again));
    Request raw = stream("http://raw.test/");
    raw.headers.add("Connection", "upgrade");
    raw.headers.add("Upgrade", "echo");
    s.submit(std::move(raw));
    s.post("http://deaf.test/", pattern(200'000));
    const RequestId discarded = s.submit(stream("http://rest.test/"));
    s.run_until([&] { return !s[discarded].body.empty(); });
    s.discard(discarded);
    s.run_for(10ms);

    const std::string dump = s.engine().dump();
    INFO(dump);
    for (const char* said : {"resting, GET http://busy.test/, backoff", "exchanging, GET http://slow.test/ on",
                             "upgraded, GET http://raw.test/ on", "waiting, GET http://dark.test/, connect", "write",
                             "expect", "read", "idle", "draining", "active", "connecting", "total never"}) {
        INFO(said);
        CHECK(dump.find(said) != std::string::npos);
    }
    s.drain(0ms);
    s.run();
}

}  // namespace ferry::scenario
