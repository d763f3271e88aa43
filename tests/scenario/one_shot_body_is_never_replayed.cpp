#include "tests/scenario/support.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ferry::scenario {

namespace {

constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Request put(std::string_view url, bool rewindable) {
    Request request = upload(url);
    request.method = "PUT";
    request.rewindable = rewindable;
    return request;
}

/// The first connection serves one request and dies with the second, unanswered; another is well.
std::vector<Script> dies_with_the_second() {
    return {Script().expect_head().send(ok).expect_head().wait(5ms).fin(),
            Script().expect_head().expect("5\r\nabcde\r\n0\r\n\r\n").send(ok)};
}

}  // namespace

FERRY_SCENARIO("a reused connection that dies ends an upload that can be sent only once") {
    Session& s = stage.session();
    s.network().play("api.test", dies_with_the_second());
    s.wait(s.get("http://api.test/"));
    const RequestId id = s.submit(put("http://api.test/", false));
    s.feed(id, {"ab", "cde"});
    const Exchange& e = s.wait(id);
    CHECK(e.errc() == Errc::server_disconnected);
    CHECK(e.rewinds == 0);
    CHECK(s.network().accepted("api.test") == 1);
}

FERRY_SCENARIO("a reused connection that dies makes an upload begin again if it can") {
    Session& s = stage.session();
    s.network().play("api.test", dies_with_the_second());
    s.wait(s.get("http://api.test/"));
    const RequestId id = s.submit(put("http://api.test/", true));
    s.feed(id, {"abcde"});
    const Exchange& e = s.wait(id);
    CHECK(e.body == "ok");
    CHECK(e.rewinds == 1);
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("an upload of which nothing was taken can always be made again") {
    Session& s = stage.session();
    ScriptOrigin& origin = s.network().play("api.test", dies_with_the_second());
    s.wait(s.get("http://api.test/"));
    const RequestId id = s.submit(put("http://api.test/", false));
    s.run_for(10ms);  // The first connection is gone by now.
    s.feed(id, {"abcde"});
    const Exchange& e = s.wait(id);
    CHECK(e.body == "ok");
    CHECK(e.rewinds == 0);
    CHECK(origin.finished() == 2);
}

FERRY_SCENARIO("an upload that ended before it began is ended again") {
    Session& s = stage.session();
    s.network().play("api.test", {Script().expect_head().send(ok).expect_head().wait(5ms).fin(),
                                  Script().expect_head().expect("0\r\nX-Sum: 1\r\n\r\n").send(ok)});
    s.wait(s.get("http://api.test/"));
    const RequestId id = s.submit(put("http://api.test/", false));
    s.finish_body(id, {{"X-Sum", "1"}});
    CHECK(s.wait(id).body == "ok");
}

FERRY_SCENARIO("a policy repeats an upload only if it can begin again") {
    Session& s = stage.session();
    const auto policy = std::make_shared<const RetryPolicy>(RetryPolicy{.backoff = 100ms, .jitter = 0});
    for (const bool rewindable : {false, true}) {
        const std::string url = rewindable ? "http://again.test/" : "http://once.test/";
        HttpOrigin& origin = s.network().serve(rewindable ? "again.test" : "once.test",
                                               [n = 0](const RequestHead&, std::string_view) mutable {
                                                   return n++ == 0 ? Reply{.status = 503} : Reply{.body = "ok"};
                                               });
        Request request = put(url, rewindable);
        request.retry_policy = policy;
        const RequestId id = s.submit(std::move(request));
        s.feed(id, {pattern(300'000), pattern(300'000)}, {{"X-Sum", "1"}});
        const Exchange& e = s.wait(id);
        CHECK(e.status() == (rewindable ? 200 : 503));
        CHECK(e.rewinds == (rewindable ? 1U : 0U));
        CHECK(origin.requests().back().body == pattern(300'000) + pattern(300'000));
        CHECK(origin.requests().back().trailers.get("x-sum") == "1");
    }
}

FERRY_SCENARIO("a body in memory is sent again whole") {
    Session& s = stage.session();
    stage.link({.latency = 1ms, .send_buffer = 10'000});
    s.network().play("api.test", {Script().expect_head().send(ok).expect_head().expect_bytes(50'000).reset(),
                                  Script().expect_head().expect(pattern(100'000)).send(ok)});
    s.wait(s.get("http://api.test/"));
    const Exchange& e = s.wait(s.submit(make_request("PUT", "http://api.test/", pattern(100'000))));
    CHECK(e.body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("it is made again only once, and never if a byte of the response has come") {
    Session& s = stage.session();
    const Script dead = Script().expect_head().send(ok).expect_head().fin();
    s.network().play("api.test", {dead, Script().expect_head().fin(), dead});
    s.wait(s.get("http://api.test/"));
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::server_disconnected);
    CHECK(s.network().accepted("api.test") == 2);

    s.network().play("other.test", {Script().expect_head().send(ok).expect_head().send("H").fin(), dead});
    s.wait(s.get("http://other.test/"));
    CHECK(s.wait(s.get("http://other.test/")).errc() == Errc::truncated_head);
    CHECK(s.network().accepted("other.test") == 1);

    s.network().play("third.test", {dead, dead});
    s.wait(s.get("http://third.test/"));
    CHECK(s.wait(s.post("http://third.test/", "not idempotent")).errc() == Errc::server_disconnected);
    CHECK(s.network().accepted("third.test") == 1);
}

}  // namespace ferry::scenario
