#include "tools/serve/json_text.hpp"

#include "tools/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace ferry::tools {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

// What stands in a JSON string as it is (RFC 8259 section 7), provided that it is UTF-8.
[[nodiscard]] bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20U && byte != 0x7FU && byte != '"' && byte != '\\';
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
    const std::string converted = is_utf8(as_bytes(text)) ? std::string() : as_utf8(text);
    text = converted.empty() ? text : converted;
    out += '"';
    while (!text.empty()) {
        const auto run = static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
        out += text.substr(0, run);
        text.remove_prefix(run);
        if (!text.empty()) {
            append_escaped(out, static_cast<unsigned char>(text.front()));
            text.remove_prefix(1);
        }
    }
    out += '"';
}

}  // namespace ferry::tools
