// The servers of the virtual network, asked byte for byte.
#include "tests/sim/recorder.hpp"

#include <catch2/catch_test_macros.hpp>

namespace ferry::testing {

namespace {

constexpr const char* get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `request` to an origin that answers with `reply`; gives what came back, and how it ended.
struct Asked {
    Asked(HttpOrigin::Handler handler, std::string_view request) : recorder(network) {
        origin = &network.serve("10.0.0.1", std::move(handler));
        connect(network, "10.0.0.1");
        network.run();
        ask(request);
    }
    void ask(std::string_view request) {
        if (!request.empty()) {
            static_cast<void>(write(network, request));
        }
        network.run();
    }
    [[nodiscard]] bool ended() const { return recorder.facts.back().ends_with("eof"); }

    Network network;
    Recorder recorder;
    HttpOrigin* origin = nullptr;
};

HttpOrigin::Handler always(Reply reply) {
    return [reply = std::move(reply)](const RequestHead&, std::string_view) { return reply; };
}

}  // namespace

TEST_CASE("an origin frames its replies as it is told") {
    using Framing = Reply::Framing;
    const std::string head = "HTTP/1.1 200 OK\r\n";
    CHECK(Asked(always({.body = "hello"}), get).recorder.received == head + "Content-Length: 5\r\n\r\nhello");
    CHECK(Asked(always({.body = "hello", .framing = Framing::chunked, .trailers = {{"X-T", "1"}}, .piece = 3}), get)
              .recorder.received ==
          head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-T: 1\r\n\r\n");
    const Asked closing(always({.body = "hello", .framing = Framing::close}), get);
    CHECK(closing.recorder.received == head + "\r\nhello");
    CHECK(closing.ended());
    CHECK(Asked(always({.headers = {{"Content-Length", "5"}}, .body = "hello", .framing = Framing::given}), get)
              .recorder.received == head + "Content-Length: 5\r\n\r\nhello");
    CHECK(Asked(always({.status = 204}), get).recorder.received == "HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(Asked(always({.body = "hello"}), "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").recorder.received ==
          head + "Content-Length: 5\r\n\r\n");
    CHECK(Asked(always({.status = 299, .reason = "Fine"}), get).recorder.received ==
          "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n");
    const Asked old(always({.body = "x", .http_1_0 = true}), get);
    CHECK(old.recorder.received == "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx");
    CHECK(old.ended());
}

TEST_CASE("an origin takes its time") {
    const Asked asked(
        always({.body = "abc", .interim = {{.status = 103, .delay = 5ms}}, .delay = 10ms, .piece = 1, .between = 2ms}),
        get);
    CHECK(asked.recorder.facts == Lines{"+0ms connected", "+5ms received HTTP/1.1 103 Early Hints\r\n\r\n",
                                        "+15ms received HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
                                        "+17ms received a", "+19ms received b", "+21ms received c"});
}

TEST_CASE("an origin ends connections as it is told") {
    using After = Reply::After;
    const Asked kept(always({.body = "x"}), get);
    CHECK_FALSE(kept.ended());
    const Asked closed(always({.body = "x", .after = After::close}), get);
    CHECK(closed.recorder.received == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
    CHECK(closed.ended());
    const Asked silent(always({.body = "x", .after = After::fin, .linger = 1s}), get);
    CHECK(silent.recorder.facts.back() == "+1000ms eof");
    const Asked broken(always({.body = "x", .after = After::reset}), get);
    CHECK(broken.recorder.facts.back() == "+0ms closed: Connection reset by peer");
    const Asked cut(always({.body = "12345", .cut = 3}), get);
    CHECK(cut.recorder.received.ends_with("\r\n\r\n123"));
    CHECK(cut.ended());
    CHECK(Asked(always({.body = "x", .extra = "EXTRA"}), get).recorder.received.ends_with("xEXTRA"));
    CHECK(Asked(always({.body = "x"}), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").ended());
}

TEST_CASE("an origin that lingers serves another request, and forgets that it was leaving") {
    Asked asked(always({.body = "x", .after = Reply::After::fin, .linger = 1s}), "");
    asked.network.after(0s, [&] { static_cast<void>(write(asked.network, get)); });
    asked.network.after(900ms, [&] { static_cast<void>(write(asked.network, get)); });
    asked.network.run();
    CHECK(asked.origin->requests().size() == 2);
    CHECK(asked.recorder.facts.back() == "+1900ms eof");
}

TEST_CASE("an origin serves request after request, also if they come at once or byte by byte") {
    const Asked at_once(always({.body = "x"}), std::string(get) + get + get);
    CHECK(at_once.origin->requests().size() == 3);
    CHECK(at_once.recorder.received.size() ==
          3 * std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx").size());
    Asked slow(always({.body = "x"}), "");
    for (const char c : std::string(get) + get) {
        slow.ask(std::string(1, c));
    }
    CHECK(slow.origin->requests().size() == 2);
}

TEST_CASE("an origin remembers what it saw") {
    Asked asked(always({}), "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
    REQUIRE(asked.origin->requests().size() == 1);
    CHECK_FALSE(asked.origin->requests()[0].complete);
    asked.ask("0\r\nX-T: 1\r\n\r\n");
    const Seen& seen = asked.origin->requests()[0];
    CHECK(seen.head.method == "POST");
    CHECK(seen.head.target == "/a");
    CHECK(seen.body == "hi");
    CHECK(seen.trailers.get("x-t") == "1");
    CHECK(seen.complete);
    CHECK(seen.connection == 0);
}

TEST_CASE("an origin can answer before the body has come, and goes on after it") {
    Asked asked(always({.body = "late"}), "");
    asked.origin->at_head([](const RequestHead& head) -> std::optional<Reply> {
        return head.method == "POST" ? std::optional(Reply{.status = 413}) : std::nullopt;
    });
    asked.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    CHECK(asked.recorder.received.starts_with("HTTP/1.1 413 "));
    asked.ask("llo");
    asked.ask(get);
    CHECK(asked.recorder.received.ends_with("late"));
    CHECK(asked.origin->requests()[0].body == "hello");
    // All of it at once is no different.
    asked.ask(std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello") + get);
    CHECK(asked.origin->requests().size() == 4);
    CHECK(asked.recorder.received.ends_with("late"));
    CHECK(asked.network.violations() == Lines{});
}

TEST_CASE("an origin sends 100 to those who wait for it, unless it is told not to") {
    constexpr const char* waiting = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    Asked asked(always({}), waiting);
    CHECK(asked.recorder.received == "HTTP/1.1 100 Continue\r\n\r\n");
    asked.ask("ok");
    CHECK(asked.origin->requests()[0].complete);
    asked.origin->send_continue(false);
    const std::size_t before = asked.recorder.received.size();
    asked.ask(waiting);
    CHECK(asked.recorder.received.size() == before);
}

TEST_CASE("an origin hands an upgraded connection to a script") {
    Asked asked(always({.status = 101,
                        .headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}},
                        .takeover = Script().expect("ping").send("pong").expect_eof().fin()}),
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\npi");
    CHECK(asked.recorder.received.starts_with("HTTP/1.1 101 "));
    asked.ask("ng");
    CHECK(asked.recorder.received.ends_with("\r\n\r\npong"));
    asked.network.shutdown(conn);
    asked.network.run();
    CHECK(asked.ended());
    CHECK(asked.network.violations() == Lines{});
}

TEST_CASE("an origin refuses what is no HTTP") {
    const Asked asked(always({}), "RUBBISH\r\n\r\n");
    CHECK(asked.recorder.received.starts_with("HTTP/1.1 400 "));
    CHECK(asked.ended());
}

TEST_CASE("a reply that cannot be sent is a violation") {
    const Asked asked(always({.headers = {{"Bad Name", "x"}}}), get);
    REQUIRE(asked.network.violations().size() == 1);
    CHECK(asked.network.violations()[0].find("Bad Name") != std::string::npos);
}

TEST_CASE("each connection plays its script, later ones the last") {
    Network network;
    const Recorder recorder(network);
    ScriptOrigin& origin = network.play("10.0.0.1", {Script().send("1"), Script().expect_head().send("2").repeat()});
    for (std::uint32_t i = 0; i < 3; ++i) {
        connect(network, "10.0.0.1", {i, 1});
    }
    network.run();
    static_cast<void>(write(network, "a\r\n\r\nb\r\n\r\n", {1, 1}));
    static_cast<void>(write(network, "c\r\n\r\n", {2, 1}));
    network.run();
    CHECK(recorder.received == "1222");
    CHECK(origin.received(1) == "a\r\n\r\nb\r\n\r\n");
    CHECK(origin.received(9).empty());
    CHECK(origin.finished() == 1);
}

}  // namespace ferry::testing
