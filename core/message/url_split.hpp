// Cutting a URL reference into its components, without judging them.
#pragma once

#include <optional>
#include <string_view>

namespace ferry::detail {

/// RFC 3986 section 3; an absent authority, query or fragment is not an empty one.
///
///     foo://user@example.com:8042/over/there?name=ferret#nose
///     ─┬─   ──────────┬───────── ─────┬───── ─────┬───── ──┬─
///   scheme        authority         path        query   fragment
struct UrlSplit {
    std::string_view scheme{};
    std::optional<std::string_view> authority{};
    std::string_view path{};
    std::optional<std::string_view> query{};
    std::optional<std::string_view> fragment{};
    bool bad_scheme = false;  ///< The first segment has a colon, and what precedes it is no scheme (section 4.2).
};

/// RFC 3986 section 3.2. The last "@" ends the userinfo, the first ":" behind the host begins the port.
struct AuthoritySplit {
    std::string_view userinfo{};
    std::string_view host{};  ///< With the brackets of an IPv6 address.
    std::string_view port{};
    bool leftover = false;  ///< Something stands between "]" and the port.
};

[[nodiscard]] UrlSplit split_url(std::string_view text) noexcept;
[[nodiscard]] AuthoritySplit split_authority(std::string_view authority) noexcept;

}  // namespace ferry::detail
