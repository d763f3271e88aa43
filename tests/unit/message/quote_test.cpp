// Foreign text in sentences and traces.
#include "core/message/quote.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <string_view>

using ferry::detail::escaped;
using ferry::detail::quoted;

TEST_CASE("what is printable stays, and nothing else does") {
    struct Case {
        std::string_view text;
        std::string_view shown;
    };
    for (const Case& c : {
             Case{"plain ~", "plain ~"},
             Case{"", ""},
             Case{"a\tb\x1b[31m\x7f", "a\\x09b\\x1b[31m\\x7f"},
             Case{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
             Case{"\xc2\x9b"
                  "31m",
                  "\\xc2\\x9b31m"},  // CSI as one character
             Case{"\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0"},
             Case{"caf\xe9", "caf\\xe9"},  // Latin-1
             Case{"\x9b"
                  "31m",
                  "\\x9b31m"},       // C1 as one byte
             Case{"\xc3", "\\xc3"},  // broken off
             Case{"\xe2\x82 x", "\\xe2\\x82 x"},
             Case{"\xc0\xaf\xed\xa0\x80", "\\xc0\\xaf\\xed\\xa0\\x80"},  // overlong, a surrogate
             Case{"a\xe2\x80\xae"
                  "b",
                  "a\\xe2\\x80\\xae"
                  "b"},  // from right to left
             Case{"\xe2\x80\xa8\xe2\x81\xa9\xe2\x80\x8f", "\\xe2\\x80\\xa8\\xe2\\x81\\xa9\\xe2\\x80\\x8f"},
             Case{"\xe2\x80\x94\xe2\x81\x84", "\xe2\x80\x94\xe2\x81\x84"},
         }) {
        CHECK(escaped(c.text) == c.shown);
    }
}

TEST_CASE("a quotation is cut between characters") {
    CHECK(quoted("abc", 3) == "\"abc\"");
    CHECK(quoted("ab\xc3\xa9", 3) == "\"ab\xe2\x80\xa6\"");
    CHECK(quoted("a\xff"
                 "c") ==
          "\"a\\xff"
          "c\"");
}
