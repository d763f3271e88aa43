#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

// A kilobyte every 10 ms.
HttpOrigin::Handler trickle(std::size_t kilobytes) {
    return [kilobytes](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(kilobytes * 1'000), .piece = 1'000, .between = 10ms};
    };
}

Request windowed(std::size_t window) {
    Request request = stream("http://api.test/");
    request.window = window;
    return request;
}

}  // namespace

FERRY_SCENARIO("a download comes in pieces, and what is consumed makes room for more") {
    Session& s = stage.session();
    s.network().serve("api.test", trickle(10));
    const RequestId id = s.submit(windowed(3'000));
    const Exchange& e = s.wait(id);
    CHECK(e.is_done());
    CHECK(e.body == pattern(10'000));
    CHECK(e.pieces >= 10);
    CHECK(e.ended_at == Duration(100ms));
}

FERRY_SCENARIO("a download stops at its window until something is consumed") {
    Session& s = stage.session();
    s.network().serve("api.test", trickle(10));
    const RequestId id = s.submit(windowed(3'000));
    s.hold(id);
    s.run_until(200ms);
    CHECK(s[id].body.size() == 3'000);
    s.consume(id, 1'000);
    s.run_for(0s);
    CHECK(s[id].body.size() >= 4'000);  // All of it is there by now: one read may bring more than the window.
    s.consume(id, s[id].body.size());
    s.run_until([&] {
        s.consume(id, 100'000);
        return s[id].state != Exchange::State::open;
    });
    CHECK(s[id].body == pattern(10'000));
    stage.may_differ();  // In what that read brings, and so in the times.
}

// One read is delivered whole, however small the window; then nothing more is read.
FERRY_SCENARIO("a full window stops the reading, not the read") {
    stage.may_differ();  // In what one read brings.
    Session& s = stage.session();
    s.network().serve("api.test", always(pattern(50'000)));
    const RequestId id = s.submit(windowed(1'000));
    s.hold(id);
    s.run_until(100ms);
    const std::size_t first = s[id].body.size();
    CHECK(first >= 1'000);
    s.run_until(200ms);
    CHECK(s[id].body.size() == first);
    s.run_until([&] {
        s.consume(id, 100'000);
        return s[id].state != Exchange::State::open;
    });
    CHECK(s[id].body == pattern(50'000));
}

FERRY_SCENARIO("the read timeout is paused while the reader withholds credit") {
    Session& s = stage.session();
    s.network().serve("api.test", trickle(5));
    Request request = windowed(1'000);
    request.deadlines.read = 300ms;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    s.run_until(1min);
    CHECK(s[id].state == Exchange::State::open);
    CHECK(s[id].body.size() == 1'000);
    s.consume(id, 1'000);
    s.run_until([&] {
        s.consume(id, 100'000);
        return s[id].state != Exchange::State::open;
    });
    CHECK(s[id].is_done());
    CHECK(s[id].body == pattern(5'000));
    stage.may_differ();  // As above.
}

FERRY_SCENARIO("the read timeout runs again when credit has been given") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    Request request = windowed(3);
    request.deadlines.read = 300ms;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    s.at(10s, [&] { s.consume(id, 3); });
    const Exchange& e = s.wait(id);
    CHECK(e.errc() == Errc::read_timeout);
    CHECK(e.ended_at == Duration(10s + 300ms));
}

FERRY_SCENARIO("a paused download does not hold up others") {
    Session& s = stage.session();
    s.network().serve("api.test", trickle(5));
    const RequestId paused = s.submit(windowed(1'000));
    s.hold(paused);
    s.run_until(100ms);
    CHECK(s.wait(s.get("http://api.test/")).body == pattern(5'000));
    CHECK(s[paused].state == Exchange::State::open);
    s.cancel(paused);
}

FERRY_SCENARIO("a connection is read from again after a paused download has ended on it") {
    Session& s = stage.session();
    s.network().serve("api.test", trickle(2));
    const RequestId id = s.submit(windowed(2'000));
    s.hold(id);
    s.wait(id);  // Its last byte fills the window.
    CHECK(s[id].is_done());
    CHECK(s.wait(s.get("http://api.test/")).body == pattern(2'000));
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
