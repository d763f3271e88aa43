#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

Request asking(std::string_view url, std::string_view body) {
    Request request = make_request("POST", url, body);
    request.expect_continue = 1s;
    return request;
}

}  // namespace

FERRY_SCENARIO("a body is sent when 100 has come") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    const Exchange& e = s.wait(s.submit(asking("http://api.test/", "the body")));
    CHECK(e.body == "thanks");
    CHECK(e.informational.size() == 1);
    CHECK(e.ended_at == Duration(60ms));  // Connect, ask, send: a round trip each.
    const Seen& seen = origin.requests()[0];
    CHECK(seen.head.headers.get("expect") == "100-continue");
    CHECK(seen.body == "the body");
    s.get("http://api.test/");
    s.run_for(100ms);
    CHECK(s.network().accepted("api.test") == 1);
}

FERRY_SCENARIO("a body is sent when nothing has come for as long as the request waits") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    origin.send_continue(false);
    Request request = asking("http://api.test/", "the body");
    request.deadlines.read = 300ms;  // It does not run meanwhile.
    request.deadlines.write = 300ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.body == "thanks");
    CHECK(e.ended_at == Duration(1s));
    CHECK(origin.requests()[0].body == "the body");
}

FERRY_SCENARIO("other 1xx responses do not release the body") {
    Session& s = stage.session();
    ScriptOrigin& origin = s.network().play("api.test", Script()
                                                            .expect_head()
                                                            .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                                                            .wait(500ms)
                                                            .send("HTTP/1.1 100 Continue\r\n\r\n")
                                                            .expect("the body")
                                                            .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    const Exchange& e = s.wait(s.submit(asking("http://api.test/", "the body")));
    CHECK(e.body == "ok");
    CHECK(e.informational.size() == 2);
    CHECK(e.ended_at == Duration(500ms));
    CHECK(origin.finished() == 1);
}

FERRY_SCENARIO("a final response instead of 100 is the answer, and the body is never sent") {
    for (const int status : {417, 401, 413, 200}) {
        Session& s = stage.session();
        const std::string head = "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 4\r\n\r\n";
        ScriptOrigin& origin = s.network().play("api.test", Script().expect_head().send(head).wait(3s).send("sent"));
        const Exchange& e = s.wait(s.submit(asking("http://api.test/", "the body")));
        CHECK(e.status() == status);
        CHECK(e.body == "sent");
        CHECK(e.ended_at == Duration(3s));  // The wait for 100 has an end, and nothing is sent then.
        CHECK_FALSE(origin.received(0).ends_with("the body"));
        s.run_for(0s);
        CHECK(s.network().open() == 0);  // The server may still wait for the body.
        s.finish();
        CHECK(s.violations().empty());
    }
    stage.session();
}

FERRY_SCENARIO("after a final response instead of 100 silence is a read timeout") {
    Session& s = stage.session();
    s.network().play("api.test",
                     Script().expect_head().send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 4\r\n\r\n"));
    Request request = asking("http://api.test/", "the body");
    request.deadlines.read = 300ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::read_timeout);
    CHECK(e.ended_at == Duration(300ms));
}

FERRY_SCENARIO("a streamed body gets no credit before 100") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    Request request = upload("http://api.test/");
    request.expect_continue = 1s;
    const RequestId id = s.submit(std::move(request));
    s.run_for(30ms);
    CHECK(s.engine().credit(id) == 0);
    CHECK(s.write_body(id, "too early") == 0);
    s.run_for(10ms);
    CHECK(s[id].credit > 0);
    s.feed(id, {"in ", "time"}, {{"X-Sum", "1"}});
    CHECK(s.wait(id).body == "thanks");
    CHECK(origin.requests()[0].body == "in time");
    CHECK(origin.requests()[0].trailers.get("x-sum") == "1");
}

FERRY_SCENARIO("a streamed body that ends before 100 is sent as one of no bytes") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    Request request = upload("http://api.test/");
    request.expect_continue = 1s;
    const RequestId id = s.submit(std::move(request));
    s.run_for(25ms);
    s.finish_body(id);
    CHECK(s.wait(id).body == "thanks");
    CHECK(origin.requests()[0].complete);
    CHECK(origin.requests()[0].body.empty());
}

FERRY_SCENARIO("a request without a body does not ask") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("ok"));
    for (const char* method : {"GET", "POST"}) {
        Request request = make_request(method, "http://api.test/");
        request.expect_continue = 1s;
        request.headers.add("Expect", "100-continue");
        const Exchange& e = s.wait(s.submit(std::move(request)));
        CHECK(e.body == "ok");
        CHECK(e.ended_at == Duration(0s));
        CHECK_FALSE(origin.requests().back().head.headers.contains("expect"));
    }
}

FERRY_SCENARIO("an Expect field of one's own is an expectation of one second") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("ok"));
    origin.send_continue(false);
    Request request = make_request("POST", "http://api.test/", "body");
    request.headers.add("Expect", "100-Continue");
    CHECK(s.wait(s.submit(std::move(request))).ended_at == Duration(1s));
}

FERRY_SCENARIO("an upload can be cancelled while it waits for 100") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head());
    const RequestId id = s.submit(asking("http://api.test/", "the body"));
    s.at(500ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a connection that ends while 100 is awaited is a disconnect") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().wait(100ms).fin());
    const Exchange& e = s.wait(s.submit(asking("http://api.test/", "the body")));
    CHECK(e.errc() == Errc::server_disconnected);
    CHECK(e.ended_at == Duration(100ms));
}

FERRY_SCENARIO("a write that fails while 100 is awaited leaves the read timeout to run") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().break_writes());
    Request request = asking("http://api.test/", "the body");
    request.deadlines.read = 300ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.state == Exchange::State::failed);
    CHECK(e.ended_at == Duration(1300ms));  // Nothing tells of it before the body is written.
}

}  // namespace ferry::scenario
