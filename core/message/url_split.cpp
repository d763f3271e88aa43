#include "core/message/url_split.hpp"

#include "core/message/ascii.hpp"

#include <algorithm>

namespace ferry::detail {

namespace {

// RFC 3986 section 3.1.
bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && is_alpha(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
    });
}

constexpr ByteSet bytes_of(std::string_view members) noexcept {
    return byte_set(
        [members](unsigned char byte) { return members.find(static_cast<char>(byte)) != std::string_view::npos; });
}

constexpr ByteSet scheme_ends = bytes_of(":/?#");
constexpr ByteSet authority_ends = bytes_of("/?#");
constexpr ByteSet path_ends = bytes_of("?#");
constexpr ByteSet query_ends = bytes_of("#");

// Takes what precedes the first of `ends` off the front of `text`.
std::string_view take_until(std::string_view& text, const ByteSet& ends) noexcept {
    std::size_t size = 0;
    while (size < text.size() && !contains(ends, text[size])) {
        ++size;
    }
    const std::string_view taken = text.substr(0, size);
    text.remove_prefix(size);
    return taken;
}

}  // namespace

// RFC 3986 appendix B, as code.
UrlSplit split_url(std::string_view text) noexcept {
    UrlSplit url;
    std::string_view rest = text;
    const std::string_view before = take_until(rest, scheme_ends);
    if (rest.starts_with(':')) {
        url.bad_scheme = !is_scheme(before);
        url.scheme = before;
        rest.remove_prefix(1);
    } else {
        rest = text;
    }
    if (rest.starts_with("//")) {
        rest.remove_prefix(2);
        url.authority = take_until(rest, authority_ends);
    }
    url.path = take_until(rest, path_ends);
    if (rest.starts_with('?')) {
        rest.remove_prefix(1);
        url.query = take_until(rest, query_ends);
    }
    if (rest.starts_with('#')) {
        url.fragment = rest.substr(1);
    }
    return url;
}

AuthoritySplit split_authority(std::string_view authority) noexcept {
    AuthoritySplit parts;
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        parts.userinfo = authority.substr(0, at);
        authority.remove_prefix(at + 1);
    }
    const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
    const std::size_t host_end =
        bracket != std::string_view::npos ? bracket + 1 : std::min(authority.find(':'), authority.size());
    parts.host = authority.substr(0, host_end);
    authority.remove_prefix(host_end);
    parts.leftover = !authority.empty() && authority.front() != ':';
    parts.port = authority.substr(std::min<std::size_t>(1, authority.size()));
    return parts;
}

}  // namespace ferry::detail
