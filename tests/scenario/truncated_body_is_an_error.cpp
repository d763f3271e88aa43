#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a body that is shorter than its Content-Length is an error") {
    Session& s = stage.session();
    s.network().serve("api.test",
                      [](const RequestHead&, std::string_view) { return Reply{.body = "1234567890", .cut = 9}; });
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::truncated_body);
    CHECK(e.status() == 200);
    CHECK(e.error->kind() == ErrorKind::remote_protocol_error);
    CHECK(e.timings.body_bytes_received == 9);
}

FERRY_SCENARIO("a chunked body without its last chunk is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
                                     .wait(10ms)
                                     .fin());
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::truncated_body);
}

FERRY_SCENARIO("a head that is cut short is an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Le").wait(10ms).fin());
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::truncated_head);
    CHECK_FALSE(e.head.has_value());
}

FERRY_SCENARIO("a connection that ends without a word is an error of its own") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().wait(10ms).fin());
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::server_disconnected);
}

FERRY_SCENARIO("every truncation of a response is an error, at every byte") {
    const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    Session& s = stage.session(PoolLimits{.max_keepalive = 0});
    std::vector<Script> scripts;
    for (std::size_t size = 0; size < response.size(); ++size) {
        scripts.push_back(Script().expect_head().send(response.substr(0, size)).fin());
    }
    s.network().play("api.test", scripts);
    for (std::size_t size = 0; size < response.size(); ++size) {
        const Exchange& e = s.wait(s.get("http://api.test/"));
        CHECK(e.state == Exchange::State::failed);
        const bool in_body = size >= response.size() - 5;
        CHECK(e.errc() == (size == 0 ? Errc::server_disconnected
                           : in_body ? Errc::truncated_body
                                     : Errc::truncated_head));
    }
}

}  // namespace ferry::scenario
