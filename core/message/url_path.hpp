// Paths in references (RFC 3986 section 5.2).
#pragma once

#include <string>
#include <string_view>

namespace ferry::detail {

/// RFC 3986 section 5.2.4, for a path that begins with "/". "%2e" is no dot: what is encoded is kept.
[[nodiscard]] std::string without_dot_segments(std::string_view path);

/// RFC 3986 section 5.2.3: the path of a relative reference behind the directory of the base's path.
[[nodiscard]] std::string merged_path(std::string_view base, bool base_has_authority, std::string_view reference);

}  // namespace ferry::detail
