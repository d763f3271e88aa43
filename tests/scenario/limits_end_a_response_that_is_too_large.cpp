#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a head that never ends is an error") {
    EngineConfig config;
    config.http1.header_block = 10'000;
    Session& s = stage.session(config);
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .send("HTTP/1.1 200 OK\r\nX-Long: " + std::string(9'000, 'x'))
                                     .wait(1ms)
                                     .send(std::string(9'000, 'x')));
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::header_block_too_large);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("fields without end are an error") {
    Session& s = stage.session();
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 200; ++i) {
        head += "X-" + std::to_string(i) + ": x\r\n";
    }
    s.network().play("api.test", Script().expect_head().send(head));
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::too_many_fields);
}

FERRY_SCENARIO("a body that is announced too large is refused at its head") {
    Session& s = stage.session();
    s.network().serve("api.test", always(pattern(5'000)));
    Request request = make_request("GET", "http://api.test/");
    request.max_body = 4'999;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::body_too_large);
    CHECK(e.timings.body_bytes_received == 0);
    CHECK(e.status() == 200);
}

FERRY_SCENARIO("a body that turns out too large is cut off there") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(5'000), .framing = Reply::Framing::chunked, .piece = 100, .between = 1ms};
    });
    Request request = make_request("GET", "http://api.test/");
    request.max_body = 1'000;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::body_too_large);
    CHECK(e.ended_at == Duration(11ms));
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a body of exactly the limit is fine") {
    Session& s = stage.session();
    s.network().serve("api.test", always(pattern(5'000)));
    Request request = make_request("GET", "http://api.test/");
    request.max_body = 5'000;
    CHECK(s.wait(s.submit(std::move(request))).body.size() == 5'000);
}

FERRY_SCENARIO("rubbish is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("SSH-2.0-OpenSSH_9.2\r\n"));
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.error->kind() == ErrorKind::remote_protocol_error);
    CHECK(e.error->message.find("http://api.test/") != std::string::npos);
}

}  // namespace ferry::scenario
