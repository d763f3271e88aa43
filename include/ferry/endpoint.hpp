// Addresses that a connection can go to, and how its socket should be set up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

/// A numeric address: what a lookup gives and what a transport connects to. No name is ever resolved from it.
struct Endpoint {
    enum class Family : std::uint8_t {
        ip4,    ///< The first four bytes of `address`, in network order, and `port`.
        ip6,    ///< All of `address`, `port` and `scope_id`.
        local,  ///< A Unix domain socket at `path`.
    };
    Family family = Family::ip4;
    std::array<std::byte, 16> address{};
    std::uint16_t port = 0;      ///< In host order.
    std::uint32_t scope_id = 0;  ///< The interface of a link-local IPv6 address, else 0.
    std::string path{};

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// The endpoint of an IP address in text, IPv4 as four plain decimal numbers, IPv6 as in RFC 4291 without brackets;
/// nothing if it is a name.
[[nodiscard]] std::optional<Endpoint> parse_address(std::string_view text, std::uint16_t port);

/// "127.0.0.1:80", "[::1]:80" or the path.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

/// How a transport sets up a socket before it connects. TCP_NODELAY is always on.
struct SocketOptions {
    std::optional<Endpoint> local_address{};  ///< Bound before connecting; port 0 leaves the choice to the system.
    std::optional<int> receive_buffer{};      ///< SO_RCVBUF, in bytes.
    std::optional<int> send_buffer{};         ///< SO_SNDBUF, in bytes.
    bool tcp_keepalive = false;               ///< SO_KEEPALIVE.
};

}  // namespace ferry
