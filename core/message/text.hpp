// Text in other encodings, as UTF-8: what Response::text() and json() need.
#pragma once

#include <ferry/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

/// The encodings that can be read. utf16 and utf32 take their byte order from a byte order mark, little-endian if
/// there is none; the others skip a mark of their own.
enum class Charset : std::uint8_t {
    utf8,
    us_ascii,
    iso8859_1,
    windows1252,
    utf16,
    utf16le,
    utf16be,
    utf32,
    utf32le,
    utf32be,
};

/// The encoding of that name or of a usual alias, in any case; nothing if it is not known.
[[nodiscard]] std::optional<Charset> charset_named(std::string_view name) noexcept;

/// The value of a Content-Type's charset parameter, without quotes; nothing if there is none (RFC 9110 section 8.3.1).
[[nodiscard]] std::optional<std::string_view> charset_of(std::string_view content_type) noexcept;

/// The text in UTF-8. What is not valid in `from` becomes U+FFFD: one for each maximal part of an ill-formed sequence,
/// as Unicode recommends. The result is always valid UTF-8.
[[nodiscard]] std::string to_utf8(ConstBuffer text, Charset from);

/// True if `text` is well-formed UTF-8.
[[nodiscard]] bool is_utf8(ConstBuffer text) noexcept;

/// The size of the well-formed UTF-8 sequence at `at`, which is in the text; 0 if there is none.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text, std::size_t at) noexcept;

/// The encoding of a JSON text, from its byte order mark or from where its first two characters, which are ASCII, have
/// their zero bytes (RFC 4627 section 3).
[[nodiscard]] Charset detect_json_encoding(ConstBuffer text) noexcept;

}  // namespace ferry
