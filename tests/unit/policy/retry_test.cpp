// The functions of a RetryPolicy.
#include "core/policy/retry.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

using namespace ferry;
using namespace std::chrono_literals;

namespace {
constexpr std::uint64_t least = 0;
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
constexpr std::chrono::sys_seconds wall = std::chrono::sys_days(std::chrono::January / 1 / 2026);
}  // namespace

TEST_CASE("statuses and methods of the policy are repeated, what was asked for never") {
    const RetryPolicy policy;
    for (const int status : {408, 429, 500, 502, 503, 504}) {
        CHECK(repeats(policy, "GET", status));
        CHECK(repeats(policy, "PUT", status));
        CHECK_FALSE(repeats(policy, "POST", status));
        CHECK_FALSE(repeats(policy, "get", status));
    }
    CHECK_FALSE(repeats(policy, "GET", 404));
    const RetryPolicy wrong{.statuses = {101, 200, 204, 299, 300}, .methods = {"CONNECT"}};
    for (const int status : {101, 200, 204, 299}) {
        CHECK_FALSE(repeats(wrong, "CONNECT", status));
    }
    CHECK(repeats(wrong, "CONNECT", 300));
}

TEST_CASE("failures are repeated by their kind") {
    const RetryPolicy policy;
    for (const Errc code : {Errc::connect_timeout, Errc::read_timeout, Errc::write_timeout, Errc::connect_failed,
                            Errc::name_resolution_failed, Errc::read_failed, Errc::write_failed,
                            Errc::server_disconnected, Errc::truncated_head}) {
        CHECK(repeats(policy, "GET", code, false));
        CHECK_FALSE(repeats(policy, "POST", code, false));
        CHECK(repeats(policy, "POST", code, true));  // Nothing of it has been seen.
    }
    for (const Errc code :
         {Errc::cancelled, Errc::client_closed, Errc::total_timeout, Errc::pool_timeout, Errc::bad_start_line,
          Errc::body_too_large, Errc::invalid_body, Errc::certificate_error, Errc::truncated_body}) {
        CHECK_FALSE(repeats(policy, "GET", code, true));
    }
    const RetryPolicy no_time{.timeouts = false};
    CHECK_FALSE(repeats(no_time, "GET", Errc::read_timeout, false));
    CHECK(repeats(no_time, "GET", Errc::read_failed, false));
    const RetryPolicy no_network{.network_errors = false};
    CHECK(repeats(no_network, "GET", Errc::read_timeout, false));
    CHECK_FALSE(repeats(no_network, "GET", Errc::read_failed, false));
}

TEST_CASE("the back-off doubles up to its most, less a random part") {
    const RetryPolicy plain{.backoff = 100ms, .max_backoff = 1s, .jitter = 0};
    CHECK(back_off(plain, 0, most) == 100ms);
    CHECK(back_off(plain, 1, most) == 200ms);
    CHECK(back_off(plain, 3, most) == 800ms);
    CHECK(back_off(plain, 4, most) == 1s);
    CHECK(back_off(plain, 4'000'000'000, most) == 1s);

    const RetryPolicy half{.backoff = 100ms, .jitter = 0.5};
    CHECK(back_off(half, 0, least) == 100ms);
    CHECK(back_off(half, 0, most) >= 50ms);
    CHECK(back_off(half, 0, most) < 51ms);
    const RetryPolicy full{.backoff = 100ms, .jitter = 1};
    CHECK(back_off(full, 0, most) < 1ms);
    CHECK(back_off(full, 0, most) >= 0ms);

    const RetryPolicy endless{.backoff = Duration::max(), .max_backoff = Duration::max(), .jitter = 0};
    CHECK(back_off(endless, 3, least) > 24h * 365 * 100);
    CHECK(back_off(RetryPolicy{.backoff = 0s}, 7, most) == 0s);
}

TEST_CASE("Retry-After is seconds or a date") {
    const auto asked = [](std::string_view text) { return retry_after({{"Retry-After", text}}, wall); };
    CHECK(asked("0") == Duration(0s));
    CHECK(asked("120") == Duration(120s));
    CHECK(asked("99999999999999999999999") > Duration(24h * 365 * 99));
    CHECK(asked("Thu, 01 Jan 2026 00:00:30 GMT") == Duration(30s));
    CHECK(asked("Wed, 31 Dec 2025 23:59:59 GMT") == Duration(0s));
    CHECK(asked("Fri, 31 Dec 9999 23:59:59 GMT") > Duration(24h * 365 * 99));
    CHECK(asked("") == std::nullopt);
    CHECK(asked("-1") == std::nullopt);
    CHECK(asked("1.5") == std::nullopt);
    CHECK(asked("soon") == std::nullopt);
    CHECK(retry_after(Headers{}, wall) == std::nullopt);
}

TEST_CASE("a policy without meaning is told by its field") {
    CHECK(fault_of(RetryPolicy{}).empty());
    CHECK(fault_of(RetryPolicy{.max_retry_after = std::nullopt}).empty());
    CHECK(fault_of(RetryPolicy{.backoff = -1s}) == "retry_policy.backoff is negative");
    CHECK(fault_of(RetryPolicy{.backoff = std::nullopt}) == "retry_policy.backoff is not a duration");
    CHECK(fault_of(RetryPolicy{.max_backoff = TimeLimit()}) == "retry_policy.max_backoff is not a duration");
    CHECK(fault_of(RetryPolicy{.max_retry_after = -1s}) == "retry_policy.max_retry_after is negative");
    CHECK(fault_of(RetryPolicy{.jitter = 1.5}) == "retry_policy.jitter is not from 0 to 1");
    CHECK(fault_of(RetryPolicy{.jitter = std::numeric_limits<double>::quiet_NaN()}) ==
          "retry_policy.jitter is not from 0 to 1");
}
