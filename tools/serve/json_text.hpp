// The little of JSON that the echo routes write, without building a document.
#pragma once

#include <string>
#include <string_view>

namespace ferry::tools {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 are taken as Latin-1, as header fields have them.
void append_json(std::string& out, std::string_view text);

/// True if `text` is UTF-8 without overlong forms and surrogates.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Appends `bytes` in base64 (RFC 4648 section 4).
void append_base64(std::string& out, std::string_view bytes);

}  // namespace ferry::tools
