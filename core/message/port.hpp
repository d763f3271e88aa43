// The ports that schemes stand for.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferry::detail {

/// The port of a scheme in lower case; 0 if there is none that we know. All of these need a host.
[[nodiscard]] constexpr std::uint16_t default_port(std::string_view scheme) noexcept {
    if (scheme == "http" || scheme == "ws") {
        return 80;
    }
    if (scheme == "https" || scheme == "wss") {
        return 443;
    }
    if (scheme == "socks5" || scheme == "socks5h") {
        return 1080;
    }
    return scheme == "ftp" ? 21 : 0;
}

}  // namespace ferry::detail
