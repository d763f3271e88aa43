#include "core/policy/http_date.hpp"

#include <array>
#include <cstddef>

namespace ferry {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};

/// Takes a date apart from its front; `good` becomes false where it is not what was expected.
struct Scanner {
    std::string_view rest;
    bool good = true;

    void literal(std::string_view text) {
        good = good && rest.starts_with(text);
        rest.remove_prefix(good ? text.size() : 0);
    }
    /// So many digits; the first may be a space where a day is padded with one.
    int number(std::size_t width, bool padded = false) {
        int value = 0;
        good = good && rest.size() >= width;
        for (std::size_t i = 0; good && i < width; ++i) {
            const char c = rest[i];
            const bool digit = c >= '0' && c <= '9';
            good = digit || (padded && i == 0 && c == ' ');
            value = value * 10 + (digit ? c - '0' : 0);
        }
        rest.remove_prefix(good ? width : 0);
        return value;
    }
    /// One of the names, cut to `width` letters; 0: whole.
    template <std::size_t N>
    std::size_t name(const std::array<std::string_view, N>& names, std::size_t width) {
        for (std::size_t i = 0; i < N; ++i) {
            const std::string_view one = width == 0 ? names[i] : names[i].substr(0, width);
            if (good && rest.starts_with(one)) {
                rest.remove_prefix(one.size());
                return i;
            }
        }
        good = false;
        return 0;
    }
    seconds time_of_day() {
        const int h = number(2);
        literal(":");
        const int m = number(2);
        literal(":");
        const int s = number(2);
        good = good && h < 24 && m < 60 && s <= 60;  // RFC 9110 section 5.6.7: a leap second is one more
        return hours(h) + minutes(m) + seconds(s);
    }
};

struct Date {
    int year = 0;
    std::size_t month = 0;
    int day = 0;
    seconds time{};
};

std::optional<sys_seconds> moment(const Date& date) {
    const year_month_day ymd{year(date.year), month(static_cast<unsigned>(date.month) + 1),
                             day(static_cast<unsigned>(date.day))};
    return ymd.ok() ? std::optional<sys_seconds>(sys_days(ymd) + date.time) : std::nullopt;
}

std::optional<sys_seconds> fixed(std::string_view text) {
    Scanner in{text};
    Date date;
    static_cast<void>(in.name(days, 3));
    in.literal(", ");
    date.day = in.number(2);
    in.literal(" ");
    date.month = in.name(months, 0);
    in.literal(" ");
    date.year = in.number(4);
    in.literal(" ");
    date.time = in.time_of_day();
    in.literal(" GMT");
    return in.good && in.rest.empty() ? moment(date) : std::nullopt;
}

std::optional<sys_seconds> rfc_850(std::string_view text, sys_seconds now) {
    Scanner in{text};
    Date date;
    static_cast<void>(in.name(days, 0));
    in.literal(", ");
    date.day = in.number(2);
    in.literal("-");
    date.month = in.name(months, 0);
    in.literal("-");
    const int two_digits = in.number(2);
    in.literal(" ");
    date.time = in.time_of_day();
    in.literal(" GMT");
    if (!in.good || !in.rest.empty()) {
        return std::nullopt;
    }
    // "more than 50 years in the future" means "the most recent year in the past that had the same last two digits".
    const int this_year = static_cast<int>(year_month_day(floor<std::chrono::days>(now)).year());
    date.year = this_year - this_year % 100 + two_digits;
    date.year -= date.year > this_year + 50 ? 100 : 0;
    return moment(date);
}

std::optional<sys_seconds> asctime(std::string_view text) {
    Scanner in{text};
    Date date;
    static_cast<void>(in.name(days, 3));
    in.literal(" ");
    date.month = in.name(months, 0);
    in.literal(" ");
    date.day = in.number(2, true);
    in.literal(" ");
    date.time = in.time_of_day();
    in.literal(" ");
    date.year = in.number(4);
    return in.good && in.rest.empty() ? moment(date) : std::nullopt;
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text, sys_seconds now) {
    if (auto date = fixed(text)) {
        return date;
    }
    if (auto date = rfc_850(text, now)) {
        return date;
    }
    return asctime(text);
}

}  // namespace ferry
