// Which bytes fields are made of (RFC 9110 section 5).
#pragma once

#include "core/message/ascii.hpp"

#include <string_view>

namespace ferry::detail {

/// RFC 9110 section 5.6.2: tchar.
inline constexpr ByteSet token_bytes = byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return is_digit(c) || is_alpha(c) ||
           (byte != 0 && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
});

/// RFC 9110 section 5.5: VCHAR, obs-text, SP and HTAB.
inline constexpr ByteSet value_bytes = byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return c == '\t' || !is_control(c);
});

}  // namespace ferry::detail
