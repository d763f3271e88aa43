#include "core/engine/connector.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <limits>

using namespace ferry;
using namespace std::chrono_literals;

TEST_CASE("the dials of an origin are known by age, whichever ends first") {
    Connector connector;
    const DialId a = connector.begin(3).id;
    const DialId b = connector.begin(3).id;
    const DialId c = connector.begin(3).id;
    REQUIRE(connector.newest(3)->id == c);
    connector.end(b);
    REQUIRE(connector.newest(3)->id == c);
    connector.end(c);
    REQUIRE(connector.newest(3)->id == a);
    connector.end(a);
    REQUIRE(connector.newest(3) == nullptr);
    REQUIRE(connector.newest(99) == nullptr);
    connector.end(a);
    REQUIRE(connector.size() == 0);
}

TEST_CASE("the first repetition of a connect is at once, the others wait longer and longer") {
    REQUIRE(Connector::backoff(1) == 0s);
    REQUIRE(Connector::backoff(2) == 500ms);
    REQUIRE(Connector::backoff(3) == 1s);
    REQUIRE(Connector::backoff(4) == 2s);
    REQUIRE(Connector::backoff(8) == 32s);
    REQUIRE(Connector::backoff(9) == 1min);
    REQUIRE(Connector::backoff(std::numeric_limits<std::uint64_t>::max()) == 1min);
}
