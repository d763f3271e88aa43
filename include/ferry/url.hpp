// URLs: parsed once, normalised as httpx normalises, never changed.
#pragma once

#include <ferry/result.hpp>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry {

/// One query parameter. Numbers are written in decimal, `bool` as "true" or "false", as httpx does.
struct Param {
    std::string name{};
    std::string value{};

    Param() = default;
    Param(std::string_view param_name, std::string_view param_value) : name(param_name), value(param_value) {}
    Param(std::string_view param_name, const char* param_value) : name(param_name), value(param_value) {}
    Param(std::string_view param_name, bool param_value) : name(param_name), value(param_value ? "true" : "false") {}
    template <std::integral Int>
        requires(!std::same_as<Int, bool>)
    Param(std::string_view param_name, Int number) : name(param_name), value(std::to_string(number)) {}
    Param(std::string_view param_name, double number);

    friend bool operator==(const Param&, const Param&) = default;
};

/// Query parameters in order; names may repeat. Names and values are plain text: encoding is done when they are used
/// (application/x-www-form-urlencoded: space becomes "+", "%" becomes "%25").
class Params {
public:
    Params() = default;
    Params(std::initializer_list<Param> params) : list_(params) {}

    void add(Param param) { list_.push_back(std::move(param)); }
    [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
    [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
    [[nodiscard]] auto end() const noexcept { return list_.end(); }
    /// The first value of that name.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;
    /// "a=1&b=x+y".
    [[nodiscard]] std::string encoded() const;
    /// The parameters in a URL's query, decoded.
    [[nodiscard]] static Params parse(std::string_view query);

    friend bool operator==(const Params&, const Params&) = default;

private:
    std::vector<Param> list_;
};

/// Where connections go: scheme, host as it is looked up, port. Two URLs of one origin share connections.
struct Origin {
    std::string scheme{};    ///< "http" or "https", lower case.
    std::string host{};      ///< ASCII (IDNA A-labels), lower case, IPv6 without brackets.
    std::uint16_t port = 0;  ///< Never 0 for http and https.

    friend bool operator==(const Origin&, const Origin&) = default;
};

/// An absolute URL or a relative reference (RFC 3986), normalised: scheme and host in lower case, the scheme's default
/// port dropped, dot segments removed, illegal characters percent-encoded and existing %xx kept, hosts in IDNA 2008
/// form. At most 65,536 bytes. Immutable; views are valid as long as the object.
class Url {
public:
    /// The empty relative reference.
    Url() = default;
    /// Throws InvalidUrl.
    explicit Url(std::string_view text);

    /// The same without throwing. The sentence names the URL, with a password masked, and what is wrong with it.
    /// Refused: control characters, backslashes before the path, http and the like without a host, port 0 and other bad
    /// ports, bad IPv6 and zone identifiers, IPv4 in other than four plain decimal numbers, %xx in hosts, bad IDNA.
    [[nodiscard]] static Result<Url> parse(std::string_view text);

    /// The whole URL in normalised, ASCII form. It has the user's password in it: use display() in logs.
    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    /// The whole URL, a password replaced by "[secure]".
    [[nodiscard]] std::string display() const;

    [[nodiscard]] std::string_view scheme() const noexcept { return part(scheme_); }
    /// Name and password as in the URL, still percent-encoded: "user:p%40ss".
    [[nodiscard]] std::string_view userinfo() const noexcept { return part(userinfo_); }
    [[nodiscard]] std::string username() const;  ///< Percent-decoded.
    [[nodiscard]] std::string password() const;  ///< Percent-decoded.
    /// The host for people: Unicode for IDNA names, IPv6 without brackets.
    [[nodiscard]] std::string host() const;
    /// The host for machines: A-labels, lower case, IPv6 without brackets.
    [[nodiscard]] std::string_view raw_host() const noexcept;
    /// The port if it is given and not the scheme's default.
    [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return port_; }
    /// The port to connect to: the given one or the scheme's default; 0 if there is neither.
    [[nodiscard]] std::uint16_t effective_port() const noexcept;
    /// "host" or "host:port", IPv6 in brackets, for the Host field (RFC 9110 section 7.2): no userinfo, no default port.
    [[nodiscard]] std::string_view netloc() const noexcept { return part(netloc_); }
    /// The path, percent-decoded; "/" if it is empty and there is a host.
    [[nodiscard]] std::string path() const;
    /// The path and query as they go into the request line: "/a%20b?c=d".
    [[nodiscard]] std::string_view raw_path() const noexcept { return part(raw_path_); }
    /// The query without "?", still encoded.
    [[nodiscard]] std::string_view query() const noexcept { return part(query_); }
    [[nodiscard]] Params params() const { return Params::parse(query()); }
    /// The fragment without "#", still encoded.
    [[nodiscard]] std::string_view fragment() const noexcept { return part(fragment_); }

    [[nodiscard]] bool is_absolute_url() const noexcept { return !scheme().empty() && !raw_host().empty(); }
    [[nodiscard]] bool is_relative_url() const noexcept { return !is_absolute_url(); }
    [[nodiscard]] Origin origin() const;

    /// RFC 3986 section 5: `reference` resolved against this URL.
    [[nodiscard]] Result<Url> join(std::string_view reference) const;
    /// The URL with `params` put into its query: all parameters of their names go, the new ones are appended, and the
    /// others stay byte for byte. Throws InvalidUrl if the URL becomes too long.
    [[nodiscard]] Url merge_params(const Params& params) const;
    /// The same without throwing.
    [[nodiscard]] Result<Url> try_merge_params(const Params& params) const;

    friend bool operator==(const Url& a, const Url& b) noexcept { return a.text_ == b.text_; }

private:
    struct Part {
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
    };
    [[nodiscard]] std::string_view part(Part p) const noexcept {
        return std::string_view(text_).substr(p.offset, p.size);
    }

    friend struct UrlBuilder;

    [[nodiscard]] std::string_view encoded_path() const noexcept;
    // An absent fragment begins nowhere, an empty one behind its "#".
    [[nodiscard]] bool has_fragment() const noexcept { return fragment_.offset != 0; }
    // The URL with another query, which must be encoded already.
    [[nodiscard]] Result<Url> with_query(std::string_view encoded) const;

    std::string text_;
    Part scheme_, userinfo_, netloc_, raw_host_, raw_path_, query_, fragment_;
    std::optional<std::uint16_t> port_;
};

}  // namespace ferry
