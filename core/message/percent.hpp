// Percent-encoding (RFC 3986 section 2.1) and its cousin for forms (application/x-www-form-urlencoded).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferry::detail {

/// Where in a URL a text stands: it decides which characters may stay as they are.
enum class Component : std::uint8_t { userinfo, path, query, fragment };

/// How many bytes at the front of `text` append_encoded() keeps whatever follows them: "%" is none of them.
[[nodiscard]] std::size_t kept_prefix(std::string_view text, Component component) noexcept;

/// Appends `text`: what may not stand in that component is encoded, valid %xx are kept, a stray "%" becomes "%25".
/// Encoding what is encoded changes nothing.
void append_encoded(std::string& out, std::string_view text, Component component);

/// Each %xx replaced by its byte; what is no valid %xx is kept.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// Appends `text` as a name or value of a form: space as "+", all but letters, digits and "-._~" as %XX.
void append_form_encoded(std::string& out, std::string_view text);

/// The inverse: "+" is a space, each %xx its byte.
[[nodiscard]] std::string form_decoded(std::string_view text);

}  // namespace ferry::detail
