// Foreign text inside our sentences.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferry::detail {

/// Longer texts are cut: a sentence stays a sentence.
inline constexpr std::size_t quote_limit = 120;

/// `text` in double quotes, for an error's sentence: control bytes as \xNN, cut to `limit` bytes.
[[nodiscard]] std::string quoted(std::string_view text, std::size_t limit = quote_limit);

/// Appends `text` with its control bytes as \xNN, so that what a peer sent cannot forge a line of a log.
void append_escaped(std::string& out, std::string_view text);

/// The byte's name for a sentence: "a space", "a line feed", "the byte 0x01", "the character "^"".
[[nodiscard]] std::string name_of_byte(char c);

}  // namespace ferry::detail
