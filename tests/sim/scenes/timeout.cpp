// Limits on time that are reached, each alone.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

void silence(Session& s) {
    answer(s, "api.test", {.body = "late", .delay = 1h});
    s.wait(s.submit(timed("http://api.test/1", {.read = 30ms})));
}

void silence_in_the_body(Session& s) {
    answer(s, "api.test", {.body = pattern(300), .piece = 100, .between = 20ms});
    s.wait(s.submit(timed("http://api.test/1", {.read = 25ms})));
    s.wait(s.submit(timed("http://api.test/2", {.read = 15ms})));
}

void slow_but_alive(Session& s) {
    answer(s, "api.test", {.body = pattern(1'000), .piece = 100, .between = 20ms});
    s.wait(s.submit(timed("http://api.test/1", {.read = 25ms})));
    s.wait(s.submit(timed("http://api.test/2", {.read = 25ms, .total = 100ms})));
}

void total_everywhere(Session& s) {
    s.network().black_hole("dark.test");
    s.network().name("never.test", Lookup{.answers = false});
    answer(s, "api.test", {.body = "ok", .delay = 60ms});
    const Deadlines total{
        .connect = std::nullopt, .read = std::nullopt, .write = std::nullopt, .pool = std::nullopt, .total = 50ms};
    for (const char* url : {"http://dark.test/1", "http://never.test/2", "http://api.test/3", "http://api.test/4"}) {
        s.submit(timed(url, total));
    }
    s.wait_all();
}

void at_the_last_moment(Session& s) {
    answer(s, "api.test", {.body = "ok", .delay = 30ms});
    s.wait(s.submit(timed("http://api.test/1", {.read = 32ms})));
    s.wait(s.submit(timed("http://api.test/2", {.read = 32ms})));
}

void paused(Session& s) {
    answer(s, "api.test", {.body = pattern(2'000), .piece = 1'000, .between = 5ms});
    Request request = download("http://api.test/1", 500);
    request.deadlines.read = 50ms;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    for (int i = 1; i <= 4; ++i) {
        s.after(200ms * i, [&s, id] { s.consume(id, 1'000); });
    }
    s.wait(id);
}

}  // namespace

void add_timeout_scenes(std::vector<Scene>& all) {
    all.insert(
        all.end(),
        {{.name = "silence", .outcome = "read_timeout", .play = silence},
         {.name = "silence in the body", .outcome = "200 read_timeout", .play = silence_in_the_body},
         {.name = "slow but alive", .outcome = "200 total_timeout", .play = slow_but_alive},
         {.name = "the total limit everywhere",
          .outcome = "total_timeout total_timeout total_timeout total_timeout",
          .play = total_everywhere,
          .engine = limits({.max_connections = 3})},
         {.name = "at the last moment", .outcome = "200 200", .play = at_the_last_moment, .depends_on_splits = true},
         {.name = "paused", .outcome = "200", .play = paused, .depends_on_splits = true, .depends_on_clock = true}});
}

}  // namespace ferry::testing
