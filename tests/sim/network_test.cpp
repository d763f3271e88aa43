// Time, names and connects of the virtual network.
#include "tests/sim/recorder.hpp"

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <stdexcept>

namespace ferry::testing {

TEST_CASE("things happen in the order of their times, then of the asking") {
    Network network;
    std::string order;
    network.at(20ms, [&] { order += 'c'; });
    network.at(10ms, [&] { order += 'a'; });
    network.at(10ms, [&] {
        order += 'b';
        network.after(0ms, [&] { order += '!'; });
    });
    network.run();
    CHECK(order == "ab!c");
    CHECK(network.elapsed() == Duration(20ms));
}

TEST_CASE("run_until stops where it is told, and moves the clock there") {
    Network network;
    int count = 0;
    for (int i = 1; i <= 5; ++i) {
        network.at(10ms * i, [&] { ++count; });
    }
    network.run_until(30ms);
    CHECK(count == 3);
    network.run_until(35ms);
    CHECK(network.elapsed() == Duration(35ms));
    CHECK(network.run_until([&] { return count == 4; }));
    CHECK(network.elapsed() == Duration(40ms));
    CHECK_FALSE(network.run_until([] { return false; }));
    CHECK(count == 5);
}

TEST_CASE("a step from inside a step is refused") {
    Network network;
    network.at(1ms, [&] { CHECK_THROWS_AS(network.step(), std::logic_error); });
    network.run();
}

TEST_CASE("with shuffle the seed picks the order at one instant, and only there") {
    const auto order_of = [](std::uint64_t seed) {
        Network network({.seed = seed, .shuffle = true});
        std::string order;
        for (const char c : std::string("abcdefgh")) {
            network.at(10ms, [&order, c] { order += c; });
        }
        network.at(11ms, [&order] { order += 'z'; });
        network.run();
        return order;
    };
    CHECK(order_of(1) == order_of(1));
    CHECK(order_of(1) != order_of(2));
    CHECK(order_of(1).back() == 'z');
}

TEST_CASE("lookups are answered from the table, in their time") {
    Network network;
    Recorder recorder(network);
    network.name("api.test", {"10.0.0.1", "2001:db8::1"});
    network.name("slow.test", Lookup{.addresses = {"10.0.0.2"}, .delay = 30ms});
    network.name("broken.test", Lookup{.error = std::make_error_code(std::errc::timed_out)});
    network.name("mute.test", Lookup{.answers = false});
    const char* hosts[] = {"api.test", "slow.test", "broken.test", "mute.test", "unknown.test", "10.0.0.9"};
    for (std::uint32_t i = 0; i < std::size(hosts); ++i) {
        network.lookup({.slot = i, .generation = 1}, hosts[i], 8080);
    }
    network.run();
    CHECK(recorder.facts == Lines{"+0ms resolved 10.0.0.1:8080 [2001:db8::1]:8080", "+0ms resolved failed",
                                  "+0ms resolved failed", "+0ms resolved 10.0.0.9:8080",
                                  "+30ms resolved 10.0.0.2:8080"});
    CHECK(network.lookups("slow.test") == 1);
    CHECK(network.lookups("never.asked") == 0);

    network.lookup({.slot = 1, .generation = 2}, "slow.test", 80);
    network.cancel_lookup({.slot = 1, .generation = 2});
    network.cancel_lookup({.slot = 3, .generation = 1});
    network.run();
    CHECK(recorder.facts.size() == 5);
    CHECK(network.violations().empty());
    CHECK_THROWS_AS(network.name("bad.test", {"not an address"}), std::invalid_argument);
}

TEST_CASE("connects are answered by what is at the address") {
    Network network;
    Recorder recorder(network);
    network.link({.latency = 5ms});
    network.play("10.0.0.1", Script());
    network.refuse("10.0.0.2");
    network.black_hole("10.0.0.3");
    network.link("10.0.0.2", {.connect_delay = 1ms});
    connect(network, "10.0.0.1", {0, 1});
    connect(network, "10.0.0.2", {1, 1});
    connect(network, "10.0.0.3", {2, 1});
    connect(network, "10.0.0.4", {3, 1});
    network.run();
    CHECK(recorder.facts ==
          Lines{"+1ms closed: Connection refused", "+10ms connected", "+10ms closed: No route to host"});
    CHECK(network.open() == 2);
    CHECK(network.most_open() == 4);
    CHECK(network.attempts("10.0.0.2") == 1);
    CHECK(network.accepted("10.0.0.1") == 1);
    CHECK(network.accepted("10.0.0.2") == 0);
    network.close({2, 1});
    network.run();
    CHECK(recorder.facts.back() == "+10ms closed");
}

TEST_CASE("places are hosts, addresses and paths, with a port or without") {
    Network network;
    Recorder recorder(network);
    network.play("Some.Host", Script());
    network.play("some.host:8080", Script());
    network.play("[2001:db8::1]:8080", Script());
    network.play("/run/x.sock", Script());
    network.lookup({0, 1}, "some.host", 80);
    network.run();
    CHECK(recorder.facts == Lines{"+0ms resolved 198.18.0.1:80"});
    connect(network, "198.18.0.1");
    network.connect({1, 1}, *parse_address("198.18.0.1", 8080), nullptr);
    network.connect({2, 1}, *parse_address("2001:db8::1", 8080), nullptr);
    Endpoint local;
    local.family = Endpoint::Family::local;
    local.path = "/run/x.sock";
    network.connect({3, 1}, local, nullptr);
    network.run();
    for (const char* place : {"some.host", "some.host:8080", "[2001:db8::1]:8080", "/run/x.sock"}) {
        CHECK(network.accepted(place) == 1);
    }
    for (const char* wrong : {"", "host:", "host:x", "host:70000", "[::1", "[::1]80", ":80"}) {
        CHECK_THROWS_AS(network.refuse(wrong), std::invalid_argument);
    }
}

TEST_CASE("the timer goes off when it is due, rounded up to its unit") {
    Network network({.timer_unit = 1ms});
    const Recorder recorder(network);
    const Time start = network.now();
    network.arm(start + 1'500us);
    network.run();
    CHECK(recorder.facts == Lines{"+2ms timer"});
    network.arm(start);  // Long past: at once.
    network.run();
    CHECK(recorder.facts.back() == "+2ms timer");
    network.arm(start + 5ms);
    network.arm(std::nullopt);
    network.run();
    network.arm(Time::max());
    CHECK_FALSE(network.step());
    CHECK(recorder.facts.size() == 2);
}

TEST_CASE("what happens at the instant of the timer comes before it") {
    Network network;
    Recorder recorder(network);
    network.arm(network.now() + 5ms);
    network.at(5ms, [&] { recorder.facts.emplace_back("first"); });
    network.run();
    CHECK(recorder.facts == Lines{"first", "+5ms timer"});
}

TEST_CASE("while the client sleeps the others go on, and it is told when it wakes") {
    Network network;
    Recorder recorder(network);
    network.link({.latency = 1ms});
    network.play("10.0.0.1", Script().send("early").wait(10ms).send(" late").wait(10s).send(" too late"));
    connect(network, "10.0.0.1");
    network.run_until(2ms);
    network.arm(network.now() + 100ms);
    network.after(50ms, [&] { recorder.facts.emplace_back("action"); });
    network.sleep(1s);
    CHECK(network.elapsed() == Duration(1002ms));
    CHECK(network.unread(conn));
    CHECK(recorder.facts == Lines{"+2ms connected"});
    network.run_until(2s);
    CHECK(recorder.facts == Lines{"+2ms connected", "+1002ms received early late", "action", "+1002ms timer"});
    REQUIRE(network.sleeps().size() == 1);
    CHECK(network.sleeps()[0].begin == Duration(2ms));
    CHECK(network.sleeps()[0].end == Duration(1002ms));
    network.run();
    CHECK(recorder.received == "early late too late");
}

TEST_CASE("lookups and connects are told as they are asked for") {
    Network network;
    const Recorder recorder(network);
    Lines dials;
    network.on_dial(
        [&](LookupId id, std::string_view what) { dials.push_back((id ? "host " : "") + std::string(what)); });
    network.name("api.test", {"10.0.0.1", "10.0.0.2"});
    network.lookup({0, 1}, "api.test", 80);
    connect(network, "10.0.0.1");
    network.run();
    CHECK(dials == Lines{"host api.test", "10.0.0.1:80"});
    CHECK(network.addresses("api.test") == Lines{"10.0.0.1", "10.0.0.2"});
    CHECK(network.addresses("other.test").empty());
}

TEST_CASE("a fact without anybody to tell it to is a mistake") {
    Network network;
    network.arm(network.now());
    CHECK_THROWS_AS(network.step(), std::logic_error);
}

TEST_CASE("the same seed gives the same timeline") {
    const auto run = [](std::uint64_t seed) {
        Network network({.seed = seed, .shuffle = true});
        const Recorder recorder(network);
        network.link({.latency = 1ms, .jitter = 10ms, .split = Split::random()});
        network.play("10.0.0.1", Script().send(std::string(500, 'x')).wait(1ms).send("end").fin());
        connect(network, "10.0.0.1");
        network.run();
        return network.timeline();
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}

}  // namespace ferry::testing
