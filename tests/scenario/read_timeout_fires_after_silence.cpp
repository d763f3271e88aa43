#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("the read timeout fires after silence before the head, and the connection is closed") {
    Session& s = stage.session();
    stage.link({.latency = 50ms});
    s.network().serve("api.test", after(10s, "too late"));
    const Exchange& e = s.wait(s.submit(get("http://api.test/", {.read = 300ms})));
    CHECK(e.errc() == Errc::read_timeout);
    CHECK(e.ended_at == Duration(400ms));  // The last byte of the request was accepted when the connect was done.
    CHECK(e.error->safe_to_retry);         // GET
    CHECK(e.error->request_bytes_sent > 0);
    CHECK(e.error->message.find("no bytes for 300 ms while reading the head") != std::string::npos);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("the read timeout is restarted by every byte of the response") {
    Session& s = stage.session();
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .wait(250ms)
                                     .send("HTTP/1.1 200 OK\r\n")
                                     .wait(250ms)
                                     .send("Content-Length: 3\r\n\r\n")
                                     .wait(250ms)
                                     .send("a")
                                     .wait(250ms)
                                     .send("b"));
    const Exchange& e = s.wait(s.submit(get("http://api.test/", {.read = 300ms})));
    CHECK(e.errc() == Errc::read_timeout);
    CHECK(e.ended_at == Duration(1300ms));
    CHECK(e.status() == 200);
    CHECK(e.error->message.find("while reading the body") != std::string::npos);
}

FERRY_SCENARIO("a POST that was answered with silence is not safe to retry") {
    Session& s = stage.session();
    s.network().serve("api.test", after(10s, "too late"));
    Request request = make_request("POST", "http://api.test/", "pay");
    request.deadlines.read = 300ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::read_timeout);
    CHECK_FALSE(e.error->safe_to_retry);
}

FERRY_SCENARIO("the read timeout does not run while the body is being sent") {
    Session& s = stage.session();
    // 1,000 bytes fit; 1,000 more every 400 ms.
    stage.link({.max_write = 1'000, .write_pause = 400ms});
    s.network().serve("api.test", always("ok"));
    Request request = make_request("POST", "http://api.test/", pattern(5'000));
    request.deadlines.read = 100ms;
    request.deadlines.write = 500ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.status() == 200);
    CHECK(e.ended_at > Duration(1'600ms));
}

}  // namespace ferry::scenario
