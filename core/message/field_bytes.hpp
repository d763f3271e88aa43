// Which bytes fields are made of (RFC 9110 section 5).
#pragma once

#include "core/message/ascii.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// The first byte from `at` on that is none of `value_bytes`, or `end`. Eight at a time: values are long, and rarely have
/// a control byte.
[[nodiscard]] inline const char* skip_value(const char* at, const char* end) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::uint64_t tops = ones * 0x80U;
    std::uint64_t word = 0;
    while (end - at >= static_cast<std::ptrdiff_t>(sizeof word)) {
        std::memcpy(&word, at, sizeof word);
        // The top bit of each byte that is a control: it has none itself, is below 0x20, or is 0x7f. Nothing carries over.
        const std::uint64_t low = word & ~tops;
        const std::uint64_t controls = (~(low + ones * 0x60U) | (low + ones)) & ~word & tops;
        if (controls == 0) {
            at += sizeof word;
            continue;
        }
        if constexpr (std::endian::native == std::endian::little) {
            at += static_cast<unsigned>(std::countr_zero(controls)) / 8U;
        }
        if (!contains(value_bytes, *at)) {
            return at;
        }
        ++at;
    }
    while (at != end && contains(value_bytes, *at)) {
        ++at;
    }
    return at;
}

}  // namespace ferry::detail
