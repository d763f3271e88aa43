// From settings in three states to limits in force.
#pragma once

#include <ferry/engine.hpp>
#include <ferry/hosts.hpp>
#include <ferry/limits.hpp>
#include <ferry/request.hpp>
#include <ferry/result.hpp>
#include <ferry/retry.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace ferry::detail {

/// The cap on a collected body that is in force when none is set; it bounds memory, not what a server may send.
inline constexpr std::uint64_t default_max_collected = std::uint64_t{1} << 30;

inline constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// Field by field: the request's, else the client's, else the default. Errc::invalid_option that names the field
/// ("timeout.read is negative") for a value without meaning.
[[nodiscard]] Result<Deadlines> resolve(const Timeout& request, const Timeout& client);

/// The defaults if no field is set; else what is set, and no limit for the rest but keepalive_expiry.
[[nodiscard]] Result<PoolLimits> resolve(const Limits& limits);

/// The request's, else the client's, else none.
[[nodiscard]] Result<std::uint64_t> resolve_retries(CountLimit request, CountLimit client);

/// The table with its hosts as URLs spell them. Errc::invalid_option that names the entry for one without meaning.
[[nodiscard]] Result<std::vector<HostAddresses>> resolve(const Hosts& hosts);
/// How long to wait for the answer to an expectation; nothing: there is none.
[[nodiscard]] Result<std::optional<Duration>> resolve(ExpectContinue request, ExpectContinue client);

/// The policy, shared by all requests that it is for; null if there is none.
[[nodiscard]] Result<std::shared_ptr<const RetryPolicy>> resolve(const std::optional<RetryPolicy>& policy);

/// The request's, else the client's, else `fallback`. no_limit if there is none.
[[nodiscard]] Result<std::uint64_t> resolve_max_bytes(CountLimit request, CountLimit client, std::uint64_t fallback);

}  // namespace ferry::detail
