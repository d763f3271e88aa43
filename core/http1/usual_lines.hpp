// Field lines that are like nearly all, taken off the front of some bytes: "Name: value" (RFC 9112 section 5) with one space,
// no other white space around the value, which is not empty, and CRLF.
#pragma once

#include "core/http1/line.hpp"
#include "core/message/field_bytes.hpp"

#include <ferry/headers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace ferry::http1 {

struct UsualLines {
    std::size_t count = 0;
    const char* end = nullptr;  // Behind the last one.
};

[[nodiscard]] inline bool stands(const char* at, const char (&two)[3]) noexcept { return std::memcmp(at, two, 2) == 0; }

[[nodiscard]] inline Headers::Line usual_line(const char* begin, const char* colon, const char* ending) noexcept {
    return {static_cast<std::uint32_t>(colon - begin), static_cast<std::uint32_t>(ending - colon - 2)};
}

/// How it is done everywhere: names byte by byte, values eight bytes at a time.
namespace portable {

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t'; }

/// One line, and `at` is behind it; false if another comes first, or one that is not wholly there.
[[nodiscard]] inline bool take_usual_line(const char*& at, const char* end, Headers::Line& line) noexcept {
    const char* const colon =
        std::find_if_not(at, end, [](char c) { return detail::contains(detail::token_bytes, c); });
    if (colon == at || end - colon < 5 || !stands(colon, ": ") || is_white(colon[2]) ||
        static_cast<std::size_t>(colon - at) > longest_field_name) {
        return false;
    }
    const char* const value = colon + 2;
    const char* const ending = detail::skip_value(value, end);
    if (ending == value || end - ending < 2 || !stands(ending, "\r\n") || is_white(ending[-1])) {
        return false;
    }
    line = usual_line(at, colon, ending);
    at = ending + 2;
    return true;
}

/// As many as there are and `to` has room for.
[[nodiscard]] inline UsualLines take_usual_lines(std::string_view bytes, std::span<Headers::Line> to) noexcept {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    std::size_t count = 0;
    while (count < to.size() && take_usual_line(at, end, to[count])) {
        ++count;
    }
    return {count, at};
}

}  // namespace portable

/// The same, by the quickest way that there is here.
[[nodiscard]] UsualLines take_usual_lines(std::string_view bytes, std::span<Headers::Line> to) noexcept;

}  // namespace ferry::http1
