#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

constexpr const char* head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";

}  // namespace

FERRY_SCENARIO("a reset before the head is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().wait(10ms).reset());
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::read_failed);
    CHECK(e.error->cause == std::errc::connection_reset);
    CHECK(e.ended_at == Duration(10ms));
    CHECK(e.error->request_bytes_sent > 0);
}

FERRY_SCENARIO("a reset inside the head is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nCont").wait(10ms).reset());
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::read_failed);
}

FERRY_SCENARIO("a reset inside the body is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send(head).send("12345").wait(10ms).reset());
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::read_failed);
    CHECK(e.status() == 200);
}

FERRY_SCENARIO("a reset behind a complete response does not matter") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send(head).send("1234567890").reset());
    CHECK(s.wait(s.get("http://api.test/")).body == "1234567890");
}

FERRY_SCENARIO("a reset while the request is being sent is an error") {
    Session& s = stage.session();
    stage.may_differ();  // In whether a write or a read finds it first.
    stage.link({.latency = 5ms, .send_buffer = 10'000, .cut_up = Cut{.after = 3'000, .end = End::reset}});
    s.network().serve("api.test", always("ok"));
    const Exchange& e = s.wait(s.post("http://api.test/", pattern(50'000)));
    CHECK(e.state == Exchange::State::failed);
    CHECK(e.error->kind() != ErrorKind::remote_protocol_error);
    CHECK(e.error->cause == std::errc::connection_reset);
    CHECK_FALSE(e.error->safe_to_retry);
    CHECK(e.error->request_bytes_sent == 13'000);
}

}  // namespace ferry::scenario
