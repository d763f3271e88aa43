#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("an upload of unknown length is chunked, with its trailers") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    const RequestId id = s.submit(upload("http://api.test/"));
    s.feed(id, {"one ", "two ", "", "three"}, {{"X-Checksum", "abc"}});
    CHECK(s.wait(id).body == "thanks");
    const Seen& seen = origin.requests()[0];
    CHECK(seen.head.headers.get("transfer-encoding") == "chunked");
    CHECK_FALSE(seen.head.headers.contains("content-length"));
    CHECK(seen.body == "one two three");
    CHECK(seen.trailers.get("x-checksum") == "abc");
}

FERRY_SCENARIO("an upload of known length is not chunked") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    Request request = upload("http://api.test/");
    request.content_length = 13;
    const RequestId id = s.submit(std::move(request));
    s.feed(id, {"one ", "two ", "three"});
    CHECK(s.wait(id).body == "thanks");
    CHECK(origin.requests()[0].head.headers.get("content-length") == "13");
    CHECK(origin.requests()[0].body == "one two three");
}

FERRY_SCENARIO("an upload that is shorter or longer than it said is an error") {
    Session& s = stage.session();
    s.network().serve("api.test", always("thanks"));
    for (const char* body : {"too short", "much too long for that"}) {
        Request request = upload("http://api.test/");
        request.content_length = 13;
        const RequestId id = s.submit(std::move(request));
        s.run_for(1ms);
        s.write_body(id, body);
        s.run_for(1ms);
        s.finish_body(id);
        CHECK(s.wait(id).errc() == Errc::invalid_body);
        s.run_for(1ms);
        CHECK(s.network().open() == 0);
    }
}

FERRY_SCENARIO("an upload of known length is whole with its last byte, said so or not") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    for (const std::string& body : {std::string("one two three"), std::string()}) {
        Request request = upload("http://api.test/");
        request.content_length = body.size();
        const RequestId id = s.submit(std::move(request));
        s.run_for(1ms);
        CHECK(s.write_body(id, body) == body.size());
        CHECK(s.wait(id).body == "thanks");
        CHECK(s[id].timings.request_sent.has_value());
        s.finish_body(id);  // Late, and harmless.
    }
    CHECK(origin.requests()[1].complete);
    CHECK(s.engine().stats().connections_opened == 1);
}

FERRY_SCENARIO("a byte behind the announced length is an error") {
    Session& s = stage.session();
    s.network().serve("api.test", after(100ms, "thanks"));
    for (const bool trailers : {false, true}) {
        Request request = upload("http://api.test/");
        request.content_length = 3;
        const RequestId id = s.submit(std::move(request));
        s.run_for(1ms);
        s.write_body(id, "one");
        s.run_for(1ms);
        if (trailers) {
            s.finish_body(id, {{"X-Checksum", "abc"}});
        } else {
            s.write_body(id, "!");
        }
        CHECK(s.wait(id).errc() == Errc::invalid_body);
    }
}

FERRY_SCENARIO("the read timeout begins when the announced length is reached") {
    Session& s = stage.session();
    s.network().serve("api.test", after(10s, "too late"));
    Request request = upload("http://api.test/");
    request.content_length = 3;
    request.deadlines.read = 100ms;
    const RequestId id = s.submit(std::move(request));
    s.at(1s, [&] { s.write_body(id, "one"); });
    const Exchange& e = s.wait(id);
    CHECK(e.errc() == Errc::read_timeout);
    CHECK(e.ended_at == Duration(1100ms));
}

FERRY_SCENARIO("an upload is held back while the server does not read") {
    Session& s = stage.session();
    stage.link({.send_buffer = 10'000});
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    s.network().play("slow.test", Script().reading(false));
    const std::string piece = pattern(50'000);

    const RequestId id = s.submit(upload("http://slow.test/"));
    s.feed(id, std::vector<std::string>(20, piece));
    s.run_until(1s);
    CHECK(s[id].state == Exchange::State::open);
    CHECK(s[id].credit < 300'000);  // What was not accepted is not taken from us without bound.
    s.cancel(id);

    const RequestId other = s.submit(upload("http://api.test/"));
    s.feed(other, std::vector<std::string>(20, piece));
    CHECK(s.wait(other).body == "thanks");
    CHECK(origin.requests()[0].body.size() == 1'000'000);
}

FERRY_SCENARIO("an upload may be fed slowly: only the write timeout runs, and only while output waits") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    Request request = upload("http://api.test/");
    request.deadlines.read = 100ms;
    request.deadlines.write = 100ms;
    const RequestId id = s.submit(std::move(request));
    s.at(1s, [&] { CHECK(s.write_body(id, "one ") == 4); });
    s.at(2s, [&] { CHECK(s.write_body(id, "two") == 3); });
    s.at(3s, [&] { s.finish_body(id); });
    const Exchange& e = s.wait(id);
    CHECK(e.body == "thanks");
    CHECK(e.ended_at == Duration(3s));
    CHECK(origin.requests()[0].body == "one two");
}

FERRY_SCENARIO("an upload that was begun before there is a connection waits for credit") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    HttpOrigin& origin = s.network().serve("api.test", after(100ms, "ok"));
    s.get("http://api.test/");
    const RequestId id = s.submit(upload("http://api.test/"));
    CHECK(s.write_body(id, "early") == 0);
    s.feed(id, {"late"});
    CHECK(s.wait(id).body == "ok");
    CHECK(origin.requests()[1].body == "late");
}

FERRY_SCENARIO("an upload without a body is a body of no bytes") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    HttpOrigin& origin = s.network().serve("api.test", after(100ms, "ok"));
    s.get("http://api.test/");
    const RequestId id = s.submit(upload("http://api.test/"));
    s.finish_body(id);  // Before it has a connection.
    CHECK(s.wait(id).body == "ok");
    CHECK(origin.requests()[1].complete);
    CHECK(origin.requests()[1].body.empty());
}

FERRY_SCENARIO("who writes exactly its credit is told of more") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", always("thanks"));
    const RequestId id = s.submit(upload("http://api.test/"));
    std::string sent;
    for (int i = 0; i < 3; ++i) {
        s.run_until([&] { return s[id].credit > 0; });
        REQUIRE(s[id].credit > 0);
        const std::string piece = pattern(s[id].credit);
        CHECK(s.write_body(id, piece) == piece.size());
        sent += piece;
    }
    s.finish_body(id);
    CHECK(s.wait(id).body == "thanks");
    CHECK(origin.requests()[0].body == sent);
}

}  // namespace ferry::scenario
