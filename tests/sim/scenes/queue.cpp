// Requests that wait for a connection.
#include "tests/sim/scenes/scene.hpp"

#include <array>

namespace ferry::testing {

namespace {

void two_origins(Session& s) {
    answer(s, "a.test", {.body = "a", .delay = 5ms});
    answer(s, "b.test", {.body = "b", .delay = 5ms});
    int i = 0;
    for (const char* host : {"a", "b", "a", "a", "b"}) {
        s.get("http://" + std::string(host) + ".test/" + std::to_string(i++));
    }
    s.wait_all();
}

void some_close(Session& s) {
    s.network().serve("a.test", [](const RequestHead& head, std::string_view) {
        const bool close = head.target == "/1" || head.target == "/2";
        return Reply{.body = "a", .delay = 5ms, .after = close ? Reply::After::close : Reply::After::keep};
    });
    for (int i = 0; i < 6; ++i) {
        s.get("http://a.test/" + std::to_string(i));
    }
    s.wait_all();
}

void evicts_the_idle(Session& s) {
    for (const char* host : {"a.test", "b.test", "c.test"}) {
        answer(s, host, {.body = host, .delay = 1ms});
    }
    for (const char* url : {"http://a.test/1", "http://b.test/2", "http://c.test/3", "http://a.test/4"}) {
        s.wait(s.get(url));
    }
}

void no_patience(Session& s) {
    answer(s, "a.test", {.body = "a", .delay = 20ms});
    s.get("http://a.test/1");
    s.submit(timed("http://a.test/2", {.pool = 0ms}));
    s.submit(timed("http://a.test/3", {.pool = 10ms}));
    s.submit(timed("http://a.test/4", {.pool = 10s}));
    s.wait_all();
}

void waiters_give_up(Session& s) {
    answer(s, "a.test", {.body = "a", .delay = 20ms});
    std::array<RequestId, 6> ids{};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        ids[i] = s.get("http://a.test/" + std::to_string(i));
    }
    cancel_after(s, 5ms, ids[3]);
    cancel_after(s, 6ms, ids[0]);
    cancel_after(s, 20ms, ids[2]);
    s.wait_all();
}

void the_covered_gives_up(Session& s) {
    answer(s, "a.test", {.body = "a"});
    s.network().link("a.test", {.latency = 1ms, .connect_delay = 20ms});
    const RequestId first = s.get("http://a.test/1");
    s.get("http://a.test/2");
    s.get("http://a.test/3");
    cancel_after(s, 10ms, first);
    s.wait_all();
}

void dials_fail_for_many(Session& s) {
    s.network().refuse("a.test");
    answer(s, "b.test", {.body = "b"});
    for (int i = 0; i < 4; ++i) {
        s.get("http://a.test/" + std::to_string(i));
        s.get("http://b.test/" + std::to_string(i));
    }
    s.wait_all();
}

void returns_to_the_queue(Session& s) {
    const Script once = Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    s.network().play("a.test", {Script(once).expect_head().fin(), Script(once).repeat()});
    s.wait(s.get("http://a.test/1"));
    for (int i = 2; i < 6; ++i) {
        s.get("http://a.test/" + std::to_string(i));
    }
    s.wait_all();
}

}  // namespace

void add_queue_scenes(std::vector<Scene>& all) {
    const EngineConfig one = limits({.max_connections = 1});
    const EngineConfig two = limits({.max_connections = 2, .max_keepalive = 1});
    all.insert(
        all.end(),
        {{.name = "waiters of two origins", .outcome = "200 200 200 200 200", .play = two_origins, .engine = one},
         {.name = "waiters on two connections", .outcome = "200 200 200 200 200", .play = two_origins, .engine = two},
         {.name = "waiters behind a close", .outcome = "200 200 200 200 200 200", .play = some_close, .engine = two},
         {.name = "the idle make room", .outcome = "200 200 200 200", .play = evicts_the_idle, .engine = two},
         {.name = "no patience", .outcome = "200 pool_timeout pool_timeout 200", .play = no_patience, .engine = one},
         {.name = "waiters give up",
          .outcome = "cancelled 200 cancelled cancelled 200 200",
          .play = waiters_give_up,
          .engine = two},
         {.name = "the one that is dialled for gives up",
          .outcome = "cancelled 200 200",
          .play = the_covered_gives_up,
          .engine = two},
         {.name = "dials fail for many",
          .outcome = "connect_failed 200 connect_failed 200 connect_failed 200 connect_failed 200",
          .play = dials_fail_for_many,
          .engine = two},
         {.name = "back to the queue", .outcome = "200 200 200 200 200", .play = returns_to_the_queue, .engine = one}});
}

}  // namespace ferry::testing
