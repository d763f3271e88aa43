#include "tests/sim/plan.hpp"

#include "tests/sim/scenes/scene.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace ferry::testing {

namespace {

using Framing = Reply::Framing;
using After = Reply::After;

std::vector<std::string> cut_up(Dice& dice, const std::string& content) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < content.size();) {
        const std::size_t size = std::min(content.size() - at, 1 + dice.below(content.size()));
        pieces.push_back(content.substr(at, size));
        at += size;
    }
    return pieces;
}

/// The connection is handed over: a script plays on, and reads what the client is going to write.
Reply switching(Dice& dice, Plan& plan) {
    plan.upgrade = true;
    plan.collect = dice.one_in(8);
    plan.pieces = cut_up(dice, pattern(dice.pick<std::size_t>({0, 4, 4, 4, 5'000, 300'000})));
    Reply reply;
    if (dice.one_in(3)) {
        plan.method = "CONNECT";
        plan.target = "x" + std::to_string(plan.number) + ":443";
        reply.status = 200;
    } else {
        plan.method = "GET";
        reply.status = 101;
        reply.headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}};
    }
    reply.body = pattern(dice.pick<std::size_t>({0, 10, 5'000, 100'000}));
    const std::string content = plan.content();
    Script script;
    const std::size_t first = dice.below(reply.body.size() + 1);
    script.send(reply.body.substr(0, first));
    if (dice.one_in(3)) {  // In the midst of it.
        script.expect(content.substr(0, content.size() / 2)).send(reply.body.substr(first));
    } else {
        script.send(reply.body.substr(first)).expect(content.substr(0, content.size() / 2));
    }
    const std::string rest = content.substr(content.size() / 2);
    switch (dice.below(5)) {
        case 0: script.fin(); break;
        case 1: script.wait(dice.moment(20)).fin().expect(rest); break;
        case 2: script.wait(dice.moment(20)).reset(); break;
        case 3: script.reading(false).wait(dice.moment(40)).reading(true).fin(); break;
        default: script.expect(rest).expect_eof().fin(); break;
    }
    reply.takeover = std::move(script);
    return reply;
}

