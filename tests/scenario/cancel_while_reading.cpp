#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a cancel before the head closes the connection") {
    Session& s = stage.session();
    s.network().serve("api.test", after(1s, "late"));
    const RequestId id = s.get("http://api.test/");
    s.at(50ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    CHECK(s[id].ended_at == Duration(50ms));
    s.run_for(0s);
    CHECK(s.network().open() == 0);
    s.run();
    CHECK_FALSE(s[id].head.has_value());
}

FERRY_SCENARIO("a cancel inside the body closes the connection") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(100), .piece = 10, .between = 10ms};
    });
    const RequestId id = s.get("http://api.test/");
    s.at(55ms, [&] { s.cancel(id); });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    CHECK(s[id].status() == 200);
    CHECK(s[id].timings.body_bytes_received == 50);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a waiter gets a new connection when the one being read from was cancelled") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", after(100ms, "ok"));
    const RequestId first = s.get("http://api.test/");
    const RequestId second = s.get("http://api.test/");
    s.at(50ms, [&] { s.cancel(first); });
    CHECK(s.wait(second).body == "ok");
    CHECK(s[second].ended_at == Duration(150ms));
    CHECK(s.network().accepted("api.test") == 2);
    CHECK(s.network().most_open() == 1);
}

FERRY_SCENARIO("a cancel from inside an event is legal") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = pattern(100), .piece = 10, .between = 10ms};
    });
    const RequestId id = s.submit(stream("http://api.test/"));
    s.watch([&](Event& event) {
        if (std::holds_alternative<event::Head>(event)) {
            s.cancel(id);
        }
    });
    CHECK(s.wait(id).errc() == Errc::cancelled);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("a cancel after the end does nothing") {
    Session& s = stage.session();
    s.network().serve("api.test", always("ok"));
    const RequestId id = s.get("http://api.test/");
    s.wait(id);
    s.cancel(id);
    s.run_for(1s);
    CHECK(s[id].is_done());
    CHECK(s.network().open() == 1);
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
