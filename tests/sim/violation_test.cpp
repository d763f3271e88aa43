// What the network finds wrong: each rule of the contract is broken once, and must be noticed.
#include "tests/sim/recorder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace ferry::testing {

namespace {

/// A network with one open connection.
struct Connected {
    explicit Connected(NetworkConfig config = NetworkConfig{}) : network(config), recorder(network) {
        network.play("10.0.0.1", Script());
        connect(network, "10.0.0.1");
        network.run();
    }
    [[nodiscard]] bool complains_of(std::string_view what) const {
        return network.violations().size() == 1 && network.violations()[0].find(what) != std::string::npos;
    }
    Network network;
    Recorder recorder;
};

}  // namespace

TEST_CASE("an op for a connection that is closed is noticed") {
    Connected c;
    c.network.close(conn);
    c.network.run();
    CHECK(c.network.violations().empty());
    c.network.reading(conn, false);
    CHECK(c.complains_of("Reading #0.1 after its on_closed"));
}

TEST_CASE("an op after Close is noticed") {
    Connected c;
    c.network.close(conn);
    c.network.probe(conn);
    CHECK(c.complains_of("Probe #0.1 after Close"));
}

TEST_CASE("an op that was produced before the end was told is tolerated to the end of the turn") {
    Connected c;
    c.recorder.on_turn = [&] {
        if (c.recorder.facts.back().ends_with("closed")) {
            c.network.reading(conn, false);
        }
    };
    c.network.close(conn);
    c.network.run();
    CHECK(c.network.violations() == Lines{});
    c.network.after(1ms, [] {});
    c.network.run();
    CHECK(c.complains_of("Reading #0.1 after its on_closed"));
}

TEST_CASE("an op for a connection that never was is noticed") {
    Connected c;
    c.network.shutdown({.slot = 7, .generation = 1});
    CHECK(c.complains_of("Shutdown #7.1, which names no connection"));
}

TEST_CASE("a slot that is in use is noticed") {
    Connected c;
    connect(c.network, "10.0.0.1", {.slot = 0, .generation = 2});
    CHECK(c.complains_of("in use"));
}

TEST_CASE("writes at the wrong time are noticed") {
    SECTION("before the connect") {
        Network network;
        const Recorder recorder(network);
        network.play("10.0.0.1", Script());
        connect(network, "10.0.0.1");
        CHECK(write(network, "x").state == Written::State::failed);
        CHECK(network.violations().size() == 1);
    }
    SECTION("after the shutdown") {
        Connected c;
        c.network.shutdown(conn);
        static_cast<void>(write(c.network, "x"));
        CHECK(c.complains_of("after its shutdown"));
    }
    SECTION("while one is under way") {
        Connected c({.writes = NetworkConfig::Writes::completion});
        const std::string text = "x";
        static_cast<void>(write(c.network, text));
        static_cast<void>(write(c.network, text));
        CHECK(c.complains_of("while one is under way"));
    }
    SECTION("of nothing") {
        Connected c;
        static_cast<void>(write(c.network, ""));
        CHECK(c.complains_of("an empty write"));
    }
    SECTION("of more than may be lent") {
        Connected c({.writes = NetworkConfig::Writes::completion});
        const std::string text(100'000, 'x');
        static_cast<void>(write(c.network, text));
        CHECK(c.complains_of("a loan of 100000 bytes"));
    }
}

TEST_CASE("lent memory that changes is noticed") {
    for (const bool closed : {false, true}) {
        Connected c({.writes = NetworkConfig::Writes::completion});
        std::string text = "lent until on_sent or on_closed";
        static_cast<void>(write(c.network, text));
        text[7] = '!';
        if (closed) {
            c.network.close(conn);
        }
        c.network.run();
        CHECK(c.complains_of("byte 7 of 31 lent ones has changed"));
    }
}

TEST_CASE("bytes that were read do not stay") {
    class Keeper final : public Facts {
    public:
        std::vector<std::span<const std::byte>> kept;
        std::vector<std::byte> memory = std::vector<std::byte>(64);

        std::span<std::byte> read_buffer(ConnId) override { return memory; }
        void on_received(ConnId, std::span<const std::byte> bytes) override { kept.push_back(bytes); }
        void on_resolved(LookupId, std::span<const Endpoint>, std::error_code) override {}
        void on_connected(ConnId) override {}
        void on_eof(ConnId) override {}
        void on_writable(ConnId) override {}
        void on_sent(ConnId, std::size_t) override {}
        void on_send_failed(ConnId, std::error_code) override {}
        void on_closed(ConnId, std::error_code) override {}
        void on_timer() override {}
        void turn() override {}
    };
    Network network({.reads = NetworkConfig::Reads::engine_memory});
    Keeper keeper;
    network.attach(keeper);
    network.play("10.0.0.1", Script().send("first").wait(1ms).send("2"));
    connect(network, "10.0.0.1");
    network.run_until([&] { return keeper.kept.size() == 1; });
    CHECK(as_text(keeper.kept[0]) == "first");
    network.run();
    CHECK(as_text(keeper.kept[0]) == "2\xDD\xDD\xDD\xDD");
}

TEST_CASE("a busy loop is noticed, and ended") {
    Network network;
    Recorder recorder(network);
    recorder.on_turn = [&] { network.arm(network.now() - 1ms); };
    network.arm(network.now());
    network.run();
    REQUIRE(network.violations().size() == 1);
    CHECK(network.violations()[0].find("busy loop") != std::string::npos);
}

TEST_CASE("a lookup that is cancelled twice is noticed") {
    Network network;
    const Recorder recorder(network);
    network.lookup({0, 1}, "api.test", 80);
    network.cancel_lookup({0, 1});
    CHECK(network.violations().empty());
    network.cancel_lookup({0, 1});
    CHECK(network.violations().size() == 1);
}

TEST_CASE("a client that does not follow the script is noticed") {
    SECTION("other bytes") {
        Connected c;
        c.network.play("10.0.0.2", Script().expect("GET "));
        connect(c.network, "10.0.0.2", {1, 1});
        c.network.run();
        static_cast<void>(write(c.network, "GOT", {1, 1}));
        c.network.run();
        CHECK(c.complains_of("expects 4 bytes: GET ; it got 3 bytes: GOT"));
    }
    SECTION("bytes where the end was due") {
        Connected c;
        c.network.play("10.0.0.2", Script().expect_eof());
        connect(c.network, "10.0.0.2", {1, 1});
        c.network.run();
        static_cast<void>(write(c.network, "more", {1, 1}));
        c.network.run();
        CHECK(c.complains_of("expects the end"));
    }
    SECTION("a script that repeats nothing for ever") {
        Connected c;
        c.network.play("10.0.0.2", Script().send("x").repeat());
        connect(c.network, "10.0.0.2", {1, 1});
        c.network.run();
        CHECK(c.complains_of("repeats without waiting"));
    }
}

}  // namespace ferry::testing
