#include "core/engine/eyeballs.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using Step = Eyeballs::Step;

namespace {
constexpr Time start{};

std::vector<Endpoint> endpoints(std::initializer_list<std::string_view> texts) {
    std::vector<Endpoint> list;
    for (const std::string_view text : texts) {
        list.push_back(parse_address(text, 1).value());
    }
    return list;
}

std::string order(std::initializer_list<std::string_view> texts) {
    std::string text;
    for (const Endpoint& endpoint : Eyeballs::interleaved(endpoints(texts), 80)) {
        text += (text.empty() ? "" : " ") + to_string(endpoint);
    }
    return text;
}
}  // namespace

TEST_CASE("families take turns, and each keeps its order") {
    CHECK(order({"::1", "::2", "::3", "10.0.0.1", "10.0.0.2"}) == "[::1]:80 10.0.0.1:80 [::2]:80 10.0.0.2:80 [::3]:80");
    CHECK(order({"10.0.0.1", "::1", "10.0.0.2"}) == "10.0.0.1:80 [::1]:80 10.0.0.2:80");
    CHECK(order({"10.0.0.1", "10.0.0.2"}) == "10.0.0.1:80 10.0.0.2:80");
    CHECK(order({"::1"}) == "[::1]:80");
}

TEST_CASE("the next address has its turn after 250 ms, if there is a place") {
    Eyeballs race;
    REQUIRE(race.start(endpoints({"::1", "10.0.0.1", "::2"})) == Step::attempt);
    REQUIRE(to_string(race.next(start)) == "[::1]:1");
    REQUIRE(race.due() == start + 250ms);
    REQUIRE(race.late(start + 250ms, true) == Step::attempt);
    REQUIRE(to_string(race.next(start + 250ms)) == "10.0.0.1:1");
    REQUIRE(race.due() == start + 500ms);
    REQUIRE(race.late(start + 500ms, true) == Step::attempt);
    REQUIRE(to_string(race.next(start + 500ms)) == "[::2]:1");
    REQUIRE_FALSE(race.due());
    REQUIRE(race.running() == 3);
}

TEST_CASE("without a place an attempt has 2 s, then the next address takes its place") {
    Eyeballs race;
    (void)race.start(endpoints({"::1", "10.0.0.1", "::2"}));
    (void)race.next(start);
    REQUIRE(race.late(start + 250ms, false) == Step::wait);
    REQUIRE(race.due() == start + 2s);
    REQUIRE(race.late(start + 2s, false) == Step::replace);
    REQUIRE(to_string(race.next(start + 2s)) == "10.0.0.1:1");
    REQUIRE(race.running() == 1);
    REQUIRE(race.due() == start + 2s + 250ms);
}

TEST_CASE("a failure moves on at once, and the last one ends it") {
    Eyeballs race;
    (void)race.start(endpoints({"::1", "10.0.0.1"}));
    (void)race.next(start);
    REQUIRE(race.failed() == Step::attempt);
    (void)race.next(start + 10ms);
    REQUIRE_FALSE(race.due());
    REQUIRE(race.failed() == Step::exhausted);
}

TEST_CASE("a failure waits for the attempts that are under way") {
    Eyeballs race;
    (void)race.start(endpoints({"::1", "10.0.0.1"}));
    (void)race.next(start);
    (void)race.late(start + 250ms, true);
    (void)race.next(start + 250ms);
    REQUIRE(race.failed() == Step::wait);
    REQUIRE(race.failed() == Step::exhausted);
}
