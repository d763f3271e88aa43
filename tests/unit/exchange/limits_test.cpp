// Three states for limits, and what they resolve to.
#include "core/exchange/resolve.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

using namespace ferry;
using namespace ferry::detail;
using namespace std::chrono_literals;

namespace {

Deadlines in_force(const TimeoutOption& request, const TimeoutOption& client) {
    return resolve(request.timeout(), client.timeout()).value();
}

std::optional<Duration> some(Duration duration) { return duration; }

}  // namespace

TEST_CASE("a duration of any chrono type is a time limit") {
    CHECK(TimeLimit(300ms).value() == 300'000'000ns);
    CHECK(TimeLimit(2h).value() == 7'200s);
    CHECK(TimeLimit(1.5s).value() == 1'500ms);
    CHECK(TimeLimit(0.3s).value() == 300ms);
    CHECK(TimeLimit(std::chrono::duration<float>(0.25F)).value() == 250ms);
    CHECK(TimeLimit(std::chrono::duration<int, std::ratio<1, 3>>(1)).value() == 333'333'333ns);
    CHECK(TimeLimit(std::chrono::days(1)).value() == 24h);
    CHECK(TimeLimit(-1s).value() == -1s);
}

TEST_CASE("a time limit is held at the longest, and a short one is not zero") {
    CHECK(TimeLimit(std::chrono::hours::max()).value() == Duration::max());
    CHECK(TimeLimit(std::chrono::hours::min()).value() == -Duration::max());
    CHECK(TimeLimit(Duration::max()).value() == Duration::max());
    CHECK(TimeLimit(Duration::max() - 1ns).value() == Duration::max() - 1ns);
    CHECK(TimeLimit(std::chrono::duration<double>(1e300)).value() == Duration::max());
    CHECK(TimeLimit(std::chrono::duration<double>(std::numeric_limits<double>::infinity())).value() == Duration::max());
    CHECK(TimeLimit(std::chrono::duration<int, std::pico>(1)).value() == 1ns);
    CHECK(TimeLimit(std::chrono::duration<double>(1e-12)).value() == 1ns);
    CHECK(TimeLimit(std::chrono::duration<double>(-1e-12)).value() == -1ns);
    CHECK_FALSE(TimeLimit(std::chrono::duration<double>(std::nan(""))).is_number());
}

TEST_CASE("a time limit knows its three states") {
    CHECK_FALSE(TimeLimit().is_set());
    CHECK(TimeLimit(std::nullopt).is_set());
    CHECK(TimeLimit(std::nullopt).is_never());
    CHECK(TimeLimit(0s).is_set());
    CHECK_FALSE(TimeLimit(0s).is_never());
    STATIC_CHECK(TimeLimit(1s).or_else(TimeLimit(2s)) == TimeLimit(1s));
    STATIC_CHECK(TimeLimit().or_else(TimeLimit(2s)) == TimeLimit(2s));
    STATIC_CHECK(TimeLimit(std::nullopt).or_else(TimeLimit(2s)).is_never());
}

TEST_CASE("timeouts of a request go over those of the client, and these over the defaults") {
    const Deadlines defaults = in_force({}, {});
    CHECK(defaults.connect == some(5s));
    CHECK(defaults.read == some(5s));
    CHECK(defaults.write == some(5s));
    CHECK(defaults.pool == some(5s));
    CHECK(defaults.total == std::nullopt);

    SECTION("a duration sets four") {
        const Deadlines d = in_force({}, 30s);
        CHECK(d.connect == some(30s));
        CHECK(d.read == some(30s));
        CHECK(d.write == some(30s));
        CHECK(d.pool == some(30s));
        CHECK(d.total == std::nullopt);
    }
    SECTION("nullopt sets four to never, and leaves total to the client") {
        const Deadlines d = in_force(std::nullopt, Timeout{.read = 1s, .total = 9s});
        CHECK(d.connect == std::nullopt);
        CHECK(d.read == std::nullopt);
        CHECK(d.write == std::nullopt);
        CHECK(d.pool == std::nullopt);
        CHECK(d.total == some(9s));
    }
    SECTION("what is unset comes from the client, field by field") {
        const Deadlines d = in_force(Timeout{.read = 300ms, .pool = std::nullopt}, Timeout{.connect = 1s, .read = 2s});
        CHECK(d.connect == some(1s));
        CHECK(d.read == some(300ms));
        CHECK(d.write == some(5s));
        CHECK(d.pool == std::nullopt);
        CHECK(d.total == std::nullopt);
    }
    SECTION("a duration, and never for one") {
        const Deadlines d = in_force(Timeout{.read = std::nullopt, .total = 60s}, 2s);
        CHECK(d.connect == some(2s));
        CHECK(d.read == std::nullopt);
        CHECK(d.total == some(60s));
    }
    SECTION("0 is a limit for pool") { CHECK(in_force(Timeout{.pool = 0s}, {}).pool == some(0s)); }
}

TEST_CASE("a timeout without meaning is an error that names it") {
    const auto fault = [](const TimeoutOption& request, const TimeoutOption& client) {
        const auto resolved = resolve(request.timeout(), client.timeout());
        REQUIRE_FALSE(resolved);
        CHECK(resolved.error().code == Errc::invalid_option);
        return resolved.error().message;
    };
    CHECK(fault(Timeout{.read = -1s}, {}) == "timeout.read is negative");
    CHECK(fault({}, Timeout{.write = -1ns}) == "timeout.write is negative");
    CHECK(fault(Timeout{.pool = -1s}, {}) == "timeout.pool is negative");
    CHECK(fault(Timeout{.total = 0s}, {}) == "timeout.total is zero; std::nullopt means no limit");
    CHECK(fault(0s, {}) == "timeout.connect is zero; std::nullopt means no limit");
    CHECK(fault(-1.5s, {}) == "timeout.connect is negative");
    CHECK(fault(std::chrono::duration<double>(std::nan("")), {}) == "timeout.connect is not a number");
    CHECK(resolve(Timeout{.read = 1s}, Timeout{.read = -1s}));  // Not in force.
}

TEST_CASE("limits: the defaults hold until a field is set") {
    SECTION("none") {
        const PoolLimits limits = resolve(Limits{}).value();
        CHECK(limits.max_connections == 100);
        CHECK(limits.max_keepalive == 20);
        CHECK(limits.keepalive_expiry == some(5s));
    }
    SECTION("max_connections alone puts no cap on keep-alive") {
        const PoolLimits limits = resolve(Limits{.max_connections = 10}).value();
        CHECK(limits.max_connections == 10);
        CHECK(limits.max_keepalive == PoolLimits::none);
        CHECK(limits.keepalive_expiry == some(5s));
    }
    SECTION("keepalive_expiry alone") {
        const PoolLimits limits = resolve(Limits{.keepalive_expiry = 1min}).value();
        CHECK(limits.max_connections == PoolLimits::none);
        CHECK(limits.max_keepalive == PoolLimits::none);
        CHECK(limits.keepalive_expiry == some(60s));
    }
    SECTION("no limit") {
        const PoolLimits limits =
            resolve(Limits{.max_connections = std::nullopt, .max_keepalive = 0, .keepalive_expiry = std::nullopt})
                .value();
        CHECK(limits.max_connections == PoolLimits::none);
        CHECK(limits.max_keepalive == 0);
        CHECK(limits.keepalive_expiry == std::nullopt);
    }
    SECTION("the cap for each origin, and the age, are off until they are set") {
        CHECK(resolve(Limits{}).value().max_per_origin == PoolLimits::none);
        CHECK(resolve(Limits{}).value().max_connection_age == std::nullopt);
        const PoolLimits limits = resolve(Limits{.max_per_origin = 6, .max_connection_age = 1h}).value();
        CHECK(limits.max_connections == PoolLimits::none);
        CHECK(limits.max_per_origin == 6);
        CHECK(limits.max_connection_age == some(3600s));
        CHECK(resolve(Limits{.max_connection_age = std::nullopt}).value().max_connection_age == std::nullopt);
    }
    SECTION("never reuse") { CHECK(resolve(Limits{.keepalive_expiry = 0s}).value().keepalive_expiry == some(0s)); }
}

TEST_CASE("a limit without meaning is an error that names it") {
    const auto fault = [](const Limits& limits) { return std::string(resolve(limits).error().message); };
    CHECK(fault({.max_connections = -1}) == "limits.max_connections is negative");
    CHECK(fault({.max_connections = 0}) == "limits.max_connections is zero; std::nullopt means no limit");
    CHECK(fault({.max_keepalive = -5L}) == "limits.max_keepalive is negative");
    CHECK(fault({.keepalive_expiry = -5ms}) == "limits.keepalive_expiry is negative");
    CHECK(fault({.max_per_origin = -1}) == "limits.max_per_origin is negative");
    CHECK(fault({.max_per_origin = 0}) == "limits.max_per_origin is zero; std::nullopt means no limit");
    CHECK(fault({.max_connection_age = -1s}) == "limits.max_connection_age is negative");
    CHECK(fault({.max_connection_age = 0s}) == "limits.max_connection_age is zero; std::nullopt means no limit");
}

TEST_CASE("the cap on a body: the request's, the client's, the default") {
    CHECK(resolve_max_bytes({}, {}, 7).value() == 7);
    CHECK(resolve_max_bytes({}, 5, 7).value() == 5);
    CHECK(resolve_max_bytes(0, 5, 7).value() == 0);
    CHECK(resolve_max_bytes(std::nullopt, 5, 7).value() == no_limit);
    CHECK(resolve_max_bytes({}, std::nullopt, 7).value() == no_limit);
    CHECK(resolve_max_bytes(-1, {}, 7).error().message == "max_decoded_bytes is negative");
    CHECK(resolve_max_bytes({}, std::numeric_limits<std::uint64_t>::max(), 7).value() == no_limit);
}

TEST_CASE("retries: the request's, the client's, none") {
    CHECK(resolve_retries({}, {}).value() == 0);
    CHECK(resolve_retries({}, 3).value() == 3);
    CHECK(resolve_retries(0, 3).value() == 0);
    CHECK(resolve_retries(std::nullopt, 3).value() == no_limit);
    CHECK(resolve_retries(-1, {}).error().message == "retries is negative");
    CHECK(resolve_retries({}, -1).error().code == Errc::invalid_option);
}

TEST_CASE("a table of hosts, as URLs spell them") {
    const std::vector<HostAddresses> table = resolve(Hosts{{"API.test", "10.0.0.1"},
                                                           {"db.test:8080", {"::1", "[2001:db8::1]", "10.0.0.2"}},
                                                           {"web.test:80", "10.0.0.3"},
                                                           {"b\u00fccher.test", "10.0.0.4"},
                                                           {"[::1]:81", "10.0.0.5"},
                                                           {"[::1]", "10.0.0.6"},
                                                           {"10.9.8.7", "10.0.0.7"}})
                                                 .value();
    REQUIRE(table.size() == 7);
    CHECK(table[0].host == "api.test");
    CHECK(table[0].port == 0);
    CHECK(to_string(table[0].endpoints.at(0)) == "10.0.0.1:0");
    CHECK(table[1].host == "db.test");
    CHECK(table[1].port == 8080);
    REQUIRE(table[1].endpoints.size() == 3);
    CHECK(to_string(table[1].endpoints[1]) == "[2001:db8::1]:8080");
    CHECK(table[2].port == 80);
    CHECK(table[3].host == "xn--bcher-kva.test");
    CHECK(table[4].host == "::1");
    CHECK(table[4].port == 81);
    CHECK(table[5].port == 0);
    CHECK(table[6].host == "10.9.8.7");
}

TEST_CASE("an entry of hosts without meaning is an error that names it") {
    const auto fault = [](const Hosts& hosts) { return std::string(resolve(hosts).error().message); };
    CHECK(fault({{"a b", "10.0.0.1"}}) == "hosts: \"a b\" is not a host, or host:port");
    CHECK(fault({{"", "10.0.0.1"}}) == "hosts: \"\" is not a host, or host:port");
    CHECK(fault({{"h:0", "10.0.0.1"}}) == "hosts: \"h:0\" is not a host, or host:port");
    CHECK(fault({{"h:99999", "10.0.0.1"}}) == "hosts: \"h:99999\" is not a host, or host:port");
    CHECK(fault({{"http://h", "10.0.0.1"}}) == "hosts: \"http://h\" is not a host, or host:port");
    CHECK(fault({{"h/path", "10.0.0.1"}}) == "hosts: \"h/path\" is not a host, or host:port");
    CHECK(fault({{"user@h", "10.0.0.1"}}) == "hosts: \"user@h\" is not a host, or host:port");
    CHECK(fault({{"h", "example.com"}}) == "hosts: \"h\": \"example.com\" is not an address");
    CHECK(fault({{"h", "127.1"}}) == "hosts: \"h\": \"127.1\" is not an address");
    CHECK(fault({{"h", std::vector<std::string>()}}) == "hosts: \"h\" has no address");
}
