// Dates as HTTP writes them.
#pragma once

#include <ctime>
#include <string>

namespace ferry::tools {

/// RFC 9110 section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
[[nodiscard]] std::string http_date(std::time_t time);

}  // namespace ferry::tools
