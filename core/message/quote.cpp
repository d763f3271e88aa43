#include "core/message/quote.hpp"

#include "core/message/ascii.hpp"
#include "core/message/text.hpp"

namespace ferry::detail {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

void append_hex(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

// A whole sequence of more than one byte: U+0080 to U+009F; U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069.
bool steers(std::string_view sequence) {
    const auto last = static_cast<unsigned char>(sequence.back());
    if (sequence.starts_with("\xe2\x80")) {
        return last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae);
    }
    if (sequence.starts_with("\xe2\x81")) {
        return last >= 0xa6 && last <= 0xa9;
    }
    return sequence.front() == '\xc2' && last <= 0x9f;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = utf8_sequence(text, at);
        const std::string_view some = text.substr(at, size > 0 ? size : 1);
        if (size == 0 || (size == 1 && is_control(some.front())) || (size > 1 && steers(some))) {
            for (const char c : some) {
                out += "\\x";
                append_hex(out, c);
            }
        } else {
            out += some;
        }
        at += some.size();
    }
}

std::string escaped(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
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
