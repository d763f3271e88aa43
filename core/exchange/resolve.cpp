#include "core/exchange/resolve.hpp"

#include <ferry/endpoint.hpp>
#include <ferry/url.hpp>

#include "core/message/quote.hpp"
#include "core/policy/retry.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ferry::detail {

namespace {

Error invalid_option(std::string_view name, std::string_view fault) {
    return {.code = Errc::invalid_option, .message = std::string(name).append(" ").append(fault)};
}

enum class Zero : std::uint8_t { refused, allowed };

Result<void> check(std::string_view name, TimeLimit limit, Zero zero) {
    if (!limit.is_number()) {
        return invalid_option(name, "is not a number");
    }
    if (limit.value() < Duration::zero()) {
        return invalid_option(name, "is negative");
    }
    if (limit.is_set() && !limit.is_never() && limit.value() == Duration::zero() && zero == Zero::refused) {
        return invalid_option(name, "is zero; std::nullopt means no limit");
    }
    return {};
}

std::string_view without_brackets(std::string_view text) {
    return text.starts_with('[') && text.ends_with(']') ? text.substr(1, text.size() - 2) : text;
}

std::optional<Duration> in_force(TimeLimit limit) {
    return limit.is_never() ? std::nullopt : std::optional(limit.value());
}

struct TimeoutField {
    std::string_view name;
    TimeLimit Timeout::* setting;
    std::optional<Duration> Deadlines::* deadline;
    Zero zero;
};

constexpr std::array timeout_fields{
    TimeoutField{"timeout.connect", &Timeout::connect, &Deadlines::connect, Zero::refused},
    TimeoutField{"timeout.read", &Timeout::read, &Deadlines::read, Zero::refused},
    TimeoutField{"timeout.write", &Timeout::write, &Deadlines::write, Zero::refused},
    TimeoutField{"timeout.pool", &Timeout::pool, &Deadlines::pool, Zero::allowed},
    TimeoutField{"timeout.total", &Timeout::total, &Deadlines::total, Zero::refused},
};

}  // namespace

Result<Deadlines> resolve(const Timeout& request, const Timeout& client) {
    Deadlines deadlines;
    for (const TimeoutField& field : timeout_fields) {
        const TimeLimit limit = (request.*field.setting).or_else(client.*field.setting);
        if (const auto checked = check(field.name, limit, field.zero); !checked) {
            return checked.error();
        }
        if (limit.is_set()) {
            deadlines.*field.deadline = in_force(limit);
        }
    }
    return deadlines;
}

Result<PoolLimits> resolve(const Limits& limits) {
    if (limits.max_connections.is_negative()) {
        return invalid_option("limits.max_connections", "is negative");
    }
    if (limits.max_connections == CountLimit(0)) {
        return invalid_option("limits.max_connections", "is zero; std::nullopt means no limit");
    }
    if (limits.max_keepalive.is_negative()) {
        return invalid_option("limits.max_keepalive", "is negative");
    }
    if (const auto checked = check("limits.keepalive_expiry", limits.keepalive_expiry, Zero::allowed); !checked) {
        return checked.error();
    }
    if (limits.max_per_origin.is_negative()) {
        return invalid_option("limits.max_per_origin", "is negative");
    }
    if (limits.max_per_origin == CountLimit(0)) {
        return invalid_option("limits.max_per_origin", "is zero; std::nullopt means no limit");
    }
    if (const auto checked = check("limits.max_connection_age", limits.max_connection_age, Zero::refused); !checked) {
        return checked.error();
    }

    PoolLimits pool;
    if (limits == Limits{}) {
        return pool;
    }
    const auto count = [](CountLimit limit) {
        return limit.is_set() && !limit.is_none()
                   ? static_cast<std::size_t>(std::min<std::uint64_t>(limit.value(), PoolLimits::none))
                   : PoolLimits::none;
    };
    pool.max_connections = count(limits.max_connections);
    pool.max_keepalive = count(limits.max_keepalive);
    if (limits.keepalive_expiry.is_set()) {
        pool.keepalive_expiry = in_force(limits.keepalive_expiry);
    }
    pool.max_per_origin = count(limits.max_per_origin);
    if (limits.max_connection_age.is_set()) {
        pool.max_connection_age = in_force(limits.max_connection_age);
    }
    return pool;
}

Result<std::uint64_t> resolve_retries(CountLimit request, CountLimit client) {
    const CountLimit limit = request.or_else(client);
    if (limit.is_negative()) {
        return invalid_option("retries", "is negative");
    }
    return limit.is_none() ? no_limit : limit.value();
}

Result<std::vector<HostAddresses>> resolve(const Hosts& hosts) {
    std::vector<HostAddresses> table;
    table.reserve(hosts.entries().size());
    for (const HostEntry& entry : hosts.entries()) {
        const auto fault = [&](std::string_view what) {
            return invalid_option("hosts:", std::string(quoted(entry.host)).append(what));
        };
        // What a URL makes of a host holds here too: case, IDNA, brackets.
        const Result<Url> url = Url::parse("http://" + entry.host);
        if (!url || url->raw_path() != "/" || !url->query().empty() || !url->userinfo().empty() ||
            entry.host.find_first_of("/?#@\\ ") != std::string::npos) {
            return fault(" is not a host, or host:port");
        }
        HostAddresses& made = table.emplace_back();
        made.host = url->raw_host();
        const std::size_t colon =
            entry.host.find(':', entry.host.find(']') == std::string::npos ? 0 : entry.host.find(']'));
        made.port =
            colon != std::string::npos && colon + 1 < entry.host.size() ? url->effective_port() : std::uint16_t{0};
        if (entry.addresses.empty()) {
            return fault(" has no address");
        }
        for (const std::string& address : entry.addresses) {
            std::optional<Endpoint> endpoint = parse_address(without_brackets(address), made.port);
            if (!endpoint) {
                return fault(": " + quoted(address) + " is not an address");
            }
            made.endpoints.push_back(*std::move(endpoint));
        }
    }
    return table;
}

Result<std::optional<Duration>> resolve(ExpectContinue request, ExpectContinue client) {
    const TimeLimit wait = request.wait().or_else(client.wait());
    if (const auto checked = check("expect_continue", wait, Zero::allowed); !checked) {
        return checked.error();
    }
    return wait.is_set() ? in_force(wait) : std::nullopt;
}

Result<std::shared_ptr<const RetryPolicy>> resolve(const std::optional<RetryPolicy>& policy) {
    if (!policy) {
        return std::shared_ptr<const RetryPolicy>();
    }
    if (std::string fault = fault_of(*policy); !fault.empty()) {
        return Error{.code = Errc::invalid_option, .message = std::move(fault)};
    }
    return std::make_shared<const RetryPolicy>(*policy);
}

Result<std::uint64_t> resolve_max_bytes(CountLimit request, CountLimit client, std::uint64_t fallback) {
    const CountLimit limit = request.or_else(client);
    if (limit.is_negative()) {
        return invalid_option("max_decoded_bytes", "is negative");
    }
    return !limit.is_set() ? fallback : limit.is_none() ? no_limit : limit.value();
}

}  // namespace ferry::detail
