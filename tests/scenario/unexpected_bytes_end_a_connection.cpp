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

FERRY_SCENARIO("bytes before anything was asked are an error") {
    Session& s = stage.session();
    stage.link({.connect_delay = 10ms, .notice = 0ms});
    s.network().play("api.test", Script().send(evil));
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body != "ok");
    stage.may_differ();  // In whether they come before the request has been written: then they are its response.
}

}  // namespace ferry::scenario
