// Name lookups of one's own.
#pragma once

#include <ferry/endpoint.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace ferry {

/// What became of a lookup: addresses in the order of preference, or an error. None of either is an error too.
struct Resolved {
    std::vector<Endpoint> endpoints{};
    std::error_code error{};
};

/// Finds the addresses of a host, as Config::resolver:
///
///     config.resolver = [](const std::string& host, std::uint16_t port) -> ferry::Resolved { … };
///
/// `host` is a name in lower case, never an address; `port` is that of the request that asks first. One answer serves all
/// requests to the host for 10 s, whatever their ports; the ports of the endpoints are not looked at. It is called on
/// helper threads, up to eight at a time, and may take its time; where nobody waits for the answer, that is dropped.
/// It may throw: what a std::system_error carries becomes the cause of the Error, anything else is
/// Errc::name_resolution_failed. It may outlive the client: a call that hangs is not waited for.
using ResolveFunction = std::function<Resolved(const std::string& host, std::uint16_t port)>;

/// The system's own lookup, which is used where there is no other: getaddrinfo(). It blocks.
[[nodiscard]] Resolved system_lookup(const std::string& host, std::uint16_t port);

}  // namespace ferry
