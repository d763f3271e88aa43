#include "core/message/text.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>
#include <string>
#include <string_view>

using ferry::Charset;
using namespace std::string_view_literals;

TEST_CASE("encodings are known by their usual names, in any case") {
    struct Row {
        const char* name;
        std::optional<Charset> charset;
    };
    const Row rows[] = {
        {"utf-8", Charset::utf8},
        {"UTF-8", Charset::utf8},
        {"utf8", Charset::utf8},
        {"UTF_8", Charset::utf8},
        {" utf-8 ", Charset::utf8},
        {"us-ascii", Charset::us_ascii},
        {"ASCII", Charset::us_ascii},
        {"iso-8859-1", Charset::iso8859_1},
        {"ISO_8859-1", Charset::iso8859_1},
        {"iso_8859-1:1987", Charset::iso8859_1},
        {"latin-1", Charset::iso8859_1},
        {"Latin1", Charset::iso8859_1},
        {"l1", Charset::iso8859_1},
        {"windows-1252", Charset::windows1252},
        {"cp1252", Charset::windows1252},
        {"utf-16", Charset::utf16},
        {"UTF-16LE", Charset::utf16le},
        {"utf-16-be", Charset::utf16be},
        {"utf-32", Charset::utf32},
        {"utf-32le", Charset::utf32le},
        {"utf32be", Charset::utf32be},
        {"", std::nullopt},
        {"-", std::nullopt},
        {"utf", std::nullopt},
        {"utf-88", std::nullopt},
        {"iso-8859-15", std::nullopt},
        {"shift_jis", std::nullopt},
        {"no-such-encoding", std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(ferry::charset_named(row.name) == row.charset);
    }
}

TEST_CASE("the charset of a content type") {
    struct Row {
        const char* type;
        std::optional<std::string_view> charset;
    };
    const Row rows[] = {
        {"", std::nullopt},
        {"text/html", std::nullopt},
        {"text/html;", std::nullopt},
        {"text/html; charset=utf-8", "utf-8"},
        {"text/html;charset=utf-8", "utf-8"},
        {"text/html ; CHARSET = UTF-8 ", "UTF-8"},
        {"text/html; charset=\"utf-8\"", "utf-8"},
        {"text/html; charset=\"utf-8", "utf-8"},
        {"text/html; charset=\"\"", std::nullopt},
        {"text/html; charset=", std::nullopt},
        {"text/html; charset", std::nullopt},
        {"text/html; xcharset=utf-8", std::nullopt},
        {"text/html; a=b; charset=latin1; c=d", "latin1"},
        {"text/html; charset=a; charset=b", "a"},
        {R"(text/html; a="; charset=evil"; charset=good)", "good"},
        {R"(text/html; a="\"; charset=evil"; charset=good)", "good"},
        {"charset=utf-8", std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.type);
        CHECK(ferry::charset_of(row.type) == row.charset);
    }
}

TEST_CASE("the encoding of JSON shows in its first bytes") {
    struct Row {
        std::string_view bytes;
        Charset charset;
    };
    const Row rows[] = {
        {"", Charset::utf8},
        {"1", Charset::utf8},
        {"{}", Charset::utf8},
        {"\"\xC3\xA9\"", Charset::utf8},
        {"\xEF\xBB\xBF{}", Charset::utf8},
        {"\xFF\xFE{\0"sv, Charset::utf16le},
        {"\xFE\xFF\0{"sv, Charset::utf16be},
        {"\xFF\xFE\0\0{\0\0\0"sv, Charset::utf32le},
        {"\0\0\xFE\xFF\0\0\0{"sv, Charset::utf32be},
        {"{\0}\0"sv, Charset::utf16le},
        {"\0{\0}"sv, Charset::utf16be},
        {"{\0\0\0}\0\0\0"sv, Charset::utf32le},
        {"\0\0\0{\0\0\0}"sv, Charset::utf32be},
        {"1\0"sv, Charset::utf16le},
        {"\0001"sv, Charset::utf16be},
        {"1\0\0\0"sv, Charset::utf32le},
        // A string of one character that is not Latin: the second unit has no zero byte.
        {"\"\0\x2D\x4E"sv, Charset::utf16le},
        {"\0\"\x4E\x2D"sv, Charset::utf16be},
        {"\"\0\0\x4E"sv, Charset::utf16le},
        {"\0\"\x4E\0"sv, Charset::utf16be},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.bytes));
        CHECK(ferry::detect_json_encoding(ferry::as_bytes(row.bytes)) == row.charset);
    }
}
