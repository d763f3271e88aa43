// Endpoints in the form that the system's calls take.
#pragma once

#include <ferry/endpoint.hpp>
#include <ferry/result.hpp>

#include <sys/socket.h>
#include <optional>
#include <string>
#include <system_error>

namespace ferry::loop {

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
    [[nodiscard]] int family() const noexcept { return storage.ss_family; }
};

/// Fails for the paths that a Unix domain socket cannot have: too long, empty, or cut short by a NUL. A path that
/// begins with NUL is a name in Linux's abstract namespace.
[[nodiscard]] std::error_code to_address(const Endpoint& endpoint, Address& address);

/// Errc::invalid_option if a Config's socket_path is set and cannot be one.
[[nodiscard]] Result<void> check_socket_path(const std::string& path);

/// Nothing unless it is IPv4 or IPv6.
[[nodiscard]] std::optional<Endpoint> to_endpoint(const sockaddr* address);

}  // namespace ferry::loop
