#include "tests/scenario/support.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace ferry::scenario {

namespace {

std::shared_ptr<const RetryPolicy> policy(RetryPolicy p) { return std::make_shared<const RetryPolicy>(std::move(p)); }

/// Pauses of 100 ms, 200 ms, 400 ms …
RetryPolicy regular() { return {.backoff = 100ms, .jitter = 0}; }

Request retried(std::string_view method, std::string_view url) {
    Request request = make_request(method, url);
    request.retry_policy = policy(regular());
    return request;
}

/// The nth request gets the nth reply, later ones the last.
HttpOrigin::Handler one_after_the_other(std::vector<Reply> replies) {
    return [replies = std::move(replies), next = std::size_t{0}](const RequestHead&, std::string_view) mutable {
        return replies[std::min(next++, replies.size() - 1)];
    };
}

}  // namespace

FERRY_SCENARIO("a status of the policy is asked for again, after a back-off that doubles") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve(
        "api.test",
        one_after_the_other({{.status = 503, .body = "down"}, {.status = 502, .body = "down"}, {.body = "up"}}));
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.status() == 200);
    CHECK(e.body == "up");
    CHECK(e.ended_at == Duration(300ms));
    REQUIRE(origin.requests().size() == 3);
    CHECK(origin.requests()[1].at == Duration(100ms));
    CHECK(s.network().accepted("api.test") == 1);  // What the first two had said was read to its end.
    CHECK(s.engine().stats().retries == 2);
}

FERRY_SCENARIO("the last attempt's response is delivered, whatever it is") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", one_after_the_other({{.status = 503, .body = "down"}}));
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.status() == 503);
    CHECK(e.body == "down");
    CHECK(origin.requests().size() == 4);
    CHECK(e.ended_at == Duration(700ms));
}

FERRY_SCENARIO("methods that are not the policy's are not asked again") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", one_after_the_other({{.status = 503}, {.body = "up"}}));
    CHECK(s.wait(s.submit(retried("POST", "http://api.test/"))).status() == 503);
    CHECK(origin.requests().size() == 1);
    Request request = make_request("POST", "http://api.test/");
    RetryPolicy all = regular();
    all.methods = {"POST"};
    all.statuses = {200};  // What was asked for is never asked for again.
    request.retry_policy = policy(all);
    CHECK(s.wait(s.submit(std::move(request))).body == "up");
}

FERRY_SCENARIO("Retry-After in seconds is waited for instead of the back-off") {
    Session& s = stage.session();
    s.network().serve("api.test",
                      one_after_the_other({{.status = 429, .headers = {{"Retry-After", "7"}}}, {.body = "up"}}));
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.body == "up");
    CHECK(e.ended_at == Duration(7s));
}

FERRY_SCENARIO("Retry-After as a date is counted from the wall clock") {
    EngineConfig config;
    config.wall = std::chrono::sys_days(std::chrono::January / 31 / 2026) + 23h + 59min + 50s;
    Session& s = stage.session(config);
    s.network().serve(
        "api.test", one_after_the_other({{.status = 503, .headers = {{"Retry-After", "Sun, 01 Feb 2026 00:00:05 GMT"}}},
                                         {.status = 503, .headers = {{"Retry-After", "Sun, 01 Feb 2026 00:00:05 GMT"}}},
                                         {.body = "up"}}));
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.body == "up");
    CHECK(e.ended_at == Duration(15s));  // The second one is past: no pause.
}

FERRY_SCENARIO("Retry-After as a date is counted from the wall clock as it was last told") {
    EngineConfig config;
    config.wall = std::chrono::sys_days(std::chrono::January / 31 / 2026);
    Session& s = stage.session(config);
    s.network().serve(
        "api.test", one_after_the_other({{.status = 503, .headers = {{"Retry-After", "Sun, 01 Feb 2026 00:00:05 GMT"}}},
                                         {.body = "up"}}));
    s.engine().on_wall_clock(s.network().now(), std::chrono::sys_days(std::chrono::February / 1 / 2026));
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.body == "up");
    CHECK(e.ended_at == Duration(5s));
}

