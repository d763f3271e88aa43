// ASCII alone: HTTP's and URLs' grammars know no locale.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferry::detail {

/// A set of bytes, asked in one load.
using ByteSet = std::array<bool, 256>;

/// The set of the bytes for which `member` is true.
template <class Predicate>
[[nodiscard]] constexpr ByteSet byte_set(Predicate member) noexcept {
    ByteSet set{};
    for (std::size_t i = 0; i < set.size(); ++i) {
        set[i] = member(static_cast<unsigned char>(i));
    }
    return set;
}

[[nodiscard]] constexpr bool contains(const ByteSet& set, char c) noexcept {
    return set[static_cast<unsigned char>(c)];
}

[[nodiscard]] constexpr bool all_in(const ByteSet& set, std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [&set](char c) { return contains(set, c); });
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A C0 control or DEL.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

[[nodiscard]] constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline constexpr std::array<std::int8_t, 256> hex_values = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::int8_t i = 0; i < 16; ++i) {
        values[static_cast<unsigned char>("0123456789abcdef"[i])] = i;
        values[static_cast<unsigned char>("0123456789ABCDEF"[i])] = i;
    }
    return values;
}();

/// 0 to 15, or -1 if `c` is no hexadecimal digit.
[[nodiscard]] constexpr int hex_value(char c) noexcept { return hex_values[static_cast<unsigned char>(c)]; }

/// RFC 9110 section 5.6.3: `text` without the spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view white = " \t";
    const std::size_t first = text.find_first_not_of(white);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

}  // namespace ferry::detail
