#include "core/message/text.hpp"

#include <catch2/catch_test_macros.hpp>

#include <random>
#include <string>
#include <string_view>

using ferry::as_bytes;
using ferry::Charset;
using ferry::to_utf8;
using namespace std::string_view_literals;

namespace {

// "?" for each U+FFFD, so that tables stay readable.
std::string shown(std::string_view text, Charset charset) {
    std::string out = to_utf8(as_bytes(text), charset);
    for (std::size_t at = 0; (at = out.find("\uFFFD", at)) != std::string::npos; ++at) {
        out.replace(at, 3, "?");
    }
    return out;
}

void put_utf8(std::string& out, char32_t c) {
    const auto byte = [&out](char32_t b) { out += static_cast<char>(b); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0 + c / 64), byte(0x80 + c % 64);
    } else if (c < 0x10000) {
        byte(0xE0 + c / 4096), byte(0x80 + c / 64 % 64), byte(0x80 + c % 64);
    } else {
        byte(0xF0 + c / 262144), byte(0x80 + c / 4096 % 64), byte(0x80 + c / 64 % 64), byte(0x80 + c % 64);
    }
}

}  // namespace

TEST_CASE("ill-formed UTF-8 is replaced by its maximal subparts") {
    struct Row {
        std::string_view bytes;
        const char* text;
    };
    const Row rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x87", "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x87"},
        {"\0a"sv, nullptr},
        // The tables of the Unicode standard, section 3.9.
        {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", "????????A"},
        {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", "????????A"},
        {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "?????A??B"},
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "????A"},
        {"a\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64", "a???b?c??d"},
        // Cut off at the end.
        {"a\xC3", "a?"},
        {"a\xE2\x82", "a?"},
        {"a\xF0\x9F\x98", "a?"},
        {"a\xE2", "a?"},
        {"a\xED\xA0", "a??"},
        {"\xF5\xF8\xFE\xFF", "????"},
        {"12345678\xFF"
         "12345678",
         "12345678?12345678"},
        // A mark at the beginning is none of the text; elsewhere it is.
        {"\xEF\xBB\xBFx", "x"},
        {"\xEF\xBB\xBF\xEF\xBB\xBFx", "\uFEFFx"},
        {"x\xEF\xBB\xBF", "x\uFEFF"},
        {"\xEF\xBB", "?"},
    };
    for (const Row& row : rows) {
        const std::string_view expected = row.text == nullptr ? "\0a"sv : std::string_view(row.text);
        CAPTURE(std::string(expected));
        CHECK(shown(row.bytes, Charset::utf8) == expected);
    }
}

TEST_CASE("every code point survives, every surrogate does not") {
    std::string all;
    for (char32_t c = 0; c <= 0x10FFFF; ++c) {
        if (c < 0xD800 || c > 0xDFFF) {
            put_utf8(all, c);
        }
    }
    CHECK(ferry::is_utf8(as_bytes(all)));
    CHECK(to_utf8(as_bytes(all), Charset::utf8) == all);
    for (char32_t c = 0xD800; c <= 0xDFFF; ++c) {
        std::string surrogate;
        put_utf8(surrogate, c);
        REQUIRE_FALSE(ferry::is_utf8(as_bytes(surrogate)));
    }
    std::string too_large;
    put_utf8(too_large, 0x110000);
    CHECK_FALSE(ferry::is_utf8(as_bytes(too_large)));
}

TEST_CASE("whatever comes in, UTF-8 comes out") {
    std::mt19937 random(3);
    constexpr std::string_view likely =
        "\x80\xBF\xC2\xE0\xED\xF0\xF4\xD8\xDC\0\xFF\xFE"
        "ab"sv;
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes;
        for (std::size_t n = random() % 24; n > 0; --n) {
            bytes += random() % 3 == 0 ? static_cast<char>(random() % 256) : likely[random() % likely.size()];
        }
        for (const Charset charset : {Charset::utf8, Charset::us_ascii, Charset::iso8859_1, Charset::windows1252,
                                      Charset::utf16, Charset::utf16be, Charset::utf32, Charset::utf32be}) {
            const std::string text = to_utf8(as_bytes(bytes), charset);
            REQUIRE(ferry::is_utf8(as_bytes(text)));
            if (charset == Charset::utf8 && ferry::is_utf8(as_bytes(bytes)) && !bytes.starts_with("\xEF\xBB\xBF")) {
                REQUIRE(text == bytes);
            }
        }
    }
}

TEST_CASE("single-byte encodings") {
    CHECK(shown("a\x80\xE9", Charset::us_ascii) == "a??");
    CHECK(shown("a\x80\x9F\xE9\xFF", Charset::iso8859_1) == "a\u0080\u009Fé\u00FF");
    CHECK(shown("a\x80\x93\x94\x9F\xE9\xFF", Charset::windows1252) == "a€“”Ÿé\u00FF");
    CHECK(shown("\x81\x8D\x8F\x90\x9D", Charset::windows1252) == "?????");
}

TEST_CASE("UTF-16 and UTF-32 in either byte order") {
    struct Row {
        Charset charset;
        std::string_view bytes;
        const char* text;
    };
    const Row rows[] = {
        {Charset::utf16le, "a\0\xAC\x20\x3D\xD8\x07\xDE"sv, "a€😇"},
        {Charset::utf16be, "\0a\x20\xAC\xD8\x3D\xDE\x07"sv, "a€😇"},
        {Charset::utf16, "\xFF\xFE\x61\0"sv, "a"},
        {Charset::utf16, "\xFE\xFF\0\x61"sv, "a"},
        {Charset::utf16, "a\0"sv, "a"},
        {Charset::utf16le, "\xFF\xFE\x61\0"sv, "a"},
        {Charset::utf16be, "\xFE\xFF\0\x61"sv, "a"},
        // The name says the order: a mark of the other order is no mark (U+FFFE).
        {Charset::utf16be, "\xFF\xFE\0\x61"sv, "\xEF\xBF\xBE\x61"},
        {Charset::utf16le, "", ""},
        {Charset::utf16le, "a"sv, "?"},
        {Charset::utf16le, "a\0b"sv, "a?"},
        {Charset::utf16le, "\x3D\xD8\x61\0"sv, "?a"},
        {Charset::utf16le, "\x07\xDE\x61\0"sv, "?a"},
        {Charset::utf16le, "\x3D\xD8\x3D\xD8\x07\xDE"sv, "?😇"},
        {Charset::utf16le, "\x3D\xD8"sv, "?"},
        {Charset::utf16le, "\x3D\xD8\x07"sv, "??"},
        {Charset::utf32le, "a\0\0\0\x07\xF6\x01\0"sv, "a😇"},
        {Charset::utf32be, "\0\0\0a\0\x01\xF6\x07"sv, "a😇"},
        {Charset::utf32, "\xFF\xFE\0\0a\0\0\0"sv, "a"},
        {Charset::utf32, "\0\0\xFE\xFF\0\0\0a"sv, "a"},
        {Charset::utf32, "a\0\0\0"sv, "a"},
        {Charset::utf32le, "\0\xD8\0\0\0\0\x11\0a\0\0\0"sv, "??a"},
        {Charset::utf32le, "a\0\0\0b\0"sv, "a?"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(shown(row.bytes, row.charset) == row.text);
    }
}
