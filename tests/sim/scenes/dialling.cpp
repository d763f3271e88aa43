// Races of addresses, connects that are tried again, tables of hosts, and the caps of single origins.
#include "tests/sim/scenes/scene.hpp"

#include <utility>

namespace ferry::testing {

namespace {

/// Its pool timeout runs in several parts, which nobody sees from outside: so it has none.
Request retrying(std::string_view url, std::uint64_t retries, const Deadlines& deadlines = {}) {
    Request request = timed(url, deadlines);
    request.deadlines.pool = std::nullopt;
    request.connect_retries = retries;
    return request;
}

void half_dark(Session& s) {
    s.network().link({.latency = 5ms});
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1", "2001:db8::2"});
    s.network().black_hole("[2001:db8::1]:80");
    s.network().black_hole("[2001:db8::2]:80");
    answer(s, "10.0.0.1", {.body = "four"});
    answer(s, "other.test", {.body = "other"});
    s.wait(s.get("http://other.test/1"));
    s.get("http://api.test/2");
    s.after(260ms, [&s] { s.get("http://other.test/3"); });
    s.get("http://api.test/4");
    s.wait_all();
}

void late_winner(Session& s) {
    s.network().name("api.test", {"2001:db8::1", "10.0.0.1"});
    s.network().link("[2001:db8::1]:80", {.connect_delay = 300ms});
    answer(s, "[2001:db8::1]:80", {.body = "ok"});
    s.network().link("10.0.0.1", {.connect_delay = 400ms});
    answer(s, "10.0.0.1", {.body = "ok"});
    s.get("http://api.test/1");
    s.after(280ms, [&s] { s.get("http://api.test/2"); });
    s.wait_all();
    s.run_for(1s);
}

void all_refuse(Session& s) {
    s.network().link({.latency = 1ms});
    s.network().refuse("api.test");
    answer(s, "other.test", {.body = "other"});
    for (int i = 1; i <= 3; ++i) {
        s.submit(retrying("http://api.test/" + std::to_string(i), 2));
    }
    s.submit(timed("http://api.test/4", {}));
    s.after(100ms, [&s] { s.get("http://other.test/5"); });
    s.wait_all();
}

void comes_up_later(Session& s) {
    s.network().refuse("api.test");
    s.submit(retrying("http://api.test/1", 5));
    s.submit(retrying("http://api.test/2", 3));
    s.after(600ms, [&s] { answer(s, "api.test", {.body = "ok"}); });
    s.wait_all();
}

void times_out_twice(Session& s) {
    s.network().black_hole("dark.test");
    s.submit(retrying("http://dark.test/1", 1, {.connect = 20ms}));
    s.submit(retrying("http://dark.test/2", 2, {.connect = 30ms}));
    s.submit(retrying("http://dark.test/3", 9, {.connect = 30ms, .total = 3s}));
    s.wait_all();
}

void name_comes_back(Session& s) {
    s.network().name("api.test", Lookup{.delay = 10ms});
    answer(s, "10.0.0.1", {.body = "ok"});
    for (int i = 1; i <= 3; ++i) {
        s.submit(retrying("http://api.test/" + std::to_string(i), 1));
    }
    s.after(5ms, [&s] { s.network().name("api.test", {"10.0.0.1"}); });
    s.wait_all();
}

void one_lookup_for_all(Session& s) {
    s.network().name("api.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 20ms});
    answer(s, "10.0.0.1:80", {.body = "a"});
    answer(s, "10.0.0.1:81", {.body = "b"});
    cancel_after(s, 10ms, s.get("http://api.test/1"));
    s.get("http://api.test:81/2");
    s.get("http://api.test/3");
    s.wait_all();
    s.wait(s.get("http://api.test:81/4"));
}

void table_of_hosts(Session& s) {
    answer(s, "10.0.0.1", {.body = "first"});
    answer(s, "[2001:db8::7]:8080", {.body = "second"});
    s.get("http://api.test/1");
    s.get("http://api.test:8080/2");
    s.wait_all();
}

EngineConfig with_table() {
    EngineConfig config;
    config.hosts.push_back({.host = "api.test", .port = 0, .endpoints = {*parse_address("10.0.0.1", 0)}});
    config.hosts.push_back({.host = "api.test", .port = 8080, .endpoints = {*parse_address("2001:db8::7", 0)}});
    return config;
}

void busy_origins(Session& s) {
    s.network().link({.latency = 1ms});
    answer(s, "a.test", {.body = "a", .delay = 10ms});
    answer(s, "b.test", {.body = "b", .delay = 10ms});
    answer(s, "c.test", {.body = "c", .delay = 10ms});
    for (int i = 1; i <= 4; ++i) {
        s.get("http://a.test/" + std::to_string(i));
        s.get("http://b.test/" + std::to_string(i));
    }
    s.get("http://c.test/1");
    s.wait_all();
}

void short_lived(Session& s) {
    answer(s, "api.test", {.headers = {{"Keep-Alive", "timeout=2"}}, .body = "ok", .delay = 10ms});
    for (int i = 1; i <= 4; ++i) {
        s.get("http://api.test/" + std::to_string(i));
    }
    s.wait_all();
    s.run_for(30ms);
    s.wait(s.get("http://api.test/5"));
    s.run_for(2s);
    s.wait(s.get("http://api.test/6"));
}

}  // namespace

void add_dialling_scenes(std::vector<Scene>& all) {
    const EngineConfig one = limits({.max_connections = 1});
    const EngineConfig two = limits({.max_connections = 2});
    all.insert(
        all.end(),
        {{.name = "one family is dark", .outcome = "200 200 200 200", .play = half_dark},
         {.name = "one family is dark, one at a time", .outcome = "200 200 200 200", .play = half_dark, .engine = one},
         {.name = "one family is dark, two at a time", .outcome = "200 200 200 200", .play = half_dark, .engine = two},
         {.name = "the first address wins late", .outcome = "200 200", .play = late_winner},
         {.name = "the first address wins late, one for each origin",
          .outcome = "200 200",
          .play = late_winner,
          .engine = limits({.max_per_origin = 1})},
         {.name = "all refuse, again and again",
          .outcome = "connect_failed connect_failed connect_failed connect_failed 200",
          .play = all_refuse},
         {.name = "all refuse, again and again, one at a time",
          .outcome = "connect_failed connect_failed connect_failed connect_failed 200",
          .play = all_refuse,
          .engine = one},
         {.name = "a server comes up later", .outcome = "200 200", .play = comes_up_later},
         {.name = "connects time out, again and again",
          .outcome = "connect_timeout connect_timeout total_timeout",
          .play = times_out_twice},
         {.name = "connects time out, one at a time",
          .outcome = "connect_timeout connect_timeout total_timeout",
          .play = times_out_twice,
          .engine = one},
         {.name = "a name comes back", .outcome = "200 200 200", .play = name_comes_back},
         {.name = "one lookup for all", .outcome = "cancelled 200 200 200", .play = one_lookup_for_all},
         {.name = "a table of hosts", .outcome = "200 200", .play = table_of_hosts, .engine = with_table()},
         {.name = "two for each origin",
          .outcome = "200 200 200 200 200 200 200 200 200",
          .play = busy_origins,
          .engine = limits({.max_per_origin = 2})},
         {.name = "one for each origin, two in all",
          .outcome = "200 200 200 200 200 200 200 200 200",
          .play = busy_origins,
          .engine = limits({.max_connections = 2, .max_per_origin = 1})},
         {.name = "short-lived connections",
          .outcome = "200 200 200 200 200 200",
          .play = short_lived,
          .engine = limits({.max_connections = 2, .max_connection_age = 15ms})}});
}

}  // namespace ferry::testing
