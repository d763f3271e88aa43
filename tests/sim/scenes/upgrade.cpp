// Connections that cease to speak HTTP.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

Reply switching(Script takeover) {
    return {
        .status = 101, .headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}}, .takeover = std::move(takeover)};
}

void echo(Session& s) {
    answer(s, "api.test", switching(Script().send("hello").expect_bytes(4).send("pong").expect_eof().fin()));
    const RequestId id = s.submit(upgrade("http://api.test/1"));
    s.after(20ms, [&s, id] { s.write_body(id, "ping"); });
    s.after(40ms, [&s, id] { s.finish_body(id); });
    s.wait(id);
}

void they_end_first(Session& s) {
    answer(s, "api.test", switching(Script().send("bye").fin().expect_bytes(4).expect_eof()));
    const RequestId id = s.submit(upgrade("http://api.test/1"));
    s.after(20ms, [&s, id] { s.write_body(id, "late"); });
    s.after(40ms, [&s, id] { s.finish_body(id); });
    s.wait(id);
}

void they_break(Session& s) {
    answer(s, "api.test", switching(Script().send("bye").wait(10ms).reset()));
    s.wait(s.submit(upgrade("http://api.test/1")));
}

void refused(Session& s) {
    answer(s, "api.test", {.status = 426, .body = "no"});
    s.wait(s.submit(upgrade("http://api.test/1")));
    s.wait(s.get("http://api.test/2"));
}

void much_to_write(Session& s) {
    answer(s, "api.test", switching(Script().expect_bytes(700'000).send("done").expect_eof().fin()));
    const RequestId id = s.submit(upgrade("http://api.test/1"));
    s.watch([&s, id, left = 7](Event& event) mutable {
        if (const auto* writable = std::get_if<event::Writable>(&event); writable != nullptr && writable->id == id) {
            while (left > 0 && s.write_body(id, pattern(100'000)) > 0) {
                --left;
            }
            if (left == 0) {
                --left;
                s.finish_body(id);
            }
        }
    });
    s.wait(id);
}

void much_to_read(Session& s) {
    answer(s, "api.test", switching(Script().send(pattern(200'000)).fin()));
    const RequestId id = s.submit(upgrade("http://api.test/1"));
    s.hold(id);
    for (int i = 1; i <= 20; ++i) {
        s.after(10ms * i, [&s, id] { s.consume(id, 64 * 1024); });
    }
    s.after(300ms, [&s, id] { s.finish_body(id); });
    s.wait(id);
}

void tunnel(Session& s) {
    answer(s, "proxy.test", {.status = 200, .takeover = Script().expect_bytes(4).send("pong").fin()});
    Request request = make_request("CONNECT", "http://proxy.test/");
    request.target = "api.test:443";
    request.collect = false;
    request.deadlines.total = 10s;
    const RequestId id = s.submit(std::move(request));
    s.after(20ms, [&s, id] { s.write_body(id, "ping"); });
    s.after(40ms, [&s, id] { s.finish_body(id); });
    s.wait(id);
}

void never_asked(Session& s) {
    answer(s, "api.test", switching(Script().send("hello").wait(10ms).fin()));
    Request request = make_request("GET", "http://api.test/1");
    request.headers.add("Connection", "upgrade");
    request.headers.add("Upgrade", "echo");
    s.wait(s.submit(std::move(request)));
}

}  // namespace

void add_upgrade_scenes(std::vector<Scene>& all) {
    const Capabilities no_half_close{.local_sockets = true, .probe = true, .half_close = false};
    all.insert(
        all.end(),
        {{.name = "upgrade", .outcome = "101", .play = echo},
         {.name = "upgrade, and they end first", .outcome = "101", .play = they_end_first},
         {.name = "upgrade, and they end first, without half-close",
          .outcome = "101",
          .play = they_end_first,
          .capabilities = no_half_close},
         {.name = "upgrade, and they break off", .outcome = "read_failed", .play = they_break},
         {.name = "upgrade refused", .outcome = "426 426", .play = refused},
         {.name = "upgrade with much to write", .outcome = "101", .play = much_to_write},
         {.name = "upgrade with much to read", .outcome = "101", .play = much_to_read, .depends_on_splits = true},
         {.name = "tunnel", .outcome = "200", .play = tunnel},
         {.name = "upgrade that nobody reads", .outcome = "101", .play = never_asked, .depends_on_splits = true}});
}

}  // namespace ferry::testing
