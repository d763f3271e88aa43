#include "tools/serve/json_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferry::tools {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

[[nodiscard]] unsigned byte_at(std::string_view text, std::size_t i) noexcept {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}

[[nodiscard]] bool continues(unsigned byte) noexcept { return (byte & 0xC0U) == 0x80U; }

// The length of the UTF-8 sequence at `i` (RFC 3629 section 4), 0 if there is none.
[[nodiscard]] std::size_t sequence(std::string_view text, std::size_t i) noexcept {
    const unsigned a = byte_at(text, i);
    const unsigned b = byte_at(text, i + 1);
    if (a < 0x80U) {
        return 1;
    }
    if (a >= 0xC2U && a <= 0xDFU) {
        return continues(b) ? 2 : 0;
    }
    const bool c_continues = continues(byte_at(text, i + 2));
    if (a >= 0xE0U && a <= 0xEFU) {
        const bool fits = continues(b) && (a != 0xE0U || b >= 0xA0U) && (a != 0xEDU || b <= 0x9FU);
        return fits && c_continues ? 3 : 0;
    }
    if (a >= 0xF0U && a <= 0xF4U) {
        const bool fits = continues(b) && (a != 0xF0U || b >= 0x90U) && (a != 0xF4U || b <= 0x8FU);
        return fits && c_continues && continues(byte_at(text, i + 3)) ? 4 : 0;
    }
    return 0;
}

[[nodiscard]] bool is_plain(unsigned byte) noexcept {
    return byte >= 0x20U && byte < 0x7FU && byte != '"' && byte != '\\';
}

void append_escaped(std::string& out, unsigned byte) {
    switch (byte) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            out += "\\u00";
            out += hex[byte >> 4U];
            out += hex[byte & 0xFU];
    }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    out += '"';
    std::size_t i = 0;
    while (i < text.size()) {
        std::size_t run = i;
        while (run < text.size() && is_plain(byte_at(text, run))) {
            ++run;
        }
        out += text.substr(i, run - i);
        i = run;
        if (i == text.size()) {
            break;
        }
        const unsigned byte = byte_at(text, i);
        if (byte < 0x80U) {
            append_escaped(out, byte);
            ++i;
        } else if (const std::size_t length = sequence(text, i); length > 0) {
            out += text.substr(i, length);
            i += length;
        } else {
            out += static_cast<char>(0xC0U | (byte >> 6U));
            out += static_cast<char>(0x80U | (byte & 0x3FU));
            ++i;
        }
    }
    out += '"';
}

bool is_utf8(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t length = sequence(text, i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

void append_base64(std::string& out, std::string_view bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const unsigned group = byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
        out += alphabet[group >> 18U];
        out += alphabet[group >> 12U & 0x3FU];
        out += i + 1 < bytes.size() ? alphabet[group >> 6U & 0x3FU] : '=';
        out += i + 2 < bytes.size() ? alphabet[group & 0x3FU] : '=';
    }
}

}  // namespace ferry::tools
