#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("an early response is delivered although the upload is unfinished") {
    Session& s = stage.session();
    stage.link({.latency = 5ms, .send_buffer = 20'000});
    s.network().play("api.test", Script().expect_head().reading(false).send(
                                     "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"));
    const Exchange& e = s.wait(s.post("http://api.test/", pattern(200'000)));
    CHECK(e.status() == 413);
    CHECK(e.body == "big");
    CHECK(e.timings.bytes_sent < 100'000);
    s.run_for(0s);
    CHECK(s.network().open() == 0);  // The rest of the upload is not wanted: the connection cannot be used again.
}

FERRY_SCENARIO("an early response to a streaming upload ends it") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("too late"));
    origin.at_head(
        [](const RequestHead&) { return Reply{.status = 413, .body = "big", .after = Reply::After::close}; });
    const RequestId id = s.submit(upload("http://api.test/"));
    CHECK(s.wait(id).status() == 413);
    CHECK(s.write_body(id, "more") == 0);
    s.finish_body(id);
    CHECK(s[id].body == "big");
}

FERRY_SCENARIO("a response that came before a failed write is delivered") {
    Session& s = stage.session();
    stage.link({.latency = 5ms, .send_buffer = 20'000});
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n")
                                     .break_writes()
                                     .wait(20ms)
                                     .send("no")
                                     .fin());
    const Exchange& e = s.wait(s.post("http://api.test/", pattern(200'000)));
    CHECK(e.status() == 403);
    CHECK(e.body == "no");
    CHECK(e.ended_at == Duration(40ms));
}

FERRY_SCENARIO("a failed write without a response is a write error") {
    Session& s = stage.session();
    stage.link({.send_buffer = 20'000});
    s.network().play("api.test", Script().expect_head().break_writes().wait(20ms).fin());
    const Exchange& e = s.wait(s.post("http://api.test/", pattern(200'000)));
    CHECK(e.errc() == Errc::write_failed);
    CHECK(e.error->kind() == ErrorKind::write_error);
    CHECK(e.error->cause == std::errc::broken_pipe);
    CHECK(e.ended_at == Duration(20ms));
}

FERRY_SCENARIO("after a failed write silence is a read timeout") {
    Session& s = stage.session();
    stage.link({.send_buffer = 20'000});
    s.network().play("api.test", Script().expect_head().break_writes());
    Request request = make_request("POST", "http://api.test/", pattern(200'000));
    request.deadlines.read = 300ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.state == Exchange::State::failed);
    CHECK(e.ended_at == Duration(300ms));
}

}  // namespace ferry::scenario
