// The code of docs/testing.md: quoted there, compiled and run here.
#include <catch2/catch_test_macros.hpp>

// [first]
#include <ferry/testing.hpp>

#include <chrono>

using namespace ferry;
using namespace ferry::testing;
using namespace std::chrono_literals;

TEST_CASE("a GET brings the body") {
    Session session;
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.body = "hello"}; });

    const Exchange& e = session.wait(session.get("http://api.test/"));
    CHECK(e.status() == 200);
    CHECK(e.body == "hello");

    session.finish();                     // Drains, and sees that nothing is left over.
    CHECK(session.violations().empty());  // No rule was broken on the way.
}
// [first]

// [time]
TEST_CASE("the read timeout comes after three seconds of silence") {
    Session session;
    session.network().link({.latency = 40ms});
    session.network().serve("slow.test", [](const RequestHead&, std::string_view) { return Reply{.delay = 1h}; });

    Request request = make_request("GET", "http://slow.test/");
    request.deadlines.read = 3s;
    const Exchange& e = session.wait(session.submit(std::move(request)));

    CHECK(e.errc() == Errc::read_timeout);
    CHECK(e.ended_at == Duration(80ms + 3s));  // There and back for the connect, then silence.
}
// [time]

// [order]
TEST_CASE("a waiter gets the connection that a cancel has freed") {
    EngineConfig config;
    config.limits.max_connections = 1;
    Session session(config);
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.delay = 100ms}; });

    const RequestId first = session.get("http://api.test/1");
    const RequestId second = session.get("http://api.test/2");
    session.at(30ms, [&] { session.cancel(first); });
    session.wait_all();

    CHECK(session[first].errc() == Errc::cancelled);
    CHECK(session[second].ended_at == Duration(130ms));
    CHECK(session.network().most_open() == 1);
}
// [order]

// [sleep]
TEST_CASE("a connection that expired while the program was busy is not used") {
    Session session;
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.body = "hello"}; });

    session.wait(session.get("http://api.test/"));
    session.sleep(10min);  // The loop does not run: nobody tells the engine that time passes.
    session.wait(session.get("http://api.test/"));

    CHECK(session.network().attempts("api.test") == 2);
    CHECK(session.engine().stats().closed[CloseReason::keepalive_expiry] == 1);
}
// [sleep]

// [script]
TEST_CASE("a server that dies inside the body is told apart from one that finishes") {
    Session session;
    session.network().play("api.test", Script()
                                           .expect("GET /a HTTP/1.1\r\n")
                                           .expect_head()
                                           .send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
                                           .wait(5ms)
                                           .send("only ")
                                           .reset());
    CHECK(session.wait(session.get("http://api.test/a")).errc() == Errc::read_failed);
}
// [script]

// [origin]
TEST_CASE("a request can be looked at as the server saw it") {
    Session session;
    HttpOrigin& origin = session.network().serve("api.test", [](const RequestHead& head, std::string_view body) {
        if (head.method != "POST") {
            return Reply{.status = 405};
        }
        return Reply{.status = 201, .headers = {{"Location", "/items/7"}}, .body = "got " + std::string(body)};
    });

    CHECK(session.wait(session.get("http://api.test/items")).status() == 405);
    CHECK(session.wait(session.post("http://api.test/items", "a=b")).body == "got a=b");

    const Seen& seen = origin.requests()[1];
    CHECK(seen.head.target == "/items");
    CHECK(seen.head.headers.get("content-length") == "3");
    CHECK(seen.connection == 0);  // The second request came over the first connection.
}
// [origin]

