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

}  // namespace

void add_drain_scenes(std::vector<Scene>& all) {
    all.insert(all.end(), {{.name = "drain", .outcome = "200 200 client_closed", .play = busy_and_idle},
                           {.name = "drain with waiters",
                            .outcome = "200 200 200 200",
                            .play = with_waiters,
                            .engine = limits({.max_connections = 1})},
                           {.name = "drain twice", .outcome = "200 client_closed", .play = twice}});
}

}  // namespace ferry::testing
