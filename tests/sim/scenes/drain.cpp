// The client is closed while things go on.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

void busy_and_idle(Session& s) {
    answer(s, "a.test", {.body = "a"});
    answer(s, "b.test", {.body = "b", .delay = 20ms});
    s.wait(s.get("http://a.test/1"));
    s.get("http://b.test/2");
    s.after(10ms, [&s] {
        s.drain();
        s.get("http://a.test/3");
    });
    s.wait_all();
}

void with_waiters(Session& s) {
    answer(s, "a.test", {.body = "a", .delay = 20ms});
    for (int i = 0; i < 4; ++i) {
        s.get("http://a.test/" + std::to_string(i));
    }
    s.after(10ms, [&s] { s.drain(); });
    s.wait_all();
}

void twice(Session& s) {
    answer(s, "a.test", {.body = "a"});
    s.wait(s.get("http://a.test/1"));
    s.drain();
    s.drain();
    s.wait(s.get("http://a.test/2"));
}

void with_a_limit(Session& s) {
    answer(s, "a.test", {.body = "a", .delay = 20ms});
    answer(s, "b.test", {.body = "b", .delay = 100ms});
    answer(s, "c.test", {.body = "c", .delay = 1h});
    s.get("http://a.test/1");
    s.get("http://b.test/2");
    s.submit(upload("POST", "http://c.test/3"));
    s.get("http://c.test/4");
    s.network().refuse("d.test");
    s.get("http://d.test/5");
    s.get("http://a.test/6");
    s.after(10ms, [&s] { s.drain(50ms); });
    s.after(20ms, [&s] { s.get("http://a.test/7"); });
    s.wait_all();
}

void while_draining_a_rest(Session& s) {
    answer(s, "a.test", {.body = pattern(3'000), .piece = 500, .between = 10ms});
    const RequestId id = s.submit(download("http://a.test/1", 64 * 1024));
    s.after(25ms, [&s, id] { s.discard(id); });
    s.after(35ms, [&s] { s.drain(); });
    s.wait_all();
}

}  // namespace

void add_drain_scenes(std::vector<Scene>& all) {
    all.insert(all.end(), {{.name = "drain", .outcome = "200 200 client_closed", .play = busy_and_idle},
                           {.name = "drain with waiters",
                            .outcome = "200 200 200 200",
                            .play = with_waiters,
                            .engine = limits({.max_connections = 1})},
                           {.name = "drain twice", .outcome = "200 client_closed", .play = twice},
                           {.name = "drain with a limit",
                            .outcome = "200 client_closed client_closed client_closed connect_failed 200 client_closed",
                            .play = with_a_limit,
                            .engine = limits({.max_connections = 5})},
                           {.name = "drain while a rest is read", .outcome = "200", .play = while_draining_a_rest}});
}

}  // namespace ferry::testing
