// What may stand in a field (RFC 9110 section 5).
#include <ferry/headers.hpp>

#include "core/message/field_bytes.hpp"
#include "core/message/quote.hpp"

namespace ferry {

namespace {

using detail::ByteSet;
using detail::token_bytes;
using detail::value_bytes;

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t'; }

// Field names are short; what is longer than this is an attack or an accident.
constexpr std::size_t longest_name_shown = 40;

std::string foreign_byte(std::string_view text, const ByteSet& allowed) {
    std::size_t at = 0;
    while (detail::contains(allowed, text[at])) {
        ++at;
    }
    return detail::name_of_byte(text[at]) + " at byte " + std::to_string(at);
}

}  // namespace

bool is_token(std::string_view text) noexcept { return !text.empty() && detail::all_in(token_bytes, text); }

bool is_field_value(std::string_view text) noexcept {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    return text.empty() || (!is_white(text.front()) && !is_white(text.back()) && detail::skip_value(begin, end) == end);
}

// The value is not shown: it may be a secret.
std::string field_fault(std::string_view name, std::string_view value) {
    if (is_token(name) && is_field_value(value)) {
        return {};
    }
    if (name.empty()) {
        return "a header field has an empty name";
    }
    const std::string shown = detail::quoted(name, longest_name_shown);
    if (!is_token(name)) {
        return "the header field name " + shown + " has " + foreign_byte(name, token_bytes);
    }
    if (!detail::all_in(value_bytes, value)) {
        return "the value of the header field " + shown + " has " + foreign_byte(value, value_bytes);
    }
    return "the value of the header field " + shown + (is_white(value.front()) ? " begins" : " ends") +
           " with white space";
}

}  // namespace ferry
