// Cancels, one in each state that a request can be in.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

void looking_up(Session& s) {
    s.network().name("slow.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 20ms});
    answer(s, "10.0.0.1", {.body = "ok"});
    cancel_after(s, 10ms, s.get("http://slow.test/1"));
    s.wait_all();
    s.wait(s.get("http://slow.test/2"));
}

void connecting(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.network().link("api.test", {.latency = 1ms, .connect_delay = 20ms});
    cancel_after(s, 10ms, s.get("http://api.test/1"));
    s.wait_all();
    s.wait(s.get("http://api.test/2"));
}

void as_it_connects(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.network().link("api.test", {.latency = 1ms, .connect_delay = 20ms});
    const RequestId id = s.get("http://api.test/1");
    cancel_after(s, 20ms, id);
    s.run_for(50ms);
    s.wait(s.get("http://api.test/2"));
}

void waiting(Session& s) {
    answer(s, "api.test", {.body = "ok", .delay = 20ms});
    s.get("http://api.test/1");
    cancel_after(s, 10ms, s.get("http://api.test/2"));
    s.get("http://api.test/3");
    s.wait_all();
}

void sending(Session& s) {
    s.network().play("api.test", Script().expect_head().reading(false).wait(1h));
    cancel_after(s, 20ms, s.post("http://api.test/1", pattern(600'000)));
    s.wait_all();
}

void before_the_answer(Session& s) {
    answer(s, "api.test", {.body = "ok", .delay = 50ms});
    cancel_after(s, 20ms, s.get("http://api.test/1"));
    s.run_for(100ms);
    s.wait(s.get("http://api.test/2"));
}

void in_the_body(Session& s) {
    answer(s, "api.test", {.body = pattern(3'000), .piece = 100, .between = 1ms});
    cancel_after(s, 20ms, s.get("http://api.test/1"));
    s.wait_all();
    s.wait(s.get("http://api.test/2"));
}

void from_an_event(Session& s) {
    answer(s, "api.test", {.body = pattern(1'000), .piece = 100, .between = 1ms});
    s.watch([&s](Event& event) {
        if (const auto* head = std::get_if<event::Head>(&event)) {
            s.cancel(head->id);
        }
        if (const auto* done = std::get_if<event::Failed>(&event)) {
            s.cancel(done->id);
        }
    });
    s.get("http://api.test/1");
    s.submit(download("http://api.test/2", 1'000));
    s.wait_all();
}

void twice_and_late(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    const RequestId id = s.get("http://api.test/1");
    s.wait(id);
    s.cancel(id);
    const RequestId other = s.get("http://api.test/2");
    s.cancel(other);
    s.cancel(other);
    s.wait(s.get("http://api.test/3"));
}

void all_at_once(Session& s) {
    answer(s, "api.test", {.body = "ok", .delay = 20ms});
    std::vector<RequestId> ids;
    for (int i = 0; i < 6; ++i) {
        ids.push_back(s.get("http://api.test/" + std::to_string(i)));
    }
    s.after(10ms, [&s, ids] {
        for (const RequestId id : ids) {
            s.cancel(id);
        }
    });
    s.wait_all();
}

}  // namespace

void add_cancel_scenes(std::vector<Scene>& all) {
    const EngineConfig one = limits({.max_connections = 1});
    const EngineConfig two = limits({.max_connections = 2});
    all.insert(all.end(),
               {{.name = "cancelled while looking up", .outcome = "cancelled 200", .play = looking_up},
                {.name = "cancelled while connecting", .outcome = "cancelled 200", .play = connecting, .engine = one},
                {.name = "cancelled as it connects", .outcome = "cancelled 200", .play = as_it_connects},
                {.name = "cancelled while waiting", .outcome = "200 cancelled 200", .play = waiting, .engine = one},
                {.name = "cancelled while sending", .outcome = "cancelled", .play = sending},
                {.name = "cancelled before the answer", .outcome = "cancelled 200", .play = before_the_answer},
                {.name = "cancelled in the body", .outcome = "cancelled 200", .play = in_the_body, .engine = one},
                {.name = "cancelled from an event",
                 .outcome = "cancelled cancelled",
                 .play = from_an_event,
                 .depends_on_splits = true},
                {.name = "cancelled twice and late", .outcome = "200 cancelled 200", .play = twice_and_late},
                {.name = "all cancelled at once",
                 .outcome = "cancelled cancelled cancelled cancelled cancelled cancelled",
                 .play = all_at_once,
                 .engine = two}});
}

}  // namespace ferry::testing
