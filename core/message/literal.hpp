// A text compared with a literal.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace ferry::detail {

/// The same as `==`, but the size of what is compared is known where this is compiled: a few moves, where `==` calls.
template <std::size_t Size>
[[nodiscard]] bool is_literal(std::string_view text, const char (&literal)[Size]) noexcept {
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the size is given.
    return text.size() == Size - 1 && std::memcmp(text.data(), literal, Size - 1) == 0;
}

}  // namespace ferry::detail
