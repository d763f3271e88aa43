// The request target as routes read it (RFC 9112 section 3.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferry::tools {

/// A target cut into its parts, still percent-encoded. Views into the target.
struct Target {
    std::string_view path{};   ///< Starts with "/", or is "*".
    std::string_view query{};  ///< Without "?".
};

/// Cuts origin-form, absolute-form and "*".
[[nodiscard]] Target cut_target(std::string_view target) noexcept;

/// Percent-decoded, or nothing if a "%" is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// A file's name as a segment of a path.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace ferry::tools
