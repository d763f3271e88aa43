// Base64 (RFC 4648 section 4), for Basic authorization.
#pragma once

#include <string>
#include <string_view>

namespace ferry::detail {

/// With padding, without line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace ferry::detail
