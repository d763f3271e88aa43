#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

constexpr std::size_t head_of_post =
    std::string_view("POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1000\r\n\r\n").size();

}  // namespace

FERRY_SCENARIO("an error tells how many bytes of the request were accepted") {
    Session& s = stage.session();
    stage.link({.send_buffer = 400});
    s.network().play("api.test", Script().reading(false).wait(10ms).reset());
    const Exchange& e = s.wait(s.post("http://api.test/", pattern(1'000)));
    CHECK(e.state == Exchange::State::failed);
    CHECK(e.error->request_bytes_sent == 400);
    CHECK_FALSE(e.error->safe_to_retry);
    stage.may_differ();  // In whether a write or a read finds the reset first.
}

FERRY_SCENARIO("an error after the whole request tells its size") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().expect_bytes(1'000).wait(1ms).reset());
    const Exchange& e = s.wait(s.post("http://api.test/", pattern(1'000)));
    CHECK(e.errc() == Errc::read_failed);
    CHECK(e.error->request_bytes_sent == head_of_post + 1'000);
    CHECK_FALSE(e.error->safe_to_retry);
}

FERRY_SCENARIO("a PUT is safe to retry even after all of it was sent") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().wait(1ms).reset());
    const Exchange& e = s.wait(s.submit(make_request("PUT", "http://api.test/", "x")));
    CHECK(e.error->request_bytes_sent > 0);
    CHECK(e.error->safe_to_retry);
}

}  // namespace ferry::scenario
