// Bytes and ends on their way through the virtual network.
#include "tests/sim/recorder.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

namespace ferry::testing {

namespace {

std::size_t count_received(const Recorder& recorder) {
    return static_cast<std::size_t>(std::count_if(recorder.facts.begin(), recorder.facts.end(), [](const auto& fact) {
        return fact.find("received") != std::string::npos;
    }));
}

}  // namespace

TEST_CASE("bytes take the latency each way") {
    Network network;
    const Recorder recorder(network);
    network.link({.latency = 5ms});
    network.play("10.0.0.1", Script().expect("ping").send("pong").fin());
    connect(network, "10.0.0.1");
    network.run();
    CHECK(write(network, "ping").count == 4);
    network.run();
    CHECK(recorder.facts == Lines{"+10ms connected", "+20ms received pong", "+20ms eof"});
    CHECK(network.received(conn) == 4);
}

TEST_CASE("bandwidth spreads a message over time") {
    Network network;
    const Recorder recorder(network);
    network.link({.latency = 5ms, .bandwidth = 1'000});
    network.play("10.0.0.1", Script().send(std::string(100, 'x')).fin());
    connect(network, "10.0.0.1");
    network.run();
    CHECK(recorder.facts.front() == "+10ms connected");
    CHECK(recorder.facts[1] == "+25ms received xxxxxxxxxx");
    CHECK(recorder.facts.back() == "+115ms eof");
    CHECK(recorder.received.size() == 100);
}

TEST_CASE("jitter does not change the order") {
    Network network({.seed = 3, .shuffle = true});
    const Recorder recorder(network);
    network.link({.jitter = 50ms});
    Script script;
    std::string all;
    for (int i = 0; i < 50; ++i) {
        script.send(std::to_string(i) + " ");
        all += std::to_string(i) + " ";
    }
    network.play("10.0.0.1", script.fin());
    connect(network, "10.0.0.1");
    network.run();
    CHECK(recorder.received == all);
    CHECK(recorder.facts.back().ends_with("eof"));
    CHECK(network.elapsed() > 20ms);
}

TEST_CASE("reads are split as the link says") {
    const auto reads = [](Split split) {
        Network network({.seed = 5});
        const Recorder recorder(network);
        network.link({.split = split});
        network.play("10.0.0.1", Script().send("0123456789").fin());
        connect(network, "10.0.0.1");
        network.run();
        CHECK(recorder.received == "0123456789");
        CHECK(recorder.facts.back() == "+0ms eof");
        return count_received(recorder);
    };
    CHECK(reads(Split::whole()) == 1);
    CHECK(reads(Split::every(3)) == 4);
    CHECK(reads(Split::every(1)) == 10);
    CHECK(reads(Split::random()) > 1);
}

TEST_CASE("writes are accepted as far as the link allows") {
    Network network;
    const Recorder recorder(network);
    network.link({.send_buffer = 10, .max_write = 4, .write_pause = 2ms});
    ScriptOrigin& origin = network.play("10.0.0.1", Script().reading(false).wait(20ms).reading(true));
    connect(network, "10.0.0.1");
    network.run_until([&] { return !recorder.facts.empty(); });

    CHECK(write(network, "abcdefgh").count == 4);
    CHECK(write(network, "efgh").state == Written::State::would_block);  // For 2 ms.
    network.await_writable(conn);
    network.run_until(5ms);
    CHECK(recorder.facts.back() == "+2ms writable");
    CHECK(write(network, "efgh").count == 4);
    network.await_writable(conn);
    network.run_until(10ms);
    CHECK(write(network, "ijkl").count == 2);  // Ten are under way, and nobody reads.
    network.await_writable(conn);
    network.run();
    CHECK(recorder.facts.back() == "+20ms writable");
    CHECK(origin.received(0) == "abcdefghij");
}

TEST_CASE("completion writes are reported when they are accepted") {
    Network network({.writes = NetworkConfig::Writes::completion});
    const Recorder recorder(network);
    network.link({.max_write = 6, .write_delay = 3ms});
    ScriptOrigin& origin = network.play("10.0.0.1", Script());
    connect(network, "10.0.0.1");
    network.run();
    CHECK(network.max_loan() == 65'536);
    const std::string text = "lent bytes";
    CHECK(write(network, text).state == Written::State::pending);
    network.run();
    CHECK(recorder.facts == Lines{"+0ms connected", "+3ms sent 6"});
    CHECK(origin.received(0) == "lent b");
}

TEST_CASE("a cut ends the stream to the client at any byte") {
    for (std::uint64_t k = 0; k <= 5; ++k) {
        for (const End end : {End::fin, End::reset}) {
            Network network;
            const Recorder recorder(network);
            network.link({.cut_down = Cut{.after = k, .end = end}});
            network.play("10.0.0.1", Script().send("12").send("345").wait(1ms).send("678"));
            connect(network, "10.0.0.1");
            network.run();
            CHECK(recorder.received == std::string("12345").substr(0, k));
            CHECK(recorder.facts.back() == (end == End::fin ? "+0ms eof" : "+0ms closed: Connection reset by peer"));
        }
    }
}

TEST_CASE("a cut ends the stream to the server at any byte") {
    for (std::uint64_t k = 0; k <= 5; ++k) {
        for (const End end : {End::fin, End::reset}) {
            Network network;
            const Recorder recorder(network);
            network.link({.latency = 1ms, .cut_up = Cut{.after = k, .end = end}});
            ScriptOrigin& origin = network.play("10.0.0.1", Script().expect_bytes(k).expect_eof().send("seen"));
            connect(network, "10.0.0.1");
            network.run_until(2ms);
            CHECK(write(network, "12345678").count == 8);
            network.run();
            CHECK(origin.received(0) == std::string("12345").substr(0, k));
            CHECK(recorder.facts.back().find(end == End::fin ? "received seen" : "closed: Connection reset") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("a reset leaves what had arrived readable, and writing fails") {
    Network network;
    const Recorder recorder(network);
    network.play("10.0.0.1", Script().send("last words").reset());
    connect(network, "10.0.0.1");
    network.reading(conn, false);
    network.run();
    CHECK(recorder.facts == Lines{"+0ms connected"});
    const Written written = write(network, "hello?");
    CHECK(written.state == Written::State::failed);
    CHECK(written.error == std::errc::connection_reset);
    network.reading(conn, true);
    network.run();
    CHECK(recorder.facts ==
          Lines{"+0ms connected", "+0ms received last words", "+0ms closed: Connection reset by peer"});
}

TEST_CASE("writes can be broken while reading goes on") {
    Network network;
    const Recorder recorder(network);
    network.link({.latency = 1ms});
    network.play("10.0.0.1", Script().break_writes().wait(10ms).send("but this").fin());
    connect(network, "10.0.0.1");
    network.run_until(5ms);
    CHECK(write(network, "x").error == std::errc::broken_pipe);
    network.run();
    CHECK(recorder.facts == Lines{"+2ms connected", "+13ms received but this", "+13ms eof"});
}

TEST_CASE("a probe sees what has arrived before the loop does") {
    Network network;
    const Recorder recorder(network);
    network.link({.latency = 1ms, .notice = 100ms});
    network.play("10.0.0.1", Script().send("early").fin());
    connect(network, "10.0.0.1");
    network.run_until(10ms);
    CHECK(recorder.facts == Lines{"+2ms connected"});
    network.probe(conn);
    CHECK(recorder.facts.back() == "+10ms received early");
    network.probe(conn);
    CHECK(recorder.facts.back() == "+10ms eof");
    network.probe(conn);
    network.run();
    CHECK(recorder.facts.size() == 3);
}

TEST_CASE("a half-close is seen by the server, and its answer comes") {
    Network network;
    const Recorder recorder(network);
    network.play("10.0.0.1", Script().expect("question").expect_eof().send("answer").fin());
    connect(network, "10.0.0.1");
    network.run();
    static_cast<void>(write(network, "question"));
    network.shutdown(conn);
    network.run();
    CHECK(recorder.facts == Lines{"+0ms connected", "+0ms received answer", "+0ms eof"});
}

TEST_CASE("a close is answered in its time, and the server sees the end") {
    for (const std::optional<Duration> delay : {std::optional<Duration>(0ms), std::optional<Duration>(7ms), {}}) {
        Network network;
        const Recorder recorder(network);
        network.link({.close_delay = delay});
        ScriptOrigin& origin = network.play("10.0.0.1", Script().expect("x").expect_eof());
        connect(network, "10.0.0.1");
        network.run();
        static_cast<void>(write(network, "x"));
        network.close(conn);
        CHECK(recorder.facts.size() == (delay ? 1U : 2U));
        CHECK(network.closing() == (delay ? 1U : 0U));
        network.run();
        CHECK(recorder.facts.back() == (delay.value_or(0ms) == 7ms ? "+7ms closed" : "+0ms closed"));
        CHECK(origin.finished() == 1);
        CHECK(network.open() + network.closing() == 0);
    }
}

TEST_CASE("a server that sends to a closed client sees a reset") {
    class Watch final : public Peer {
    public:
        explicit Watch(std::string& log) : log_(log) {}
        void on_open(Socket& socket) override {
            socket.after(10ms, [&socket] { socket.send("too late"); });
            socket.after(20ms, [this] { log_ += "never"; });
        }
        void on_received(Socket&, std::string_view) override {}
        void on_eof(Socket&) override { log_ += "eof "; }
        void on_reset(Socket&) override { log_ += "reset "; }

    private:
        std::string& log_;
    };
    class Watcher final : public Listener {
    public:
        std::unique_ptr<Peer> accept(Socket& socket) override {
            CHECK(socket.number() == 0);
            return std::make_unique<Watch>(log);
        }
        std::string log;
    };
    Network network;
    const Recorder recorder(network);
    const auto watcher = std::make_shared<Watcher>();
    network.listen("10.0.0.1", watcher);
    connect(network, "10.0.0.1");
    network.run_until(1ms);
    network.close(conn);
    network.run();
    CHECK(watcher->log == "eof reset ");
    CHECK(recorder.facts.back() == "+1ms closed");
}

}  // namespace ferry::testing
