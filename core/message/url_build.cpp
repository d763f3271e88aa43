// From text to Url: split, judge each component, write the normal form down once.
#include <ferry/url.hpp>

#include "core/message/ascii.hpp"
#include "core/message/host.hpp"
#include "core/message/mask.hpp"
#include "core/message/percent.hpp"
#include "core/message/port.hpp"
#include "core/message/quote.hpp"
#include "core/message/url_path.hpp"
#include "core/message/url_split.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace ferry {

namespace {

using detail::AuthoritySplit;
using detail::Component;
using detail::UrlSplit;

// httpx's limit. Servers seldom take more than 8 KiB.
constexpr std::size_t longest_url = 65536;

[[gnu::cold]] Error invalid(std::string_view text, std::string_view fault) {
    Error error;
    error.code = Errc::invalid_url;
    error.message = "invalid URL " + detail::quoted(detail::mask_password(text)) + ": " + std::string(fault);
    error.safe_to_retry = true;
    return error;
}

[[gnu::cold]] Error too_long(std::string_view text) {
    return invalid(text, "it has more than " + std::to_string(longest_url) + " bytes, encoding included");
}

// Empty if nothing is wrong with the text as a whole.
std::string fault_of_bytes(std::string_view text) {
    const auto control = std::find_if(text.begin(), text.end(), detail::is_control);
    if (control == text.end()) {
        return {};
    }
    return "it has " + detail::name_of_byte(*control) + " at byte " + std::to_string(control - text.begin());
}

// RFC 3986 section 3.2.3. Zero when there is no port, nothing when it is none.
std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty()) {
        return 0;
    }
    if (error != std::errc() || end != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

// A scheme that says nothing without a host.
bool needs_host(std::string_view scheme) noexcept { return detail::default_port(scheme) != 0; }

}  // namespace

// Writes the normal form of a UrlSplit into a Url.
struct UrlBuilder {
    using Part = Url::Part;

    Url url{};

    [[nodiscard]] std::uint32_t position() const noexcept { return static_cast<std::uint32_t>(url.text_.size()); }
    [[nodiscard]] Part since(std::uint32_t begin) const noexcept { return {begin, position() - begin}; }
    [[nodiscard]] static Part part(std::size_t begin, std::size_t size) noexcept {
        return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size)};
    }

    // Takes what nearly all URLs are: http or https, a name or IPv4 address, maybe a port, a path, and no byte that the
    // normal form has otherwise. False: this is another one, and the functions below see what is to be done about it.
    bool take_normal(std::string_view text) {
        const std::size_t scheme = text.starts_with("http://") ? 4 : text.starts_with("https://") ? 5 : 0;
        const std::size_t host = scheme + 3;
        if (scheme == 0) {
            return false;
        }
        const std::size_t host_size = detail::normal_host_prefix(text.substr(host));
        std::size_t at = host + host_size;
        if (host_size == 0 || at == text.size()) {
            return false;
        }
        std::uint32_t port = 0;
        if (text[at] == ':') {
            constexpr std::size_t most_digits = 5;
            const std::size_t digits = ++at;
            for (; at < text.size() && at - digits < most_digits && detail::is_digit(text[at]); ++at) {
                port = port * 10 + static_cast<std::uint32_t>(text[at] - '0');
            }
            if (port == 0 || port > 65535 || text[digits] == '0' || port == (scheme == 4 ? 80 : 443)) {
                return false;
            }
        }
        const std::size_t path = at;
        if (path == text.size() || text[path] != '/') {
            return false;
        }
        at += detail::kept_prefix(text.substr(at), Component::path);
        if (text.substr(path, at - path).find("/.") != std::string_view::npos) {
            return false;
        }
        Part query;
        if (at < text.size() && text[at] == '?') {
            ++at;
            const std::size_t size = detail::kept_prefix(text.substr(at), Component::query);
            query = part(at, size);
            at += size;
        }
        const std::size_t path_size = at - path;
        Part fragment;
        if (at < text.size() && text[at] == '#') {
            ++at;
            const std::size_t size = detail::kept_prefix(text.substr(at), Component::fragment);
            fragment = part(at, size);
            at += size;
        }
        if (at != text.size()) {
            return false;
        }
        url.text_ = text;
        url.scheme_ = part(0, scheme);
        url.netloc_ = part(host, path - host);
        url.raw_host_ = part(host, host_size);
        url.raw_path_ = part(path, path_size);
        url.query_ = query;
        url.fragment_ = fragment;
        if (port != 0) {
            url.port_ = static_cast<std::uint16_t>(port);
        }
        return true;
    }

    // Each returns what is wrong, empty if nothing is.
    std::string scheme(const UrlSplit& split) {
        if (split.bad_scheme) {
            return split.scheme.empty() ? "its scheme is missing" : "what precedes its first colon is no scheme";
        }
        if (split.scheme.empty()) {
            return {};
        }
        url.text_ += split.scheme;
        std::transform(url.text_.begin(), url.text_.end(), url.text_.begin(), detail::lower);
        url.scheme_ = since(0);
        url.text_ += ':';
        return {};
    }

    std::string authority(const UrlSplit& split) {
        if (!split.authority) {
            return needs_host(url.scheme()) ? "it has no host" : "";
        }
        // Browsers read a backslash as a slash: the same text would name another host there.
        if (split.authority->find('\\') != std::string_view::npos) {
            return "it has a backslash before its path";
        }
        const AuthoritySplit parts = detail::split_authority(*split.authority);
        if (parts.host.empty() && (!split.authority->empty() || needs_host(url.scheme()))) {
            return "it has no host";
        }
        url.text_ += "//";
        if (!parts.userinfo.empty()) {
            const std::uint32_t begin = position();
            detail::append_encoded(url.text_, parts.userinfo, Component::userinfo);
            url.userinfo_ = since(begin);
            url.text_ += '@';
        }
        const std::uint32_t begin = position();
        if (std::string fault = host(parts); !fault.empty()) {
            return fault;
        }
        if (std::string fault = port(parts); !fault.empty()) {
            return fault;
        }
        url.netloc_ = since(begin);
        return {};
    }

    void path_query_fragment(const UrlSplit& split) {
        const bool rooted = split.path.starts_with('/');
        const bool hierarchical = rooted && (split.authority || !split.scheme.empty());
        std::string_view path = split.path;
        std::string without_dots;
        if (hierarchical && path.find("/.") != std::string_view::npos) {
            without_dots = detail::without_dot_segments(path);
            path = without_dots;
        }
        if (path.empty() && url.raw_host_.size > 0) {
            path = "/";
        }
        const std::uint32_t begin = position();
        if (!split.authority && path.starts_with("//")) {
            // RFC 3986 section 3.3: without an authority it would be read as one.
            url.text_ += "/.";
        }
        detail::append_encoded(url.text_, path, Component::path);
        if (split.query) {
            url.text_ += '?';
            const std::uint32_t query = position();
            detail::append_encoded(url.text_, *split.query, Component::query);
            url.query_ = since(query);
        }
        url.raw_path_ = since(begin);
        if (split.fragment) {
            url.text_ += '#';
            const std::uint32_t fragment = position();
            detail::append_encoded(url.text_, *split.fragment, Component::fragment);
            url.fragment_ = since(fragment);
        }
    }

    // The Url for `split`; `text` is what the sentence of an error names.
    static Result<Url> build(const UrlSplit& split, std::string_view text) {
        UrlBuilder builder;
        builder.url.text_.reserve(text.size() + 8);
        if (const std::string fault = builder.scheme(split); !fault.empty()) {
            return invalid(text, fault);
        }
        if (const std::string fault = builder.authority(split); !fault.empty()) {
            return invalid(text, fault);
        }
        builder.path_query_fragment(split);
        if (builder.url.text_.size() > longest_url) {
            return too_long(text);
        }
        return std::move(builder.url);
    }

    // `url` with another query.
    static Result<Url> with_query(const Url& url, std::string_view encoded) {
        const Part path{url.raw_path_.offset, static_cast<std::uint32_t>(url.encoded_path().size())};
        if (encoded.size() > longest_url) {
            return too_long(url.text_);
        }
        UrlBuilder builder{url};
        std::string& text = builder.url.text_;
        text.resize(path.offset + path.size);
        text += '?';
        const std::uint32_t query = builder.position();
        text += encoded;
        builder.url.query_ = builder.since(query);
        builder.url.raw_path_ = builder.since(path.offset);
        if (url.has_fragment()) {
            text += '#';
            const std::uint32_t fragment = builder.position();
            text += url.fragment();
            builder.url.fragment_ = builder.since(fragment);
        }
        if (text.size() > longest_url) {
            return too_long(text);
        }
        return std::move(builder.url);
    }

