#include "transports/sim/timeline.hpp"

#include <algorithm>

namespace ferry::testing {

namespace {

constexpr std::size_t shown_bytes = 60;

std::string padded(const std::string& digits, std::size_t width) {
    return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

void append_visible(std::string& out, char c) {
    constexpr char hex[] = "0123456789abcdef";
    if (c == '\r') {
        out += "\\r";
    } else if (c == '\n') {
        out += "\\n";
    } else if (c >= ' ' && c <= '~') {
        out += c;
    } else {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += hex[byte >> 4U];
        out += hex[byte & 15U];
    }
}

}  // namespace

void Timeline::add(Duration elapsed, std::string_view kind, std::string_view text) {
    if (!enabled_) {
        return;
    }
    constexpr std::size_t time_width = 12;
    constexpr std::size_t kind_width = 8;
    std::string when = "+" + in_seconds(elapsed);
    when.resize(std::max(when.size(), time_width), ' ');
    text_ += when;
    text_ += ' ';
    text_ += kind;
    text_.append(kind.size() < kind_width ? kind_width - kind.size() : 1, ' ');
    text_ += text;
    text_ += '\n';
}

std::string in_seconds(Duration duration) {
    const auto total = duration.count();
    const auto nanoseconds = total % 1'000'000'000;
    std::string text = std::to_string(total / 1'000'000'000) + "." + padded(std::to_string(nanoseconds / 1000), 6);
    if (nanoseconds % 1000 != 0) {
        text += padded(std::to_string(nanoseconds % 1000), 3);
    }
    return text;
}

std::string excerpt(std::span<const ConstBuffer> pieces) {
    std::size_t total = 0;
    std::string start;
    for (const ConstBuffer piece : pieces) {
        total += piece.size();
        start += as_text(piece.first(std::min(piece.size(), shown_bytes - std::min(start.size(), shown_bytes))));
    }
    std::string text = std::to_string(total) + (total == 1 ? " byte: " : " bytes: ");
    for (const char c : start) {
        append_visible(text, c);
    }
    if (total > start.size()) {
        text += "…";
    }
    return text;
}

std::string excerpt(std::string_view bytes) {
    const ConstBuffer piece = as_bytes(bytes);
    return excerpt(std::span(&piece, 1));
}

}  // namespace ferry::testing