// [weather]
TEST_CASE("the way to a host can be as bad as one likes") {
    Session session;
    Network& network = session.network();
    network.name("api.test", {"2001:db8::1", "10.0.0.1"});
    network.refuse("[2001:db8::1]");
    network.link("10.0.0.1", {.latency = 30ms, .bandwidth = 20'000, .split = Split::every(1)});
    network.serve("10.0.0.1",
                  [](const RequestHead&, std::string_view) { return Reply{.body = std::string(5'000, 'x')}; });
    network.name("slow.test", Lookup{.addresses = {"10.0.0.1"}, .delay = 2s});
    network.name("gone.test", Lookup{});  // No such host.
    network.black_hole("dark.test");

    CHECK(session.wait(session.get("http://api.test/")).body.size() == 5'000);
    CHECK(session.wait(session.get("http://slow.test/")).is_done());
    CHECK(session.wait(session.get("http://gone.test/")).errc() == Errc::name_resolution_failed);
    CHECK(session.wait(session.get("http://dark.test/")).errc() == Errc::connect_timeout);
}
// [weather]

// [faults]
TEST_CASE("whatever breaks wherever, the request ends") {
    const auto play = [](std::uint64_t k, Fault fault) {
        Session session;
        session.network().on_fact([=](const Fact& fact) { return fact.index == k ? fault : Fault::none; });
        session.network().serve("api.test",
                                [](const RequestHead&, std::string_view) { return Reply{.body = "hello"}; });
        session.get("http://api.test/");
        session.finish();  // A request that has not ended is a violation.
        CHECK(session.violations().empty());
        return session.network().facts();
    };
    const std::uint64_t facts = play(0, Fault::none);
    for (std::uint64_t k = 0; k < facts; ++k) {
        for (const Fault fault : {Fault::eof, Fault::reset, Fault::silence}) {
            play(k, fault);
        }
    }
}
// [faults]

// [peer]
/// Sends back whatever it gets, upside down.
class Echo final : public Listener {
public:
    std::unique_ptr<Peer> accept(Socket&) override { return std::make_unique<EchoPeer>(); }

private:
    class EchoPeer final : public Peer {
        void on_open(Socket&) override {}
        void on_received(Socket& socket, std::string_view bytes) override {
            socket.send(std::string(bytes.rbegin(), bytes.rend()));
        }
        void on_eof(Socket& socket) override { socket.finish(); }
    };
};
// [peer]

TEST_CASE("an echo is no HTTP server") {
    Session session;
    session.network().listen("echo.test", std::make_shared<Echo>());
    const Exchange& e = session.wait(session.get("http://echo.test/"));
    CHECK(e.error->kind() == ErrorKind::remote_protocol_error);
    CHECK(session.violations().empty());
}

// [driver]
/// Something of your own on top of ferry: it counts the bytes of what it downloads.
class Counter final : public EventHandler {
public:
    explicit Counter(Engine& engine) : engine_(engine) {}
    void on_event(Time now, Event& event) override {
        if (const auto* body = std::get_if<event::Body>(&event)) {
            bytes += body->data.size();
            engine_.consume(now, body->id, body->data.size());
        }
        done = done || std::holds_alternative<event::Done>(event);
    }
    std::size_t bytes = 0;
    bool done = false;

private:
    Engine& engine_;
};

TEST_CASE("code on top of an Engine is tested without a Session") {
    Network network;
    network.serve("api.test",
                  [](const RequestHead&, std::string_view) { return Reply{.body = std::string(70'000, 'x')}; });
    Engine engine;
    Counter counter(engine);
    Driver driver(engine, network, counter);
    network.attach(driver);

    Request request = make_request("GET", "http://api.test/");
    request.collect = false;
    engine.submit(network.now(), std::move(request));
    driver.turn();
    network.run_until([&] { return counter.done; });

    CHECK(counter.bytes == 70'000);
    CHECK(network.violations().empty());
}
// [driver]

TEST_CASE("the timeline in docs/testing.md is what comes out") {
    Session session;
    session.network().link({.latency = 10ms});
    session.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{.body = "hello"}; });
    session.wait(session.get("http://api.test/"));
    CHECK(session.network().timeline() ==
          // [timeline]
          R"(+0.000000    command submit GET http://api.test/
+0.000000    op      lookup #0.1 api.test
+0.000000    fact    resolved #0.1 198.18.0.1:80
+0.000000    op      connect #0.1 198.18.0.1:80
+0.020000    fact    connected #0.1
+0.020000    op      write #0.1 34 bytes: GET / HTTP/1.1\r\nHost: api.test\r\n\r\n
+0.030000    server  sends 38 bytes: HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n
+0.030000    server  sends 5 bytes: hello
+0.040000    fact    received #0.1 43 bytes: HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello
+0.040000    event   Head #0.1
+0.040000    event   Done #0.1
)");
    // [timeline]
}