FERRY_SCENARIO("a Retry-After that is too long is not waited for, nor is one when the policy says so") {
    Session& s = stage.session();
    s.network().serve("api.test", one_after_the_other({{.status = 503, .headers = {{"Retry-After", "61"}}}}));
    Exchange e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.status() == 503);
    CHECK(e.ended_at == Duration(0s));

    Request request = make_request("GET", "http://api.test/");
    RetryPolicy deaf = regular();
    deaf.respect_retry_after = false;
    request.retry_policy = policy(deaf);
    e = s.wait(s.submit(std::move(request)));
    CHECK(e.status() == 503);
    CHECK(*e.ended_at - e.submitted_at == Duration(700ms));
}

FERRY_SCENARIO("a connection that could not be made is made again, whatever the method") {
    Session& s = stage.session();
    s.network().refuse("api.test");
    s.at(150ms, [&] { s.network().serve("api.test", always("up")); });
    const Exchange& e = s.wait(s.submit(retried("POST", "http://api.test/")));
    CHECK(e.body == "up");
    CHECK(e.ended_at == Duration(300ms));
}

FERRY_SCENARIO("a connection that breaks is a reason to ask again, for idempotent methods") {
    Session& s = stage.session();
    s.network().play("api.test", {Script().expect_head().reset(), Script().expect_head().fin(),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup")});
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.body == "up");
    CHECK(e.timings.new_connections == 3);
    CHECK(e.ended_at == Duration(300ms));

    s.network().play("other.test", Script().expect_head().fin());
    const Exchange& post = s.wait(s.submit(retried("POST", "http://other.test/")));
    CHECK(post.errc() == Errc::server_disconnected);
    CHECK(s.network().accepted("other.test") == 1);
}

FERRY_SCENARIO("limits on time are a reason to ask again, unless the policy says otherwise") {
    Session& s = stage.session();
    s.network().play("api.test", {Script().expect_head(),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup")});
    Request request = retried("GET", "http://api.test/");
    request.deadlines.read = 300ms;
    Exchange e = s.wait(s.submit(std::move(request)));
    CHECK(e.body == "up");
    CHECK(e.ended_at == Duration(400ms));

    s.network().play("other.test", Script().expect_head());
    request = make_request("GET", "http://other.test/");
    request.deadlines.read = 300ms;
    RetryPolicy strict = regular();
    strict.timeouts = false;
    request.retry_policy = policy(strict);
    CHECK(s.wait(s.submit(std::move(request))).errc() == Errc::read_timeout);
}

FERRY_SCENARIO("each attempt waits for a connection anew") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", [n = 0](const RequestHead&, std::string_view) mutable {
        return n++ == 0 ? Reply{.status = 503} : Reply{.body = "up", .delay = 150ms};
    });
    Request request = retried("GET", "http://api.test/");
    request.deadlines.pool = 200ms;
    const RequestId id = s.submit(std::move(request));
    s.run_for(50ms);
    CHECK(s.engine().stats().waiting == 1);
    const RequestId other = s.get("http://api.test/");  // Does not wait for one that pauses.
    CHECK(s.wait(id).body == "up");
    CHECK(s[other].ended_at == Duration(200ms));
    CHECK(s[id].ended_at == Duration(350ms));
}

FERRY_SCENARIO("a response that has begun to be delivered is not asked for again") {
    Session& s = stage.session();
    s.network().play("api.test",
                     Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").reset());
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.errc() == Errc::read_failed);
    CHECK(s.network().accepted("api.test") == 1);
}

FERRY_SCENARIO("a pause that the total limit would end is not begun") {
    Session& s = stage.session();
    s.network().serve("api.test", one_after_the_other({{.status = 503, .body = "down"}}));
    Request request = retried("GET", "http://api.test/");
    request.deadlines.total = 250ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.status() == 503);  // The second attempt's: a third would come at 300 ms.
    CHECK(e.ended_at == Duration(100ms));
}

