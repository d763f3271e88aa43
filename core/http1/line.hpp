// The lines of a head, one at a time: start lines, and field lines that are not like nearly all.
//
// Start lines are read here and nowhere else: llhttp knows a closed list of methods, and takes reasons and targets with
// bytes that RFC 9112 does not allow. Field lines are judged here, and named by the rule that they broke; FieldParser asks
// llhttp about each that is accepted. All take a line with its line feed.
#pragma once

#include "core/http1/fault.hpp"

#include <ferry/message.hpp>

#include <cstddef>
#include <string_view>

namespace ferry::http1 {

/// RFC 9112 section 2.2: a line ends with CRLF, and has no other CR.
[[nodiscard]] Fault ending_fault(std::string_view line) noexcept;

struct StatusLine {
    int status = 0;
    Version version{};
    std::string_view reason{};
    Fault fault{};
};

/// RFC 9112 section 4.
[[nodiscard]] StatusLine parse_status_line(std::string_view line) noexcept;
/// The same for what nearly every status line looks like; false if this one has to be looked at closely.
[[nodiscard]] bool parse_usual_status_line(std::string_view line, StatusLine& result) noexcept;

struct RequestLine {
    std::string_view method{};
    std::string_view target{};
    Version version{};
    Fault fault{};
};

/// RFC 9112 section 3; the target's form is checked too.
[[nodiscard]] RequestLine parse_request_line(std::string_view line) noexcept;

struct FieldLine {
    std::string_view name{};
    std::string_view value{};
    Fault fault{};
};

/// RFC 9112 section 5. `first` is the line behind the start line.
[[nodiscard]] FieldLine parse_field_line(std::string_view line, bool first) noexcept;

/// The fault that the first bytes of a start line already show, whatever follows.
[[nodiscard]] Fault status_prefix_fault(std::string_view begin) noexcept;
[[nodiscard]] Fault request_prefix_fault(std::string_view begin) noexcept;

/// RFC 9110 section 5.6.6: the value of a parameter, a token or a quoted-string.
[[nodiscard]] bool is_token_or_quoted(std::string_view text) noexcept;

/// How many bytes of a line, complete or not, show that it is longer than `limit` without its CRLF; npos if those at hand
/// do not show it.
[[nodiscard]] std::size_t overrun(std::string_view begin, std::size_t limit) noexcept;

/// Field names longer than this do not fit a Headers, which keeps their length in 16 bits.
inline constexpr std::size_t longest_field_name = 0xffff;

}  // namespace ferry::http1
