// The Session's book, and what it complains of.
#include <ferry/testing.hpp>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <stdexcept>

namespace ferry::testing {

using namespace std::chrono_literals;

TEST_CASE("a session tells the whole story of a request") {
    Session session;
    session.network().link({.latency = 5ms});
    session.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "hello", .framing = Reply::Framing::chunked, .trailers = {{"X-T", "1"}}};
    });
    const Exchange& e = session.wait(session.get("http://api.test/x"));
    CHECK(e.name == "GET http://api.test/x");
    CHECK(e.is_done());
    CHECK(e.submitted_at == 0ms);
    CHECK(e.head_at == Duration(20ms));
    CHECK(e.ended_at == Duration(20ms));
    CHECK_FALSE(e.errc().has_value());
    CHECK(e.summary().find("done 200 OK") != std::string::npos);
    session.finish();
    CHECK(session.violations().empty());

    const std::string report = session.report();
    for (const char* line : {"command submit GET http://api.test/x", "op      connect #0.1 198.18.0.1:80",
                             "fact    connected #0.1", "event   Head", "event   Done", "fact    closed #0.1"}) {
        CHECK(report.find(line) != std::string::npos);
    }
    CHECK_THROWS_AS(session[RequestId{}], std::out_of_range);
}

TEST_CASE("finish() complains of what has not ended") {
    Session session;
    session.network().black_hole("dark.test");
    Request request = make_request("GET", "http://dark.test/");
    request.deadlines.connect = std::nullopt;
    session.submit(std::move(request));
    session.finish();
    REQUIRE(session.violations().size() >= 2);
    CHECK(session.violations()[0].find("GET http://dark.test/: has not ended") != std::string::npos);
    CHECK(session.report().starts_with("BROKEN "));
}

TEST_CASE("commands from inside events are carried out") {
    Session session;
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.body = "ok"}; });
    int rounds = 0;
    session.watch([&](Event& event) {
        if (std::holds_alternative<event::Done>(event) && ++rounds < 5) {
            session.get("http://api.test/" + std::to_string(rounds));
        }
    });
    session.get("http://api.test/");
    session.wait_all();
    CHECK(session.exchanges().size() == 5);
    CHECK(session.network().accepted("api.test") == 1);
    session.finish();
    CHECK(session.violations().empty());
}

TEST_CASE("the same session twice has the same timeline") {
    const auto run = [](std::uint64_t seed) {
        Session session(EngineConfig{}, NetworkConfig{.seed = seed, .shuffle = true});
        session.network().link({.latency = 1ms, .jitter = 5ms, .split = Split::random()});
        session.network().serve("api.test", [](const RequestHead&, std::string_view) {
            return Reply{.body = std::string(1'000, 'x'), .piece = 100, .between = 1ms};
        });
        for (int i = 0; i < 10; ++i) {
            session.get("http://api.test/");
        }
        session.finish();
        return session.report();
    };
    CHECK(run(7) == run(7));
    CHECK(run(7) != run(8));
}

TEST_CASE("a timeline can be left out") {
    Session session(EngineConfig{}, NetworkConfig{.timeline = false});
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{}; });
    CHECK(session.wait(session.get("http://api.test/")).status() == 200);
    CHECK(session.network().timeline().empty());
}

TEST_CASE("time passes only when the session is run") {
    Session session;
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.delay = 1h}; });
    Request request = make_request("GET", "http://api.test/");
    request.deadlines.read = std::nullopt;
    const RequestId id = session.submit(std::move(request));
    session.run_for(59min);
    CHECK(session[id].state == Exchange::State::open);
    session.run_for(1min);
    CHECK(session[id].is_done());
    CHECK(session.elapsed() == Duration(1h));
}

}  // namespace ferry::testing
