#include "core/engine/lookups.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <span>
#include <string>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;

namespace {
constexpr Time start{};

std::vector<Endpoint> at(std::string_view text) { return {parse_address(text, 80).value()}; }

std::vector<std::uint32_t> list(std::span<const std::uint32_t> askers) { return {askers.begin(), askers.end()}; }

using Slots = std::vector<std::uint32_t>;
}  // namespace

TEST_CASE("lookups of one host are one lookup, and its answer is for all") {
    Lookups lookups({});
    const auto first = lookups.join(7, "a.test");
    CHECK(first.began);
    const auto second = lookups.join(3, "a.test");
    CHECK_FALSE(second.began);
    CHECK(second.id == first.id);
    CHECK(lookups.join(5, "b.test").began);
    CHECK(lookups.host(first.id) == "a.test");
    CHECK(list(lookups.answered(start, first.id, at("10.0.0.1"))) == Slots{7, 3});
    CHECK(lookups.answered(start, first.id, at("10.0.0.1")).empty());
    CHECK(lookups.running() == 1);
    CHECK(lookups.audit().empty());
}

TEST_CASE("a lookup outlives its first asker, and ends with its last") {
    Lookups lookups({});
    const auto joined = lookups.join(0, "a.test");
    lookups.join(1, "a.test");
    lookups.join(2, "a.test");
    CHECK_FALSE(lookups.leave(0));
    CHECK_FALSE(lookups.leave(2));
    CHECK(lookups.audit().empty());
    CHECK(lookups.leave(1) == joined.id);
    CHECK_FALSE(lookups.leave(1));
    CHECK(lookups.answered(start, joined.id, at("10.0.0.1")).empty());
    CHECK(lookups.cached() == 0);
    CHECK(lookups.join(1, "a.test").began);
    CHECK(lookups.audit().empty());
}

TEST_CASE("an answer serves for 10 s, an error not at all") {
    Lookups lookups({});
    (void)lookups.answered(start, lookups.join(0, "bad.test").id, {});
    CHECK(lookups.find(start, "bad.test", 80).endpoints == nullptr);
    (void)lookups.answered(start, lookups.join(0, "a.test").id, at("10.0.0.1"));
    const auto known = lookups.find(start + 9999ms, "a.test", 8080);
    REQUIRE(known.endpoints != nullptr);
    CHECK(known.cached);
    CHECK(*known.endpoints == at("10.0.0.1"));
    CHECK(lookups.find(start + 10s, "a.test", 80).endpoints == nullptr);
    CHECK(lookups.cached() == 0);
}

TEST_CASE("a thousand answers are kept, the latest ones") {
    Lookups lookups({});
    for (int i = 0; i <= 1000; ++i) {
        (void)lookups.answered(start, lookups.join(0, "h" + std::to_string(i)).id, at("10.0.0.1"));
    }
    CHECK(lookups.cached() == Lookups::capacity);
    CHECK(lookups.find(start, "h0", 80).endpoints == nullptr);
    CHECK(lookups.find(start, "h1", 80).endpoints != nullptr);
    (void)lookups.answered(start + 11s, lookups.join(0, "late").id, at("10.0.0.1"));
    CHECK(lookups.cached() == 1);  // all others are stale
    CHECK(lookups.audit().empty());
}

TEST_CASE("the table goes before all else, and a port of its own before none") {
    const std::vector<HostAddresses> table{{.host = "a.test", .port = 0, .endpoints = at("10.0.0.1")},
                                           {.host = "a.test", .port = 8080, .endpoints = at("10.0.0.2")}};
    Lookups lookups(table);
    const auto any = lookups.find(start, "a.test", 80);
    REQUIRE(any.endpoints != nullptr);
    CHECK_FALSE(any.cached);
    CHECK(*any.endpoints == at("10.0.0.1"));
    CHECK(*lookups.find(start, "a.test", 8080).endpoints == at("10.0.0.2"));
    CHECK(lookups.find(start, "b.test", 80).endpoints == nullptr);
}
