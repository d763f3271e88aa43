#include "tests/scenario/support.hpp"

namespace ferry::scenario {

namespace {

constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr const char* evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";

}  // namespace

FERRY_SCENARIO("bytes behind a response are never the next response") {
    Session& s = stage.session();
    s.network().play("api.test",
                     {Script().expect_head().send(std::string(ok) + evil), Script().expect_head().send(ok)});
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    s.run_for(0s);  // All of it is read; nobody can tell bytes that come later from an answer.
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("bytes on an idle connection end it") {
    Session& s = stage.session();
    s.network().play("api.test",
                     {Script().expect_head().send(ok).wait(1s).send(evil), Script().expect_head().send(ok)});
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    s.run_until(1s);
    CHECK(s.network().open() == 0);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("bytes on an idle connection that were not seen yet are found by the probe") {
    Session& s = stage.session();
    stage.link({.notice = 100ms});
    s.network().play("api.test",
                     {Script().expect_head().send(ok).wait(1s).send(evil), Script().expect_head().send(ok)});
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    s.run_until(1s + 150ms);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

// Storms, seed 82: the loop was late, and 6 ms of idleness counted as "just looked".
FERRY_SCENARIO("bytes on a connection that was idle for a moment are found by a probe") {
    Session& s = stage.session();
    stage.link({.notice = 30ms});
    s.network().play("api.test",
                     {Script().expect_head().send(ok).wait(31ms).send(evil), Script().expect_head().send(ok)});
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    s.run_for(2ms);  // It came a millisecond after the response was read.
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

// A read that fills its buffer says nothing of what lies behind.
FERRY_SCENARIO("a response that may have filled its read is followed by a probe") {
    if (stage.kind().split.kind != Split::Kind::whole) {
        return;  // Short reads have emptied the socket.
    }
    Session& s = stage.session();
    stage.link({.split = Split::every(16 * 1024)});
    std::string large = "HTTP/1.1 200 OK\r\nContent-Length: ";
    large += std::to_string(16 * 1024 - large.size() - 9) + "\r\n\r\n";
    large.resize(16 * 1024, 'x');
    Link link{.split = Split::every(16 * 1024)};
    s.network().link(link);
    s.network().play("api.test", {Script().expect_head().send(large + evil), Script().expect_head().send(ok)});
    std::optional<RequestId> second;
    s.watch([&](Event& event) {
        if (std::holds_alternative<event::Done>(event) && !second) {
            second = s.get("http://api.test/2");  // At once, before anything else is read.
        }
    });
    CHECK(s.wait(s.get("http://api.test/1")).is_done());
    CHECK(s.wait(*second).body == "ok");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("bytes before anything was asked are an error") {
    Session& s = stage.session();
    stage.link({.connect_delay = 10ms, .notice = 0ms});
    s.network().play("api.test", Script().send(evil));
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body != "ok");
    stage.may_differ();  // In whether they come before the request has been written: then they are its response.
}

}  // namespace ferry::scenario
