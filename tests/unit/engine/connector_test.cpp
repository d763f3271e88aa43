#include "core/engine/connector.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>

using namespace ferry;
using namespace std::chrono_literals;
using Step = Connector::Step;

namespace {
constexpr Time start{};

Endpoint at(std::string_view text) { return parse_address(text, 80).value(); }
}  // namespace

TEST_CASE("a name is looked up, and its addresses are tried in order") {
    Connector connector;
    const LookupId id = connector.begin(start, 0, "example.com", 80, "");
    REQUIRE(connector.first_step(id) == Step::lookup);
    const std::array<Endpoint, 2> found{at("::1"), at("127.0.0.1")};
    REQUIRE(connector.resolved(start + 1s, id, found, {}) == Step::connect);
    REQUIRE(connector.endpoint(*connector.get(id)) == found[0]);
    REQUIRE(connector.get(id)->resolved == start + 1s);
    REQUIRE(connector.attempt_failed(id, std::make_error_code(std::errc::connection_refused)) == Step::connect);
    REQUIRE(connector.endpoint(*connector.get(id)) == found[1]);
    REQUIRE(connector.attempt_failed(id, std::make_error_code(std::errc::timed_out)) == Step::failed);
    REQUIRE(connector.get(id)->failure == Errc::connect_failed);
    REQUIRE(connector.get(id)->cause == std::errc::timed_out);
}

TEST_CASE("addresses and sockets need no lookup") {
    Connector connector;
    const LookupId address = connector.begin(start, 0, "::1", 8080, "");
    REQUIRE(connector.first_step(address) == Step::connect);
    REQUIRE(to_string(connector.endpoint(*connector.get(address))) == "[::1]:8080");
    const LookupId local = connector.begin(start, 0, "example.com", 80, "/run/socket");
    REQUIRE(connector.first_step(local) == Step::connect);
    REQUIRE(to_string(connector.endpoint(*connector.get(local))) == "/run/socket");
}

TEST_CASE("a failed or empty lookup fails the dial") {
    Connector connector;
    const LookupId id = connector.begin(start, 0, "nowhere.invalid", 80, "");
    REQUIRE(connector.resolved(start, id, {}, {}) == Step::failed);
    REQUIRE(connector.get(id)->failure == Errc::name_resolution_failed);
}

TEST_CASE("answers for a dial that is over are ignored, and so is a second answer") {
    Connector connector;
    const LookupId id = connector.begin(start, 0, "example.com", 80, "");
    const std::array<Endpoint, 1> found{at("127.0.0.1")};
    REQUIRE(connector.attempt_failed(id, {}) == Step::ignore);  // none is under way
    REQUIRE(connector.resolved(start, id, found, {}) == Step::connect);
    REQUIRE(connector.resolved(start, id, found, {}) == Step::ignore);
    connector.end(id);
    REQUIRE(connector.attempt_failed(id, {}) == Step::ignore);
    REQUIRE(connector.first_step(id) == Step::ignore);
}

TEST_CASE("the dials of an origin are known by age, whichever ends first") {
    Connector connector;
    const LookupId a = connector.begin(start, 3, "h", 80, "");
    const LookupId b = connector.begin(start, 3, "h", 80, "");
    const LookupId c = connector.begin(start, 3, "h", 80, "");
    REQUIRE(connector.oldest(3) == a);
    REQUIRE(connector.newest(3) == c);
    connector.end(b);
    connector.end(c);
    REQUIRE(connector.newest(3) == a);
    connector.end(a);
    REQUIRE_FALSE(connector.oldest(3));
    REQUIRE_FALSE(connector.newest(99));
}
