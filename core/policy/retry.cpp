#include "core/policy/retry.hpp"

#include "core/policy/http_date.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

namespace ferry {

namespace {

std::string fault_of(std::string_view name, TimeLimit limit, bool may_be_never) {
    const auto says = [name](std::string_view fault) {
        return std::string("retry_policy.").append(name).append(" ").append(fault);
    };
    if (!limit.is_number()) {
        return says("is not a number");
    }
    if (limit.value() < Duration::zero()) {
        return says("is negative");
    }
    if (!limit.is_set() || (limit.is_never() && !may_be_never)) {
        return says("is not a duration");
    }
    return {};
}

}  // namespace

std::string fault_of(const RetryPolicy& policy) {
    if (std::string fault = fault_of("backoff", policy.backoff, false); !fault.empty()) {
        return fault;
    }
    if (std::string fault = fault_of("max_backoff", policy.max_backoff, false); !fault.empty()) {
        return fault;
    }
    if (std::string fault = fault_of("max_retry_after", policy.max_retry_after, true); !fault.empty()) {
        return fault;
    }
    if (!(policy.jitter >= 0 && policy.jitter <= 1)) {
        return "retry_policy.jitter is not from 0 to 1";
    }
    return {};
}

bool repeats(const RetryPolicy& policy, std::string_view method, int status) {
    // A response below 300 is what was asked for; 101 and 2xx to CONNECT have given the connection away.
    return status >= 300 && std::ranges::find(policy.statuses, status) != policy.statuses.end() &&
           std::ranges::find(policy.methods, method) != policy.methods.end();
}

bool repeats(const RetryPolicy& policy, std::string_view method, Errc failure, bool unseen) {
    if (!unseen && std::ranges::find(policy.methods, method) == policy.methods.end()) {
        return false;
    }
    switch (failure) {
        case Errc::connect_timeout:
        case Errc::read_timeout:
        case Errc::write_timeout: return policy.timeouts;
        case Errc::connect_failed:
        case Errc::name_resolution_failed:
        case Errc::read_failed:
        case Errc::write_failed:
        case Errc::server_disconnected:
        case Errc::truncated_head: return policy.network_errors;
        default: return false;
    }
}

Duration back_off(const RetryPolicy& policy, std::uint32_t retries, std::uint64_t random) {
    const double longest = static_cast<double>(policy.max_backoff.value().count());
    const double doubled = std::ldexp(static_cast<double>(policy.backoff.value().count()),
                                      static_cast<int>(std::min<std::uint32_t>(retries, 64)));
    const double part = std::ldexp(static_cast<double>(random >> 11U), -53);  // [0, 1)
    const double pause = std::min(doubled, longest) * (1 - policy.jitter * part);
    constexpr double most = static_cast<double>(std::numeric_limits<Duration::rep>::max()) / 2;
    return Duration(static_cast<Duration::rep>(std::min(pause, most)));
}

std::optional<Duration> retry_after(const Headers& headers, std::chrono::sys_seconds wall) {
    const std::optional<std::string_view> text = headers.first("retry-after");
    if (!text || text->empty()) {
        return std::nullopt;
    }
    constexpr std::uint64_t most = 100ULL * 365 * 24 * 3600;  // more is for ever, and fits no clock
    // RFC 9110 section 10.2.3: delay-seconds, or a date.
    if (text->find_first_not_of("0123456789") == std::string_view::npos) {
        std::uint64_t seconds = 0;
        const auto parsed = std::from_chars(text->data(), text->data() + text->size(), seconds);
        return std::chrono::seconds(parsed.ec == std::errc() ? std::min(seconds, most) : most);
    }
    if (const auto date = parse_http_date(*text, wall)) {
        return std::clamp(*date - wall, std::chrono::seconds(0), std::chrono::seconds(most));
    }
    return std::nullopt;
}

}  // namespace ferry
