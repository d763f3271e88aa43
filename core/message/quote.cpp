#include "core/message/quote.hpp"

#include "core/message/ascii.hpp"

namespace ferry::detail {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (is_control(c)) {
            out += "\\x";
            append_hex(out, c);
        } else {
            out += c;
        }
    }
}

std::string quoted(std::string_view text, std::size_t limit) {
    std::string out = "\"";
    if (text.size() <= limit) {
        append_escaped(out, text);
    } else {
        // Not in the middle of a UTF-8 sequence.
        while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) {
            --limit;
        }
        append_escaped(out, text.substr(0, limit));
        out += "…";
    }
    out += '"';
    return out;
}

std::string name_of_byte(char c) {
    switch (c) {
        case ' ': return "a space";
        case '\t': return "a tab";
        case '\r': return "a carriage return";
        case '\n': return "a line feed";
        case '\0': return "a NUL";
        default: break;
    }
    if (is_control(c) || static_cast<unsigned char>(c) >= 0x80) {
        std::string out = "the byte 0x";
        append_hex(out, c);
        return out;
    }
    return std::string("the character \"") + c + '"';
}

}  // namespace ferry::detail
