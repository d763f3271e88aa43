// Connections that serve more than one request, and those that do not.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

void reuse(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
    s.after(100ms, [&s] { s.post("http://api.test/3", "body"); });
    s.run_for(200ms);
}

void idle_and_closed(Session& s) {
    answer(s, "api.test", {.body = "ok", .after = Reply::After::fin, .linger = 50ms});
    s.wait(s.get("http://api.test/1"));
    s.after(49ms, [&s] { s.post("http://api.test/2", "body"); });
    s.run_for(120ms);
    s.wait(s.get("http://api.test/3"));
}

void idle_and_reset(Session& s) {
    answer(s, "api.test", {.body = "ok", .after = Reply::After::reset, .linger = 50ms});
    s.wait(s.get("http://api.test/1"));
    s.after(50ms, [&s] { s.get("http://api.test/2"); });
    s.after(51ms, [&s] { s.get("http://api.test/3"); });
    s.run_for(200ms);
}

void idle_and_talking(Session& s) {
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                                     .wait(10ms)
                                     .send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
                                     .fin());
    s.wait(s.get("http://api.test/1"));
    s.after(30ms, [&s] { s.get("http://api.test/2"); });
    s.run_for(100ms);
}

void closed_unnoticed(Session& s) {
    answer(s, "api.test", {.body = "ok", .after = Reply::After::fin, .linger = 60ms});
    s.network().link("api.test", {.latency = 1ms, .notice = 50ms});
    s.wait(s.get("http://api.test/1"));
    s.after(40ms, [&s] { s.post("http://api.test/2", "body"); });
    s.run_for(200ms);
}

void dies_when_reused(Session& s) {
    const Script once = Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    s.network().play("api.test", {Script(once).expect_head().reset(), Script(once).repeat()});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
    s.wait(s.get("http://api.test/3"));
}

void dies_under_a_post(Session& s) {
    const Script once = Script().expect_head().expect_bytes(4).send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    s.network().play("api.test", {Script(once).expect_head().fin(), Script(once).repeat()});
    s.wait(s.post("http://api.test/1", "body"));
    s.wait(s.post("http://api.test/2", "body"));
    s.wait(s.post("http://api.test/3", "body"));
}

void expires(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.wait(s.get("http://api.test/1"));
    s.after(30ms, [&s] { s.get("http://api.test/2"); });
    s.after(100ms, [&s] { s.get("http://api.test/3"); });
    s.run_for(200ms);
}

void used_as_it_expires(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.wait(s.get("http://api.test/1"));
    s.after(50ms, [&s] { s.get("http://api.test/2"); });
    s.run_for(200ms);
}

void many_idle(Session& s) {
    answer(s, "api.test", {.body = "ok", .delay = 5ms});
    for (int i = 0; i < 5; ++i) {
        s.get("http://api.test/" + std::to_string(i));
    }
    s.wait_all();
    s.wait(s.get("http://api.test/5"));
    s.wait(s.get("http://api.test/6"));
}

void says_close(Session& s) {
    answer(s, "api.test", {.body = "ok", .after = Reply::After::close});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
}

void asks_for_close(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    Request request = make_request("GET", "http://api.test/1");
    request.headers.add("Connection", "close");
    s.wait(s.submit(std::move(request)));
    s.wait(s.get("http://api.test/2"));
}

void http_1_0(Session& s) {
    answer(s, "api.test", {.body = "ok", .http_1_0 = true});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
}

void http_1_0_keep_alive(Session& s) {
    answer(s, "api.test", {.headers = {{"Connection", "keep-alive"}}, .body = "ok", .http_1_0 = true});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
}

void again_from_an_event(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    s.watch([&s, rounds = 0](Event& event) mutable {
        if (std::holds_alternative<event::Done>(event) && ++rounds < 4) {
            s.get("http://api.test/" + std::to_string(rounds));
        }
    });
    s.get("http://api.test/0");
    s.wait_all();
}

void unix_socket(Session& s) {
    answer(s, "/run/api.sock", {.body = "ok"});
    s.wait(s.get("http://one.test/1"));
    s.get("http://two.test/2");
    s.get("http://one.test/3");
    s.wait_all();
}

}  // namespace

void add_reuse_scenes(std::vector<Scene>& all) {
    const PoolLimits expiry{.keepalive_expiry = 50ms};
    const PoolLimits three{.max_keepalive = 3};
    const PoolLimits nothing{.max_keepalive = 0};
    EngineConfig local;
    local.socket_path = "/run/api.sock";
    all.insert(
        all.end(),
        {{.name = "reuse", .outcome = "200 200 200", .play = reuse},
         {.name = "reuse without keep-alive", .outcome = "200 200 200", .play = reuse, .engine = limits(nothing)},
         {.name = "reuse without a probe", .outcome = "200 200 200", .play = reuse, .capabilities = {.probe = false}},
         {.name = "idle and closed", .outcome = "200 server_disconnected 200", .play = idle_and_closed},
         {.name = "idle and reset", .outcome = "200 200 200", .play = idle_and_reset},
         {.name = "idle and talking", .outcome = "200 200", .play = idle_and_talking},
         {.name = "closed unnoticed", .outcome = "200 200", .play = closed_unnoticed},
         {.name = "dies when reused", .outcome = "200 200 200", .play = dies_when_reused},
         {.name = "dies under a POST", .outcome = "200 server_disconnected 200", .play = dies_under_a_post},
         {.name = "expires", .outcome = "200 200 200", .play = expires, .engine = limits(expiry)},
         {.name = "used as it expires", .outcome = "200 200", .play = used_as_it_expires, .engine = limits(expiry)},
         {.name = "many idle", .outcome = "200 200 200 200 200 200 200", .play = many_idle, .engine = limits(three)},
         {.name = "the server says close", .outcome = "200 200", .play = says_close},
         {.name = "the client asks for close", .outcome = "200 200", .play = asks_for_close},
         {.name = "HTTP/1.0", .outcome = "200 200", .play = http_1_0},
         {.name = "HTTP/1.0 that keeps alive", .outcome = "200 200", .play = http_1_0_keep_alive},
         {.name = "again from an event", .outcome = "200 200 200 200", .play = again_from_an_event},
         {.name = "unix socket", .outcome = "200 200 200", .play = unix_socket, .engine = local}});
}

}  // namespace ferry::testing
