// Foreign text inside our sentences.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferry::detail {

/// Longer texts are cut: a sentence stays a sentence.
inline constexpr std::size_t quote_limit = 120;

/// `text` in double quotes, for an error's sentence: escaped, and cut to `limit` bytes.
[[nodiscard, gnu::cold]] std::string quoted(std::string_view text, std::size_t limit = quote_limit);

/// Appends `text` with some of its bytes as \xNN, so that what a peer sent can neither forge a line of a log nor steer a
/// terminal: those of control characters (C1 too), of characters that turn the direction of writing or break lines, and all
/// that is not UTF-8. What is printable stays as it is.
void append_escaped(std::string& out, std::string_view text);
/// The same, alone.
[[nodiscard, gnu::cold]] std::string escaped(std::string_view text);

/// The byte's name for a sentence: "a space", "a line feed", "the byte 0x01", "the character "^"".
[[nodiscard, gnu::cold]] std::string name_of_byte(char c);

}  // namespace ferry::detail
