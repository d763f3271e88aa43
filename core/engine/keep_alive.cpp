#include "core/engine/keep_alive.hpp"

#include "core/message/ascii.hpp"
#include "core/message/list.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

namespace ferry {

namespace {
using std::chrono::seconds;

// Nobody keeps a connection for a century; more digits must not overflow.
constexpr seconds longest{std::int64_t{100} * 365 * 24 * 3600};

std::optional<seconds> seconds_of(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
    }
    const bool negative = value.starts_with('-');
    const std::string_view digits = value.substr(negative ? 1 : 0);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), detail::is_digit)) {
        return std::nullopt;
    }
    std::int64_t count = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc()) {
        count = longest.count();
    }
    return negative ? seconds(0) : std::min(seconds(count), longest);
}
}  // namespace

std::optional<Duration> server_keepalive(const Headers& headers) {
    if (!headers.first(KnownField::keep_alive)) {
        return std::nullopt;
    }
    std::optional<seconds> least;
    for (const std::string& line : headers.get_list("Keep-Alive")) {
        detail::Pieces parameters(line, ',');
        for (std::string_view parameter; parameters.next(parameter);) {
            const std::size_t equals = parameter.find('=');
            if (equals == std::string_view::npos ||
                !same_name(detail::trimmed(parameter.substr(0, equals)), "timeout")) {
                continue;
            }
            if (const auto value = seconds_of(detail::trimmed(parameter.substr(equals + 1)))) {
                least = std::min(least.value_or(longest), *value);
            }
        }
    }
    if (!least) {
        return std::nullopt;
    }
    return std::max(seconds(0), *least - seconds(1));
}

}  // namespace ferry