private:
    std::string host(const AuthoritySplit& parts) {
        if (parts.leftover) {
            return "something stands between its IPv6 address and its port";
        }
        if (parts.host.empty()) {
            return {};
        }
        const detail::AsciiName host = detail::normal_host(parts.host);
        if (!host.fault.empty()) {
            return "its host " + host.fault;
        }
        const std::uint32_t begin = position();
        url.text_ += host.name;
        url.raw_host_ = since(begin);
        if (host.name.starts_with('[')) {
            url.raw_host_ = {begin + 1, url.raw_host_.size - 2};
        }
        return {};
    }

    std::string port(const AuthoritySplit& parts) {
        const std::optional<std::uint16_t> port = parse_port(parts.port);
        if (!port) {
            return "its port is not a number from 1 to 65535";
        }
        // RFC 3986 section 6.2.3: an empty port and the scheme's default are left out.
        if (*port != 0 && *port != detail::default_port(url.scheme())) {
            url.port_ = port;
            std::array<char, 5> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *port).ptr;
            url.text_ += ':';
            url.text_.append(digits.data(), end);
        }
        return {};
    }
};

Result<Url> Url::parse(std::string_view text) {
    if (text.size() > longest_url) {
        return too_long(text);
    }
    if (UrlBuilder builder; builder.take_normal(text)) {
        return std::move(builder.url);
    }
    if (const std::string fault = fault_of_bytes(text); !fault.empty()) {
        return invalid(text, fault);
    }
    return UrlBuilder::build(detail::split_url(text), text);
}

// RFC 3986 section 5.2.2, strict: a reference with a scheme is taken as it is.
Result<Url> Url::join(std::string_view reference) const {
    if (reference.size() > longest_url) {
        return too_long(reference);
    }
    if (const std::string fault = fault_of_bytes(reference); !fault.empty()) {
        return invalid(reference, fault);
    }
    UrlSplit target = detail::split_url(reference);
    if (target.bad_scheme || !target.scheme.empty()) {
        return UrlBuilder::build(target, reference);
    }
    const UrlSplit base = detail::split_url(text_);
    target.scheme = base.scheme;
    std::string merged;
    if (!target.authority) {
        target.authority = base.authority;
        if (target.path.empty()) {
            target.path = base.path;
            if (!target.query) {
                target.query = base.query;
            }
        } else if (!target.path.starts_with('/')) {
            merged = detail::merged_path(base.path, base.authority.has_value(), target.path);
            target.path = merged;
        }
    }
    return UrlBuilder::build(target, reference);
}

Result<Url> Url::with_query(std::string_view encoded) const { return UrlBuilder::with_query(*this, encoded); }

}  // namespace ferry
