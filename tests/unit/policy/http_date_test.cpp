// The three forms of RFC 9110 section 5.6.7, and what is none of them.
#include "core/policy/http_date.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace ferry;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {
constexpr sys_seconds now = sys_days(2026y / June / 1) + 12h;
}  // namespace

TEST_CASE("all three forms mean the same moment") {
    constexpr sys_seconds moment = sys_days(1994y / November / 6) + 8h + 49min + 37s;
    CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == moment);
    CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == moment);
    CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", now) == moment);
    CHECK(parse_http_date("Wed Nov 16 08:49:37 1994", now) == moment + days(10));
}

TEST_CASE("two digits are a year of the last fifty or the next fifty") {
    const auto year_of = [](std::string_view digits) {
        const auto moment = parse_http_date(std::string("Sunday, 01-Jan-").append(digits).append(" 00:00:00 GMT"), now);
        return static_cast<int>(year_month_day(floor<days>(moment.value())).year());
    };
    CHECK(year_of("26") == 2026);
    CHECK(year_of("76") == 2076);
    CHECK(year_of("77") == 1977);
    CHECK(year_of("99") == 1999);
    CHECK(year_of("00") == 2000);
}

TEST_CASE("a leap day and a leap second are moments") {
    CHECK(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT", now) == sys_seconds(sys_days(2024y / February / 29)));
    CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", now) == sys_seconds(sys_days(2017y / January / 1)));
}

TEST_CASE("what is no date is nothing") {
    for (const std::string_view text : {
             "",
             "120",
             "Sun, 06 Nov 1994 08:49:37",
             "Sun, 06 Nov 1994 08:49:37 GMT ",
             "Sun, 06 Nov 1994 08:49:37 UTC",
             "Sun, 6 Nov 1994 08:49:37 GMT",
             "Sun, 31 Feb 1994 08:49:37 GMT",
             "Sun, 00 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 1994 24:49:37 GMT",
             "Sun, 06 Nov 1994 08:60:37 GMT",
             "Sun, 06 Nov 1994 08:49:61 GMT",
             "Sun, 06 nov 1994 08:49:37 GMT",
             "Son, 06 Nov 1994 08:49:37 GMT",
             "Sun, 06 Nov 94 08:49:37 GMT",
             "Sunday, 06-Nov-1994 08:49:37 GMT",
             "Sun Nov 6 08:49:37 1994",
             "Sun Nov  6 08:49:37 1994 GMT",
             "Sun, 06 Nov 1994 8:49:37 GMT",
         }) {
        CHECK_FALSE(parse_http_date(text, now));
    }
}
