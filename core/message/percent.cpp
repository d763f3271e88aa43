#include "core/message/percent.hpp"

#include "core/message/ascii.hpp"

#include <array>
#include <cstddef>

namespace ferry::detail {

namespace {

// Printable ASCII but for `refused` and "%", which is looked at on its own.
constexpr ByteSet all_but(std::string_view refused) {
    return byte_set([refused](unsigned char byte) {
        const char c = static_cast<char>(byte);
        return byte > 0x20 && byte < 0x7f && c != '%' && refused.find(c) == std::string_view::npos;
    });
}

// The sets that httpx and browsers use; they keep some characters that RFC 3986 would have encoded, such as "[" and
// "|", because servers have come to expect them as they are.
constexpr std::array<ByteSet, 4> kept = {
    all_but("\"#<>?`{}/;=@[\\]^|"),  // userinfo
    all_but("\"#<>?`{}"),            // path
    all_but("\"#<>"),                // query
    all_but("\"<>`"),                // fragment
};

// RFC 3986 section 2.3.
constexpr ByteSet unreserved = byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
});

void append_percent(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

// The byte that the %xx at `at` stands for, or -1 if there is none.
int decoded_at(std::string_view text, std::size_t at) noexcept {
    if (text[at] != '%' || text.size() - at < 3) {
        return -1;
    }
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

template <class Plain>
std::string decoded(std::string_view text, Plain plain) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int byte = decoded_at(text, at);
        if (byte < 0) {
            out += plain(text[at]);
        } else {
            out += static_cast<char>(byte);
            at += 2;
        }
    }
    return out;
}

}  // namespace

std::size_t kept_prefix(std::string_view text, Component component) noexcept {
    const ByteSet& plain = kept[static_cast<std::size_t>(component)];
    std::size_t size = 0;
    while (size < text.size() && contains(plain, text[size])) {
        ++size;
    }
    return size;
}

void append_encoded(std::string& out, std::string_view text, Component component) {
    const ByteSet& plain = kept[static_cast<std::size_t>(component)];
    std::size_t at = kept_prefix(text, component);
    out.append(text, 0, at);  // Mostly all of it.
    for (; at < text.size(); ++at) {
        if (contains(plain, text[at])) {
            out += text[at];
        } else if (decoded_at(text, at) >= 0) {
            out.append(text, at, 3);
            at += 2;
        } else {
            append_percent(out, text[at]);
        }
    }
}

std::string percent_decoded(std::string_view text) {
    return decoded(text, [](char c) { return c; });
}

void append_form_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (contains(unreserved, c)) {
            out += c;
        } else if (c == ' ') {
            out += '+';
        } else {
            append_percent(out, c);
        }
    }
}

std::string form_decoded(std::string_view text) {
    return decoded(text, [](char c) { return c == '+' ? ' ' : c; });
}

}  // namespace ferry::detail
