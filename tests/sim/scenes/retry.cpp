// Requests that a RetryPolicy makes again.
#include "tests/sim/scenes/scene.hpp"

#include <memory>

namespace ferry::testing {

namespace {

Request patient(Request request, RetryPolicy policy = {.backoff = 10ms, .jitter = 0}) {
    request.retry_policy = std::make_shared<const RetryPolicy>(std::move(policy));
    request.rewindable = request.body == Request::Body::streamed;
    return request;
}

/// An origin that is in trouble so many times, then well.
void recovers(Session& s, int times, const Reply& trouble) {
    s.network().serve("api.test", [times, trouble](const RequestHead&, std::string_view body) mutable {
        return times-- > 0 ? trouble : Reply{.body = std::to_string(body.size()) + " bytes"};
    });
}

void trouble(Session& s) {
    recovers(s, 2, {.status = 503, .body = "not now"});
    s.wait(s.submit(patient(make_request("GET", "http://api.test/1"))));
    s.wait(s.get("http://api.test/2"));
}

void lasting_trouble(Session& s) {
    answer(s, "api.test", {.status = 500, .body = pattern(3'000), .piece = 500, .between = 2ms});
    s.wait(s.submit(patient(make_request("GET", "http://api.test/1"))));
}

void told_to_wait(Session& s) {
    recovers(s, 1, {.status = 429, .headers = {{"Retry-After", "2"}}});
    s.wait(s.submit(patient(make_request("GET", "http://api.test/1"))));
}

void told_a_date(Session& s) {
    recovers(s, 1, {.status = 503, .headers = {{"Retry-After", "Thu, 01 Jan 1970 00:00:03 GMT"}}});
    s.wait(s.submit(patient(make_request("GET", "http://api.test/1"))));
}

void told_too_long(Session& s) {
    recovers(s, 1, {.status = 503, .headers = {{"Retry-After", "100"}}});
    s.wait(s.submit(patient(make_request("GET", "http://api.test/1"))));
    s.wait(s.submit(patient(make_request("GET", "http://api.test/2"))));
}

void breaks_off(Session& s) {
    s.network().play("api.test", {Script().expect_head().send("HTTP/1.1 200 O").wait(5ms).reset(),
                                  Script().expect_head().wait(5ms).fin(),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")});
    s.wait(s.submit(patient(make_request("GET", "http://api.test/1"))));
}

void nobody_there(Session& s) {
    s.network().refuse("api.test");
    s.after(25ms, [&s] { answer(s, "api.test", {.body = "back"}); });
    s.wait(s.submit(patient(make_request("POST", "http://api.test/1", "body"))));
}

void rewinds(Session& s) {
    recovers(s, 1, {.status = 503, .body = "not now"});
    const RequestId id = s.submit(patient(upload("PUT", "http://api.test/1")));
    s.feed(id, {pattern(3'000), pattern(100'000)}, {{"X-Sum", "1"}});
    s.wait(id);
}

void one_shot(Session& s) {
    recovers(s, 1, {.status = 503, .body = "not now"});
    Request request = patient(upload("PUT", "http://api.test/1"));
    request.rewindable = false;
    const RequestId id = s.submit(std::move(request));
    s.feed(id, {pattern(3'000)});
    s.wait(id);
}

void asks_again(Session& s) {
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view body) {
        return Reply{.body = std::to_string(body.size()) + " bytes"};
    });
    origin.at_head([times = 1](const RequestHead&) mutable -> std::optional<Reply> {
        return times-- > 0 ? std::optional(Reply{.status = 503, .body = "not now"}) : std::nullopt;
    });
    Request request = patient(upload("PUT", "http://api.test/1"));
    request.expect_continue = 1s;
    const RequestId id = s.submit(std::move(request));
    s.feed(id, {pattern(3'000)});
    s.wait(id);
}

void within_a_budget(Session& s) {
    answer(s, "api.test", {.status = 503, .body = "not now"});
    for (int i = 1; i <= 4; ++i) {
        s.wait(s.submit(patient(make_request("GET", "http://api.test/" + std::to_string(i)))));
    }
}

}  // namespace

void add_retry_scenes(std::vector<Scene>& all) {
    EngineConfig frugal;
    frugal.retry_budget = RetryBudget{.reserve = 2, .percent = 50};
    all.insert(
        all.end(),
        {{.name = "retry", .outcome = "200 200", .play = trouble},
         {.name = "retry in vain", .outcome = "500", .play = lasting_trouble},
         {.name = "retry after seconds", .outcome = "200", .play = told_to_wait},
         {.name = "retry after a date", .outcome = "200", .play = told_a_date},
         {.name = "retry after too long", .outcome = "503 200", .play = told_too_long},
         {.name = "retry after a break", .outcome = "200", .play = breaks_off},
         {.name = "retry to connect", .outcome = "200", .play = nobody_there},
         {.name = "retry of an upload", .outcome = "200", .play = rewinds},
         {.name = "retry of a one-shot upload", .outcome = "503", .play = one_shot},
         {.name = "retry of an upload that asks", .outcome = "200", .play = asks_again},
         {.name = "retry within a budget", .outcome = "503 503 503 503", .play = within_a_budget, .engine = frugal}});
}

}  // namespace ferry::testing