Reply ordinary(Dice& dice, const Climate& climate) {
    Reply reply;
    reply.status = dice.pick({200, 200, 200, 200, 200, 201, 204, 304, 404, 500});
    reply.framing = dice.pick({Framing::length, Framing::length, Framing::length, Framing::chunked, Framing::close});
    reply.body = pattern(dice.pick<std::size_t>({0, 1, 100, 100, 3'000, 3'000, 40'000, 150'000}));
    if (reply.framing == Framing::chunked) {
        if (dice.one_in(2)) {
            reply.trailers = {{"X-Trailer", "yes"}};
        }
    } else {
        reply.http_1_0 = dice.one_in(10);
    }
    if (!reply.http_1_0 && dice.one_in(8)) {
        reply.interim.push_back({.status = 103, .headers = {{"Link", "</a>"}}, .delay = dice.moment(5)});
    }
    if (dice.one_in(5)) {
        reply.headers.add("Keep-Alive", dice.pick<const char*>({"timeout=0", "timeout=1", "timeout=1", "timeout=2",
                                                                "timeout=2, max=9", "timeout=60, max=5", "what"}));
    }
    reply.delay = dice.pick<Duration>({0ms, 0ms, 1ms, 5ms, 30ms, 300ms});
    reply.piece = dice.pick<std::size_t>({0, 0, 500, 3'000});
    reply.between = reply.body.size() > 40'000 ? 0ms : dice.pick<Duration>({0ms, 1ms, 10ms});
    reply.after =
        dice.pick({After::keep, After::keep, After::keep, After::keep, After::close, After::fin, After::reset});
    reply.linger = reply.after == After::keep ? 0ms : dice.moment(80);
    if (climate.sleepy) {
        reply.delay = reply.between = 0ms;
        reply.after = dice.pick({After::keep, After::fin, After::fin});
        reply.linger = reply.after == After::keep ? 0ms : 30ms + dice.moment(50);
    }
    if (dice.one_in(climate.calm ? 30 : 10)) {
        reply.cut = dice.below(reply.body.size() + 1);
    } else if (reply.framing != Framing::close && dice.one_in(20)) {
        reply.extra = climate.unasked ? "HTTP/1.1 299 Unasked\r\nContent-Length: 0\r\n\r\n" : "rubbish\r\n\r\n";
    }
    return reply;
}

/// One or more answers that a policy may not be content with, before the one that is given in the end.
void trouble_first(Dice& dice, const Climate& climate, Plan& plan) {
    for (std::size_t left = 1 + dice.below(4); left > 0; --left) {
        Reply reply = ordinary(dice, climate);
        reply.status = dice.pick({503, 503, 503, 429, 500, 501});
        if (dice.one_in(2)) {
            reply.headers.add("Retry-After", dice.pick<const char*>({"0", "1", "1", "2", "100", "later", ""}));
        }
        plan.replies.push_back(std::move(reply));
    }
    if (dice.one_in(3)) {
        plan.replies.front().headers.erase("Retry-After");
        plan.asked_by_date = dice.pick<Duration>({-5s, 1s, 2s, 90s});
    }
}

std::shared_ptr<const RetryPolicy> policy(Dice& dice) {
    RetryPolicy policy;
    policy.max_retries = static_cast<std::uint32_t>(dice.below(4));
    policy.backoff = dice.pick<Duration>({0ms, 1ms, 10ms, 500ms});
    policy.max_backoff = dice.pick<Duration>({15ms, 30s});
    policy.jitter = dice.pick({0.0, 0.5, 1.0});
    policy.timeouts = !dice.one_in(4);
    policy.network_errors = !dice.one_in(4);
    policy.respect_retry_after = !dice.one_in(4);
    policy.max_retry_after = dice.pick<TimeLimit>({1s, 60s, 60s, std::nullopt});
    if (dice.one_in(4)) {
        policy.methods.emplace_back("POST");
    }
    return std::make_shared<const RetryPolicy>(std::move(policy));
}

void plan_body(Dice& dice, Plan& plan) {
    plan.body =
        dice.pick({Request::Body::none, Request::Body::buffered, Request::Body::streamed, Request::Body::streamed});
    if (plan.body == Request::Body::none) {
        return;
    }
    const std::string content = pattern(dice.pick<std::size_t>({0, 4, 4, 5'000, 5'000, 80'000, 300'000, 700'000}));
    if (plan.body == Request::Body::buffered) {
        plan.pieces.push_back(content);
    } else {
        plan.pieces = cut_up(dice, content);
        plan.finishes = !dice.one_in(15);
        plan.rewindable = dice.one_in(2);
        if (dice.one_in(2)) {
            plan.announced = content.size();
            if (dice.one_in(10)) {
                plan.announced = dice.one_in(2) ? content.size() + 1 : content.size() / 2;
            }
        } else if (dice.one_in(3)) {
            plan.trailers = {{"X-Sum", "1"}};
        }
    }
    if (dice.one_in(3)) {
        plan.expect = dice.pick<Duration>({1s, 1s, 100ms, 10ms});
    }
    if (dice.one_in(plan.expect ? 2 : 6)) {
        plan.early = Reply{.status = plan.expect ? dice.pick({417, 401, 413, 200}) : 413,
                           .body = "too large",
                           .delay = dice.moment(5),
                           .between = dice.pick<Duration>({0ms, 30ms}),
                           .after = dice.pick({After::keep, After::close, After::reset})};
        if (plan.expect && dice.one_in(3)) {  // Yes, and then no.
            plan.early->interim.push_back({.status = 100, .headers = {}, .delay = dice.moment(30)});
        }
    }
}

void plan_limits(Dice& dice, const Climate& climate, Plan& plan) {
    using Limit = std::optional<Duration>;
    if (climate.sleepy || climate.calm) {
        plan.deadlines.total = dice.pick<Limit>({10s, 10s, 1min, 10ms * (1 + dice.below(200))});
        return;
    }
    plan.deadlines = {.connect = dice.pick<Limit>({10ms, 50ms, 5s, 5s, 5s, 5s, std::nullopt}),
                      .read = dice.pick<Limit>({10ms, 50ms, 5s, 5s, 5s, 5s, std::nullopt}),
                      .write = dice.pick<Limit>({10ms, 50ms, 5s, 5s, 5s, 5s, std::nullopt}),
                      .pool = dice.pick<Limit>({0ms, 5ms, 50ms, 5s, 5s, 5s, 5s, 5s, std::nullopt}),
                      .total = dice.pick<Limit>({20ms, 100ms, 1s, 10s, 10s, 10s, 10s, std::nullopt, std::nullopt})};
    if (plan.deadlines.total) {
        return;
    }
    // Without it the others must end whatever there is.
    if (!plan.finishes || plan.upgrade || plan.held) {
        plan.deadlines.total = 10s;
    }
    for (Limit* limit : {&plan.deadlines.connect, &plan.deadlines.read, &plan.deadlines.write, &plan.deadlines.pool}) {
        *limit = limit->value_or(5s);
    }
}

}  // namespace

void Plan::overflow(Dice& dice) {
    method = "PUT";
    body = Request::Body::buffered;
    pieces = {pattern(700'000)};
    trailers = {};
    announced.reset();
    finishes = true;
    rewindable = false;
    expect.reset();
    policy.reset();
    deadlines.write = dice.pick<Duration>({10ms, 30ms});
}

std::string Plan::content() const {
    std::string all;
    for (const std::string& piece : pieces) {
        all += piece;
    }
    return all;
}

std::string Plan::expected(const Reply& answer) const {
    const bool none = method == "HEAD" || answer.status == 204 || answer.status == 304;
    return none ? "" : answer.body;
}

Request Plan::request() const {
    Request request = make_request(method, url);
    request.target = target;
    request.body = body;
    if (body == Request::Body::buffered) {
        request.content = Buffer(content());
    } else if (body == Request::Body::streamed) {
        request.content_length = announced;
        request.rewindable = rewindable;
    }
    if (upgrade && method == "GET") {
        request.headers.add("Connection", "upgrade");
        request.headers.add("Upgrade", "echo");
    }
    request.expect_continue = expect;
    request.retry_policy = policy;
    request.connect_retries = connect_retries;
    request.collect = collect;
    request.window = window;
    request.max_body = max_body;
    request.deadlines = deadlines;
    return request;
}

Plan make_plan(Dice& dice, const Climate& climate, std::size_t number, std::string_view host, bool hopeless) {
    Plan plan;
    plan.number = number;
    plan.url = "http://" + std::string(host) + "/" + std::to_string(number);
    plan.hopeless = hopeless;
    plan.connect_retries = dice.one_in(3) ? dice.below(4) : 0;
    plan.collect = !dice.one_in(3);
    if (!hopeless && !climate.unasked && dice.one_in(8)) {  // Some rubbish is a good answer to CONNECT.
        plan.replies.push_back(switching(dice, plan));
    } else {
        plan.method = dice.pick<const char*>({"GET", "GET", "GET", "GET", "HEAD", "DELETE", "POST", "POST", "PUT"});
        if (plan.hopeless && plan.method == "HEAD") {
            plan.method = "GET";  // Some rubbish is a good answer to HEAD.
        }
        if (plan.method == "POST" || plan.method == "PUT") {
            plan_body(dice, plan);
        }
        if (dice.one_in(climate.retries ? 2 : 8)) {
            trouble_first(dice, climate, plan);
        }
        plan.replies.push_back(ordinary(dice, climate));
        if (!plan.collect && dice.one_in(4)) {
            plan.discard_after = dice.moment(20);
            Reply& reply = plan.replies.back();
            const std::size_t rest = dice.below(3);
            if (rest == 0) {  // Little, which takes long.
                reply.body = pattern(40'000);
                reply.piece = 500;
                reply.between = 10ms;
                reply.cut.reset();
            } else if (rest == 1) {  // Much, and nobody says how much.
                reply.body = pattern(150'000);
                reply.framing = Framing::chunked;
                reply.piece = 3'000;
                reply.between = 0ms;
                reply.http_1_0 = false;
                reply.cut.reset();
            }
        }
    }
    if (dice.one_in(climate.retries ? 2 : 8)) {
        plan.policy = policy(dice);
    }
    plan.window = dice.pick<std::size_t>({1, 100, 1'500, 64 * 1024, 256 * 1024});
    plan.held = !plan.collect && dice.one_in(2);
    plan.sips = dice.pick<std::size_t>({0, 1, 500, 5'000, 50'000});
    if (dice.one_in(15)) {
        plan.max_body = 500;
    }
    plan_limits(dice, climate, plan);
    return plan;
}

// RFC 9110 section 5.6.7, from the calendar's own definition; core only reads dates.
std::string http_date(std::chrono::sys_seconds when) {
    constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(when - day);
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                  weekdays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                  months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

}  // namespace ferry::testing
