#include <ferry/headers.hpp>

#include "core/message/field_bytes.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <string>
#include <utility>

using ferry::KnownField;

namespace {

constexpr std::pair<const char*, KnownField> known_names[] = {
    {"connection", KnownField::connection},
    {"content-length", KnownField::content_length},
    {"content-type", KnownField::content_type},
    {"content-encoding", KnownField::content_encoding},
    {"expect", KnownField::expect},
    {"host", KnownField::host},
    {"keep-alive", KnownField::keep_alive},
    {"location", KnownField::location},
    {"te", KnownField::te},
    {"trailer", KnownField::trailer},
    {"transfer-encoding", KnownField::transfer_encoding},
    {"upgrade", KnownField::upgrade},
};

}  // namespace

TEST_CASE("each known field is known in any case, and nothing near it is") {
    CHECK(std::size(known_names) + 1 == static_cast<std::size_t>(KnownField::count_));
    for (const auto& [text, field] : known_names) {
        const std::string name = text;
        CAPTURE(name);
        CHECK(ferry::known_field(name) == field);
        std::string upper = name;
        for (char& c : upper) {
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        }
        CHECK(ferry::known_field(upper) == field);
        CHECK(ferry::known_field(name + "x") == KnownField::other);
        CHECK(ferry::known_field(name.substr(1)) == KnownField::other);
        for (std::size_t i = 0; i < name.size(); ++i) {
            for (const int change : {1, 0x20, 0x40, 0x80}) {
                std::string other = name;
                other[i] = static_cast<char>(other[i] ^ change);
                if (other != name && !ferry::same_name(other, name)) {
                    CHECK(ferry::known_field(other) != field);
                }
            }
        }
    }
    CHECK(ferry::known_field("") == KnownField::other);
}

TEST_CASE("names compare without case in ASCII alone") {
    CHECK(ferry::same_name("Content-Type", "cONTENT-tYPE"));
    CHECK(ferry::same_name("", ""));
    CHECK_FALSE(ferry::same_name("a", "ab"));
    CHECK_FALSE(ferry::same_name("[", "{"));
    CHECK_FALSE(ferry::same_name("@", "`"));
    CHECK_FALSE(ferry::same_name("\xC4", "\xE4"));
}

TEST_CASE("tokens have the characters of RFC 9110 section 5.6.2 and no others") {
    const std::string tchars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const char c = static_cast<char>(byte);
        const bool allowed = tchars.find(c) != std::string::npos;
        CHECK(ferry::is_token(std::string(1, c)) == allowed);
        CHECK(ferry::is_token(std::string("ab") + c + "cd") == allowed);
    }
    CHECK(ferry::is_token(tchars));
    CHECK_FALSE(ferry::is_token(""));
}

TEST_CASE("field values have no control bytes but tabs, and no white space around them") {
    for (int byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const std::string value = std::string("a") + static_cast<char>(byte) + "b";
        CHECK(ferry::is_field_value(value) == (byte == '\t' || (byte >= 0x20 && byte != 0x7f)));
    }
    CHECK(ferry::is_field_value(""));
    CHECK(ferry::is_field_value("a b"));
    for (const char* value : {" a", "a ", "\ta", "a\t", " "}) {
        CHECK_FALSE(ferry::is_field_value(value));
    }
}

TEST_CASE("what is wrong with a field is said in a sentence without its value") {
    struct Row {
        std::string name;
        std::string value;
        const char* fault;
    };
    using namespace std::string_literals;
    const Row rows[] = {
        {"x-tag", "fine", ""},
        {"x-tag", "", ""},
        {"x-tag", "na\xC3\xAFve", ""},
        {"", "v", "a header field has an empty name"},
        {"x tag", "v", "the header field name \"x tag\" has a space at byte 1"},
        {"x:", "v", "the header field name \"x:\" has the character \":\" at byte 1"},
        {"x\r\ny", "v", "the header field name \"x\\x0d\\x0ay\" has a carriage return at byte 1"},
        {"x\xC3\xA9", "v", "the header field name \"x\xC3\xA9\" has the byte 0xc3 at byte 1"},
        {"x", "secret\nforged: 1", "the value of the header field \"x\" has a line feed at byte 6"},
        {"x", "a\0b"s, "the value of the header field \"x\" has a NUL at byte 1"},
        {"x", "a\x7f", "the value of the header field \"x\" has the byte 0x7f at byte 1"},
        {"x", " a", "the value of the header field \"x\" begins with white space"},
        {"x", "a\t", "the value of the header field \"x\" ends with white space"},
        {std::string(60, 'n') + " ", "v",
         "the header field name \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…\" has a space at byte 60"},
    };
    for (const Row& row : rows) {
        CHECK(ferry::field_fault(row.name, row.value) == row.fault);
        CHECK(ferry::field_fault(row.name, row.value).empty() ==
              (ferry::is_token(row.name) && ferry::is_field_value(row.value)));
    }
}

TEST_CASE("a byte that no value has is found wherever it stands") {
    for (const char filler : {'v', ' ', '\t', '\x7e', '\x80', '\xff'}) {
        for (std::size_t size = 0; size <= 20; ++size) {
            for (std::size_t at = 0; at < size; ++at) {
                for (int byte = 0; byte < 256; ++byte) {
                    std::string text(size, filler);
                    text[at] = static_cast<char>(byte);
                    text[std::min(at + 3, size - 1)] ^= static_cast<char>(byte % 3);
                    const char* const begin = text.data();
                    const char* const expected = std::find_if_not(begin, begin + size, [](char c) {
                        return ferry::detail::contains(ferry::detail::value_bytes, c);
                    });
                    if (ferry::detail::skip_value(begin, begin + size) != expected) {
                        FAIL("in " << size << " bytes, " << byte << " at " << at);
                    }
                }
            }
        }
    }
}
