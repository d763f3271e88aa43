#include <ferry/exceptions.hpp>
#include <ferry/url.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

using ferry::Param;
using ferry::Params;
using ferry::Url;

TEST_CASE("parameters are written as a form writes them") {
    struct Row {
        Params params;
        const char* encoded;
    };
    const Row rows[] = {
        {{}, ""},
        {{{"a", "1"}, {"b", "x y"}}, "a=1&b=x+y"},
        {{{"a", ""}}, "a="},
        {{{"", "a"}}, "=a"},
        {{{"a", "1"}, {"a", "2"}}, "a=1&a=2"},
        {{{"u", "%"}}, "u=%25"},
        {{{"u", "with%20spaces"}}, "u=with%2520spaces"},
        {{{"u", "http://example.com?q=foo%2Fa"}}, "u=http%3A%2F%2Fexample.com%3Fq%3Dfoo%252Fa"},
        {{{"a&b", "=+#"}}, "a%26b=%3D%2B%23"},
        {{{"-._~", "*!'()"}}, "-._~=%2A%21%27%28%29"},
        {{{"é", "\xF0\x9F\x8C\x9F"}}, "%C3%A9=%F0%9F%8C%9F"},
        {{{"crlf", "a\r\nb"}}, "crlf=a%0D%0Ab"},
        {{{"i", 7}, {"n", -7}, {"t", true}, {"f", false}, {"c", "text"}}, "i=7&n=-7&t=true&f=false&c=text"},
        {{{"big", std::numeric_limits<std::uint64_t>::max()}}, "big=18446744073709551615"},
        {{{"s", std::string("s")}, {"v", std::string_view("v")}}, "s=s&v=v"},
    };
    for (const Row& row : rows) {
        CHECK(row.params.encoded() == row.encoded);
        CHECK(Params::parse(row.encoded) == row.params);
    }
}

TEST_CASE("floating point numbers are written shortest, in no locale") {
    const std::pair<double, const char*> rows[] = {
        {0.0, "0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {100000.0, "100000.0"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {std::numeric_limits<double>::infinity(), "inf"},
        {-std::numeric_limits<double>::infinity(), "-inf"},
        {std::nan(""), "nan"},
    };
    for (const auto& [number, text] : rows) {
        CHECK(Param("x", number).value == text);
    }
}

TEST_CASE("a query is read leniently") {
    struct Row {
        const char* query;
        Params params;
    };
    const Row rows[] = {
        {"", {}},
        {"&&", {}},
        {"a", {{"a", ""}}},
        {"a=b=c", {{"a", "b=c"}}},
        {"a=1&&b=2&", {{"a", "1"}, {"b", "2"}}},
        {"a=x+y%20z", {{"a", "x y z"}}},
        {"a=%zz%4&%61=%", {{"a", "%zz%4"}, {"a", "%"}}},
        {"a=%e9", {{"a", "\xE9"}}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.query);
        CHECK(Params::parse(row.query) == row.params);
    }
}

TEST_CASE("the first value of a name is found") {
    Params params{{"a", "1"}, {"b", "2"}};
    params.add({"a", "3"});
    CHECK(params.size() == 3);
    CHECK(params.get("a") == "1");
    CHECK_FALSE(params.get("A"));
}

TEST_CASE("merged parameters replace their names and leave the rest as it was") {
    struct Row {
        const char* url;
        Params params;
        const char* merged;
    };
    const Row rows[] = {
        {"http://h/", {}, "http://h/"},
        {"http://h/?a=1", {}, "http://h/?a=1"},
        {"http://h", {{"a", "1"}}, "http://h/?a=1"},
        {"http://h/?", {{"a", "1"}}, "http://h/?a=1"},
        {"http://h/p?b=2", {{"a", "1"}}, "http://h/p?b=2&a=1"},
        {"http://h/p?a=2", {{"a", "1"}}, "http://h/p?a=1"},
        {"http://h/p?a=1&b=2&a=3#f", {{"a", "x"}, {"a", "y"}}, "http://h/p?b=2&a=x&a=y#f"},
        {"http://h/p#", {{"a", "1"}}, "http://h/p?a=1#"},
        // Byte for byte: another encoding of the same, empty pieces, no equals sign.
        {"http://h/?b=%41b%2f+c&&d&[]=|", {{"a", "1"}}, "http://h/?b=%41b%2f+c&&d&[]=|&a=1"},
        {"http://h/?b=1&", {{"a", "1"}}, "http://h/?b=1&&a=1"},
        // Names are compared decoded.
        {"http://h/?%61=1&a+b=2&a%20b=3&c=4", {{"a", "x"}, {"a b", "y"}}, "http://h/?c=4&a=x&a+b=y"},
        {"p?q=1", {{"r", "2"}}, "p?q=1&r=2"},
        {"http://h/?a=1", {{"u", "a?b#c"}}, "http://h/?a=1&u=a%3Fb%23c"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.url);
        const Url merged = Url(row.url).merge_params(row.params);
        CHECK(merged.str() == row.merged);
        // The parts moved with the text.
        const Url parsed(row.merged);
        CHECK(merged.raw_path() == parsed.raw_path());
        CHECK(merged.query() == parsed.query());
        CHECK(merged.fragment() == parsed.fragment());
        CHECK(merged.path() == parsed.path());
        CHECK(merged.netloc() == parsed.netloc());
    }
}

TEST_CASE("a URL that parameters make too long is refused") {
    const Url url("http://user:hunter2@h/");
    const Params large{{"a", std::string(66'000, 'x')}};
    const auto merged = url.try_merge_params(large);
    REQUIRE_FALSE(merged);
    CHECK(merged.error().code == ferry::Errc::invalid_url);
    CHECK(merged.error().message.find("hunter2") == std::string::npos);
    CHECK_THROWS_AS(url.merge_params(large), ferry::InvalidUrl);
    const Params fits{{"a", std::string(65'000, 'x')}};
    CHECK(url.merge_params(fits).str().size() == 65'000 + 25);
    CHECK_FALSE(url.merge_params(fits).try_merge_params({{"b", std::string(600, 'x')}}));
}
