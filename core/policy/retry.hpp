// Whether and when a request is made again: functions of its RetryPolicy, nothing else.
#pragma once

#include <ferry/error.hpp>
#include <ferry/headers.hpp>
#include <ferry/retry.hpp>
#include <ferry/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

/// What of the policy has no meaning, as "retry_policy.backoff is negative"; empty if all is well.
[[nodiscard]] std::string fault_of(const RetryPolicy& policy);

/// The policy asks for another attempt after a response with this status. Limits on number and time are apart.
[[nodiscard]] bool repeats(const RetryPolicy& policy, std::string_view method, int status);

/// The policy asks for another attempt after this failure. `unseen`: the server has got no byte of the request.
[[nodiscard]] bool repeats(const RetryPolicy& policy, std::string_view method, Errc failure, bool unseen);

/// The pause before repetition number `retries` (from 0) if the server does not ask for one. `random` is evenly
/// distributed over all 64 bits.
[[nodiscard]] Duration back_off(const RetryPolicy& policy, std::uint32_t retries, std::uint64_t random);

/// What Retry-After asks for, counted from `wall`; dates that are past are no pause. Nothing if it is missing or means
/// nothing.
[[nodiscard]] std::optional<Duration> retry_after(const Headers& headers, std::chrono::sys_seconds wall);

}  // namespace ferry
