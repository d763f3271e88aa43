// "host:port", "10.0.0.1:80", "[::1]:80" and "/path": where something is.
#pragma once

#include <ferry/endpoint.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ferry::testing {

struct Place {
    std::string host{};  ///< A name in lower case or an address; empty if `path` is not.
    std::uint16_t port = 80;
    std::string path{};
};

/// Throws std::invalid_argument that quotes the text.
[[nodiscard]] Place parse_place(std::string_view text);

}  // namespace ferry::testing
