// Dates as HTTP writes them (RFC 9110 section 5.6.7).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ferry {

/// Any of the three forms: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
/// `now` tells which century two digits mean. Nothing if it is no date.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text,
                                                                      std::chrono::sys_seconds now);

}  // namespace ferry
