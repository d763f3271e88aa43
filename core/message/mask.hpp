// Passwords in texts that may be URLs.
#pragma once

#include <string>
#include <string_view>

namespace ferry::detail {

/// What stands in the place of a secret.
inline constexpr std::string_view secure = "[secure]";

/// `text`, which may be no URL at all, with everything masked that may be a password: from the first colon behind the
/// scheme to the last "@". Rather too much than a part of one: an unescaped "/" in a password ends the authority.
[[nodiscard, gnu::cold]] std::string mask_password(std::string_view text);

/// The value of a field that is a URL or a relative reference, as it is but for a password in it.
[[nodiscard]] std::string mask_reference(std::string_view text);

}  // namespace ferry::detail
