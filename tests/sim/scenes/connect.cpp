// Names, addresses, and connects that fail.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

void several_addresses(Session& s) {
    s.network().name("api.test", {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
    s.network().refuse("10.0.0.1");
    s.network().refuse("10.0.0.2");
    answer(s, "10.0.0.3", {.body = "ok"});
    s.wait(s.get("http://api.test/"));
}

void slow_addresses(Session& s) {
    s.network().name("api.test", {"2001:db8::1", "10.0.0.2", "10.0.0.3"});
    s.network().black_hole("[2001:db8::1]");
    s.network().link("10.0.0.2", {.connect_delay = 400ms});
    answer(s, "10.0.0.2", {.body = "two"});
    s.network().refuse("10.0.0.3");
    s.get("http://api.test/1");
    s.get("http://api.test/2");
    s.wait_all();
}

void black_hole(Session& s) {
    s.network().black_hole("dark.test");
    answer(s, "api.test", {.body = "ok"});
    s.submit(timed("http://dark.test/1", {.connect = 30ms}));
    s.submit(timed("http://dark.test/2", {.connect = 50ms}));
    s.get("http://api.test/3");
    s.wait_all();
}

void slow_lookups(Session& s) {
    s.network().name("slow.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 20ms});
    answer(s, "10.0.0.1", {.body = "ok"});
    s.get("http://slow.test/1");
    s.get("http://slow.test/2");
    s.after(10ms, [&s] { s.get("http://slow.test/3"); });
    s.run_for(100ms);
    s.wait(s.get("http://slow.test:80/4"));
}

void failing_lookups(Session& s) {
    s.network().name("gone.test", Lookup{});
    s.network().name("odd.test", Lookup{.delay = 5ms, .error = std::make_error_code(std::errc::timed_out)});
    s.get("http://gone.test/1");
    s.get("http://odd.test/2");
    s.wait_all();
    s.wait(s.get("http://gone.test/3"));
}

void endless_lookup(Session& s) {
    s.network().name("never.test", Lookup{.answers = false});
    s.submit(timed("http://never.test/1", {.connect = 30ms}));
    const RequestId second = s.submit(timed("http://never.test/2", {.connect = std::nullopt, .total = 80ms}));
    s.wait(second);
}

void literal_addresses(Session& s) {
    answer(s, "10.0.0.1:8080", {.body = "four"});
    answer(s, "[2001:db8::1]:80", {.body = "six"});
    s.get("http://10.0.0.1:8080/1");
    s.get("http://[2001:db8::1]/2");
    s.get("http://10.0.0.9/3");
    s.wait_all();
}

void slow_to_open(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.network().link("api.test", {.latency = 1ms, .connect_delay = 30ms});
    s.get("http://api.test/1");
    s.after(29ms, [&s] { s.get("http://api.test/2"); });
    s.run_for(100ms);
}

void speaks_first(Session& s) {
    s.network().play("api.test", {Script().send("220 hello\r\n").wait(50ms).fin(), Script().wait(1ms).fin()});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
}

}  // namespace

void add_connect_scenes(std::vector<Scene>& all) {
    const EngineConfig one = limits({.max_connections = 1});
    all.insert(all.end(),
               {{.name = "several addresses", .outcome = "200", .play = several_addresses},
                {.name = "slow addresses", .outcome = "200 200", .play = slow_addresses},
                {.name = "black hole", .outcome = "connect_timeout connect_timeout 200", .play = black_hole},
                {.name = "black hole, one at a time",
                 .outcome = "connect_timeout connect_timeout 200",
                 .play = black_hole,
                 .engine = one},
                {.name = "slow lookups", .outcome = "200 200 200 200", .play = slow_lookups},
                {.name = "failing lookups",
                 .outcome = "name_resolution_failed name_resolution_failed name_resolution_failed",
                 .play = failing_lookups},
                {.name = "a lookup without end", .outcome = "connect_timeout total_timeout", .play = endless_lookup},
                {.name = "literal addresses", .outcome = "200 200 connect_failed", .play = literal_addresses},
                {.name = "slow to open", .outcome = "200 200", .play = slow_to_open},
                {.name = "a server that speaks first",
                 .outcome = "bad_start_line server_disconnected",
                 .play = speaks_first,
                 .depends_on_splits = true}});
}

}  // namespace ferry::testing
