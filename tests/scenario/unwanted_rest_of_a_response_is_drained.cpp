#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a response that is discarded is read to its end, and its connection serves again") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    stage.link({.latency = 10ms});
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead& head, std::string_view) {
        return head.target == "/long" ? Reply{.body = pattern(20'000), .piece = 5'000, .between = 20ms}
                                      : Reply{.body = "ok"};
    });
    const RequestId id = s.submit(stream("http://api.test/long"));
    s.run_until([&] { return !s[id].body.empty(); });
    s.discard(id);
    CHECK(s[id].is_done());  // At once: the rest is nobody's.
    CHECK(s.engine().stats().active == 1);

    const Exchange& next = s.wait(s.get("http://api.test/"));
    CHECK(next.body == "ok");
    CHECK(s.network().accepted("api.test") == 1);
    CHECK(origin.requests()[1].connection == 0);
}

FERRY_SCENARIO("a chunked response that is discarded is drained as well") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(20'000), .framing = Reply::Framing::chunked, .piece = 5'000, .between = 20ms};
    });
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return !s[id].body.empty(); });
    s.discard(id);
    s.run_for(100ms);
    CHECK(s.network().open() == 1);
    CHECK(s.engine().stats().idle == 1);
}

FERRY_SCENARIO("a discarded response that is known to be long closes its connection at once") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome"));
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return s[id].body.size() == 4; });
    s.discard(id);
    CHECK(s[id].is_done());
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a discarded response that turns out to be long closes its connection") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(200'000), .framing = Reply::Framing::chunked, .piece = 10'000, .between = 10ms};
    });
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return !s[id].body.empty(); });
    s.discard(id);
    s.run_for(50ms);
    CHECK(s.network().open() == 1);
    s.run_for(30ms);
    CHECK(s.network().open() == 0);  // Behind 64 KiB.
}

FERRY_SCENARIO("a discarded response that takes long closes its connection after 250 ms") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome")
                                     .wait(200ms)
                                     .send("mor")
                                     .wait(100ms)
                                     .send("end"));
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return s[id].body.size() == 4; });
    s.discard(id);
    s.run_for(249ms);
    CHECK(s.network().open() == 1);
    s.run_for(1ms);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a discarded response whose connection breaks or ends harms nobody") {
    for (const bool reset : {false, true}) {
        Session& s = stage.session();
        Script script;
        script.expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome").wait(20ms);
        s.network().play("api.test", reset ? script.reset() : script.fin());
        const RequestId id = s.submit(stream("http://api.test/"));
        s.run_until([&] { return s[id].body.size() == 4; });
        s.discard(id);
        s.run_for(20ms);
        CHECK(s.network().open() == 0);
        s.finish();
        CHECK(s.violations().empty());
    }
    stage.session();
}

FERRY_SCENARIO("bytes behind a discarded response are not the next one") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().play("api.test", {Script()
                                      .expect_head()
                                      .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome")
                                      .wait(20ms)
                                      .send("more..HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")});
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return s[id].body.size() == 4; });
    s.discard(id);
    s.run_for(30ms);
    CHECK(s.network().open() == 0);
    CHECK(s.wait(s.get("http://api.test/")).body == "good");
}

FERRY_SCENARIO("a discarded response that was held back is drained") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().serve("api.test", always(pattern(60'000)));
    Request request = stream("http://api.test/");
    request.window = 1;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    s.run_for(10ms);
    s.discard(id);
    s.run_for(10ms);
    CHECK(s.engine().stats().idle == 1);
}

FERRY_SCENARIO("what is discarded before its head, or while it is sent, is cancelled or closed") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    stage.link({.latency = 10ms, .send_buffer = 1'000});
    s.network().serve("api.test", always("ok"));
    const RequestId early = s.submit(stream("http://api.test/"));
    s.run_for(5ms);
    s.discard(early);
    CHECK(s.wait(early).errc() == Errc::cancelled);

    s.network().play("big.test",
                     Script().expect_head().reading(false).send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome"));
    Request request = make_request("POST", "http://big.test/", pattern(100'000));
    request.collect = false;
    const RequestId late = s.submit(std::move(request));
    s.run_until([&] { return !s[late].body.empty(); });
    s.discard(late);
    CHECK(s[late].is_done());
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a response that is collected is cancelled, not cut short") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome"));
    const RequestId id = s.get("http://api.test/");
    s.run_until([&] { return s[id].head.has_value(); });
    s.discard(id);
    CHECK(s.wait(id).errc() == Errc::cancelled);
}

FERRY_SCENARIO("a discarded response is not read where its connection could not serve again") {
    stage.may_differ();  // How much of it is delivered before it is discarded.
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                                             "Content-Length: 10\r\n\r\nsome"));
    const RequestId id = s.submit(stream("http://api.test/"));
    s.run_until([&] { return s[id].body.size() == 4; });
    s.discard(id);
    CHECK(s[id].is_done());
    s.run_for(0s);
    CHECK(s.network().open() == 0);
    CHECK(s.engine().stats().closed[CloseReason::connection_close] == 1);
}

}  // namespace ferry::scenario