FERRY_SCENARIO("the total limit holds over all attempts") {
    Session& s = stage.session();
    s.network().play("api.test", {Script().expect_head().send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n").fin(),
                                  Script().expect_head()});
    Request request = retried("GET", "http://api.test/");
    request.deadlines.total = 250ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::total_timeout);
    CHECK(e.ended_at == Duration(250ms));
}

FERRY_SCENARIO("a pause that is cancelled ends at once") {
    Session& s = stage.session();
    s.network().serve("api.test", one_after_the_other({{.status = 503}}));
    const RequestId id = s.submit(retried("GET", "http://api.test/"));
    s.at(50ms, [&] { s.cancel(id); });
    const Exchange& e = s.wait(id);
    CHECK(e.errc() == Errc::cancelled);
    CHECK(e.ended_at == Duration(50ms));
    CHECK(s.engine().stats().waiting == 0);
}

FERRY_SCENARIO("repetitions are held within the client's budget") {
    EngineConfig config;
    config.retry_budget = RetryBudget{.reserve = 2, .percent = 50};
    Session& s = stage.session(config);
    HttpOrigin& origin = s.network().serve("api.test", one_after_the_other({{.status = 503}}));
    CHECK(s.wait(s.submit(retried("GET", "http://api.test/"))).status() == 503);
    CHECK(origin.requests().size() == 3);  // Three repetitions are allowed, two are saved up.
    CHECK(s.wait(s.submit(retried("GET", "http://api.test/"))).status() == 503);
    CHECK(origin.requests().size() == 4);  // Half a one.
    CHECK(s.wait(s.submit(retried("GET", "http://api.test/"))).status() == 503);
    CHECK(origin.requests().size() == 6);
}

FERRY_SCENARIO("the random part of a pause comes from the seed") {
    std::vector<Duration> ends;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
        EngineConfig config;
        config.seed = seed;
        Session& s = stage.session(config);
        s.network().serve("api.test", one_after_the_other({{.status = 503}, {.body = "up"}}));
        Request request = make_request("GET", "http://api.test/");
        request.retry_policy = policy({.backoff = 100ms, .jitter = 0.5});
        ends.push_back(*s.wait(s.submit(std::move(request))).ended_at);
        CHECK(ends.back() > Duration(50ms));
        CHECK(ends.back() <= Duration(100ms));
        s.finish();
    }
    CHECK(ends[0] == ends[1]);
    CHECK(ends[0] != ends[2]);
    stage.session();
}

FERRY_SCENARIO("an early answer of the policy's to an upload is asked for again on another connection") {
    Session& s = stage.session();
    stage.link({.latency = 5ms, .send_buffer = 20'000});
    s.network().play(
        "api.test",
        {Script().expect_head().reading(false).send("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"),
         Script().expect_head().expect_bytes(200'000).send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    Request request = make_request("PUT", "http://api.test/", pattern(200'000));
    request.retry_policy = policy(regular());
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("a policy without meaning is refused") {
    Session& s = stage.session();
    Request request = make_request("GET", "http://api.test/");
    request.retry_policy = policy({.backoff = -1s});
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::invalid_option);
    CHECK(e.error->message == "retry_policy.backoff is negative");
}

FERRY_SCENARIO("trailers of a response that was thrown away are not those of the final one") {
    Session& s = stage.session();
    s.network().serve("api.test", one_after_the_other({{.status = 503,
                                                        .body = "down",
                                                        .framing = Reply::Framing::chunked,
                                                        .trailers = Headers{{"X-Of", "the first"}}},
                                                       {.body = "up"}}));
    const Exchange& e = s.wait(s.submit(retried("GET", "http://api.test/")));
    CHECK(e.body == "up");
    CHECK(e.trailers.empty());
}

}  // namespace ferry::scenario
