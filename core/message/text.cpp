#include "core/message/text.hpp"

#include <array>
#include <cstddef>

namespace ferry {

namespace {

constexpr char32_t replacement = 0xFFFD;

unsigned char byte_at(std::string_view text, std::size_t at) noexcept { return static_cast<unsigned char>(text[at]); }

void append(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | (c >> 6U));
        put(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        put(0xE0U | (c >> 12U));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    } else {
        put(0xF0U | (c >> 18U));
        put(0x80U | ((c >> 12U) & 0x3FU));
        put(0x80U | ((c >> 6U) & 0x3FU));
        put(0x80U | (c & 0x3FU));
    }
}

// What a lead byte asks for (RFC 3629 section 4): how many bytes follow, and the range of the first of them.
struct Lead {
    std::size_t following = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
};

// Zero bytes follow what is no lead byte of a longer sequence.
constexpr Lead lead(unsigned char byte) noexcept {
    if (byte >= 0xC2 && byte <= 0xDF) {
        return {1};
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        // No overlong forms, no surrogates.
        return {2, static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
                static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        // No overlong forms, nothing above U+10FFFF.
        return {3, static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
                static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
    }
    return {};
}

struct Sequence {
    std::size_t size = 0;
    bool valid = false;
};

// The sequence at `at`, or the maximal part of an ill-formed one (Unicode section 3.9).
Sequence sequence_at(std::string_view text, std::size_t at) noexcept {
    const unsigned char first = byte_at(text, at);
    if (first < 0x80) {
        return {1, true};
    }
    const Lead wanted = lead(first);
    Sequence sequence{1, false};
    unsigned char low = wanted.low;
    unsigned char high = wanted.high;
    while (sequence.size <= wanted.following && at + sequence.size < text.size()) {
        const unsigned char byte = byte_at(text, at + sequence.size);
        if (byte < low || byte > high) {
            return sequence;
        }
        low = 0x80;
        high = 0xBF;
        ++sequence.size;
    }
    sequence.valid = wanted.following > 0 && sequence.size == wanted.following + 1;
    return sequence;
}

// How many bytes from `at` on are well-formed.
std::size_t valid_run(std::string_view text, std::size_t at) noexcept {
    const std::size_t begin = at;
    while (at < text.size()) {
        // Most text is ASCII: eight bytes at once.
        std::uint64_t word = 0;
        while (text.size() - at >= sizeof word) {
            std::memcpy(&word, text.data() + at, sizeof word);
            if ((word & 0x8080808080808080U) != 0) {
                break;
            }
            at += sizeof word;
        }
        if (at == text.size()) {
            break;
        }
        const Sequence sequence = sequence_at(text, at);
        if (!sequence.valid) {
            break;
        }
        at += sequence.size;
    }
    return at - begin;
}

std::string from_utf8(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t run = valid_run(text, at);
        out.append(text, at, run);
        at += run;
        if (at < text.size()) {
            append(out, replacement);
            at += sequence_at(text, at).size;
        }
    }
    return out;
}

// 0x80 to 0x9F in windows-1252; the five that it leaves open are invalid.
constexpr std::array<char16_t, 32> windows1252_block = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

std::string from_single_bytes(std::string_view text, Charset from) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 && from == Charset::us_ascii) {
            append(out, replacement);
        } else if (byte >= 0x80 && byte < 0xA0 && from == Charset::windows1252) {
            append(out, windows1252_block[byte - 0x80U]);
        } else {
            append(out, byte);
        }
    }
    return out;
}

// The unit of `Size` bytes at `at`.
template <std::size_t Size>
char32_t unit(std::string_view text, std::size_t at, bool little) noexcept {
    char32_t value = 0;
    for (std::size_t i = 0; i < Size; ++i) {
        value = (value << 8U) | byte_at(text, at + (little ? Size - 1 - i : i));
    }
    return value;
}

constexpr bool is_high(char32_t c) noexcept { return c >= 0xD800 && c < 0xDC00; }
constexpr bool is_low(char32_t c) noexcept { return c >= 0xDC00 && c < 0xE000; }

// The byte order of `text` and the mark that tells it, which is taken off.
template <std::size_t Size>
bool take_mark(std::string_view& text, bool open, bool little) noexcept {
    if (text.size() < Size) {
        return little;
    }
    if (unit<Size>(text, 0, little) == 0xFEFF) {
        text.remove_prefix(Size);
    } else if (open && unit<Size>(text, 0, !little) == 0xFEFF) {
        text.remove_prefix(Size);
        return !little;
    }
    return little;
}

std::string from_utf16(std::string_view text, bool open, bool little) {
    little = take_mark<2>(text, open, little);
    std::string out;
    out.reserve(text.size());
    std::size_t at = 0;
    for (; text.size() - at >= 2; at += 2) {
        const char32_t c = unit<2>(text, at, little);
        if (!is_high(c)) {
            append(out, is_low(c) ? replacement : c);
            continue;
        }
        const char32_t low = text.size() - at >= 4 ? unit<2>(text, at + 2, little) : 0;
        if (is_low(low)) {
            append(out, 0x10000 + ((c - 0xD800) << 10U) + (low - 0xDC00));
            at += 2;
        } else {
            append(out, replacement);
        }
    }
    if (at < text.size()) {
        append(out, replacement);
    }
    return out;
}

std::string from_utf32(std::string_view text, bool open, bool little) {
    little = take_mark<4>(text, open, little);
    std::string out;
    out.reserve(text.size() / 2);
    std::size_t at = 0;
    for (; text.size() - at >= 4; at += 4) {
        const char32_t c = unit<4>(text, at, little);
        append(out, c > 0x10FFFF || is_high(c) || is_low(c) ? replacement : c);
    }
    if (at < text.size()) {
        append(out, replacement);
    }
    return out;
}

}  // namespace

bool is_utf8(ConstBuffer text) noexcept { return valid_run(as_text(text), 0) == text.size(); }

std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept {
    const Sequence sequence = sequence_at(text, at);
    return sequence.valid ? sequence.size : 0;
}

std::string to_utf8(ConstBuffer text, Charset from) {
    const std::string_view bytes = as_text(text);
    switch (from) {
        case Charset::utf8: return from_utf8(bytes);
        case Charset::us_ascii:
        case Charset::iso8859_1:
        case Charset::windows1252: return from_single_bytes(bytes, from);
        case Charset::utf16: return from_utf16(bytes, true, true);
        case Charset::utf16le: return from_utf16(bytes, false, true);
        case Charset::utf16be: return from_utf16(bytes, false, false);
        case Charset::utf32: return from_utf32(bytes, true, true);
        case Charset::utf32le: return from_utf32(bytes, false, true);
        case Charset::utf32be: return from_utf32(bytes, false, false);
    }
    return from_utf8(bytes);
}

}  // namespace ferry
