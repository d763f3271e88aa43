#include "core/http1/framing.hpp"

#include "core/http1/line.hpp"
#include "core/message/ascii.hpp"
#include "core/message/list.hpp"
#include "core/message/literal.hpp"

#include <limits>
#include <utility>

namespace ferry::http1 {

namespace {

using detail::is_digit;
using detail::is_literal;

constexpr std::uint64_t longest_body = std::numeric_limits<std::int64_t>::max();

struct Length {
    std::uint64_t value = 0;
    Fault fault{};
};

// RFC 9110 section 8.6: Content-Length = 1*DIGIT.
Length parse_length(std::string_view text) noexcept {
    if (text.empty()) {
        return {0, {Errc::bad_content_length, "Content-Length is empty"}};
    }
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c == ',') {
            // RFC 9112 section 6.3 (5) allows a list of equal numbers; ferry refuses it as it does two lines.
            return {0, {Errc::repeated_content_length, "Content-Length has more than one value"}};
        }
        if (!is_digit(c)) {
            return {0, {Errc::bad_content_length, "Content-Length is not a number"}};
        }
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (value > (longest_body - digit) / 10) {
            return {0, {Errc::bad_content_length, "Content-Length is larger than 63 bits hold"}};
        }
        value = value * 10 + digit;
    }
    return {value, {}};
}

// RFC 9112 section 7: transfer-parameter = token "=" ( token / quoted-string ).
bool are_parameters(std::string_view text) noexcept {
    detail::Pieces parameters(text, ';');
    for (std::string_view parameter; parameters.next(parameter);) {
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos || !is_token(parameter.substr(0, equals)) ||
            !is_token_or_quoted(parameter.substr(equals + 1))) {
            return false;
        }
    }
    return true;
}

struct Codings {
    bool ends_chunked = false;  // The last one is exactly "chunked".
    std::size_t line = 0;       // The last line of the field.
    Fault fault{};
};

// RFC 9112 section 7: transfer-coding = token *( OWS ";" OWS transfer-parameter ).
Codings parse_codings(const Headers& headers) noexcept {
    Codings all;
    bool seen = false;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (headers.known(i) != KnownField::transfer_encoding) {
            continue;
        }
        all.line = i;
        detail::Pieces members(headers[i].value, ',');
        for (std::string_view member; members.next(member);) {
            if (member.empty()) {
                continue;  // RFC 9110 section 5.6.1.2: empty members are to be ignored.
            }
            const std::size_t semicolon = member.find(';');
            const std::string_view name = detail::trimmed(member.substr(0, semicolon));
            const bool chunked = same_name(name, "chunked");
            const bool plain = semicolon == std::string_view::npos;
            if (!is_token(name) || !(plain || are_parameters(member.substr(semicolon + 1)))) {
                all.fault = {Errc::bad_transfer_encoding, "Transfer-Encoding is not a list of codings"};
                return all;
            }
            if (chunked && !plain) {
                // RFC 9112 section 7.1: "their presence SHOULD be treated as an error".
                all.fault = {Errc::bad_transfer_encoding, "the chunked coding has parameters"};
                return all;
            }
            if (chunked && std::exchange(seen, true)) {
                // RFC 9112 section 6.1: "MUST NOT apply the chunked transfer coding more than once".
                all.fault = {Errc::bad_transfer_encoding, "the chunked coding is named twice"};
                return all;
            }
            all.ends_chunked = chunked;
        }
    }
    return all;
}

// The nth line of a field; there are so many.
std::size_t line_of(const Headers& headers, KnownField field, std::size_t nth) noexcept {
    std::size_t i = 0;
    while (headers.known(i) != field || nth-- > 0) {
        ++i;
    }
    return i;
}

// What the two fields say, in a request or a response. Fault or not, and the line.
Framing announced(const Headers& headers) noexcept {
    Framing framing;
    const std::size_t lengths = headers.count(KnownField::content_length);
    const std::size_t codings = headers.count(KnownField::transfer_encoding);
    if (lengths == 0 && codings == 0) {
        return framing;
    }
    if (lengths > 0 && codings > 0) {
        // RFC 9112 section 6.3 (3): "ought to be handled as an error".
        framing.fault = {Errc::content_length_and_transfer_encoding,
                         "there are both Content-Length and Transfer-Encoding"};
        const std::size_t length_line = line_of(headers, KnownField::content_length, 0);
        const std::size_t coding_line = line_of(headers, KnownField::transfer_encoding, 0);
        framing.line = length_line > coding_line ? length_line : coding_line;
        return framing;
    }
    if (lengths > 1) {
        framing.fault = {Errc::repeated_content_length, "there is more than one Content-Length"};
        framing.line = line_of(headers, KnownField::content_length, 1);
        return framing;
    }
    if (lengths == 1) {
        const Length length = parse_length(*headers.first(KnownField::content_length));
        if (length.fault) {
            // RFC 9112 section 6.3 (5): an invalid one is an unrecoverable error.
            framing.fault = length.fault;
            framing.line = line_of(headers, KnownField::content_length, 0);
        }
        framing.announces_length = true;
        framing.announced_length = length.value;
        return framing;
    }
    const Codings list = parse_codings(headers);
    framing.fault = list.fault;
    framing.line = list.line;
    framing.announces_chunked = list.ends_chunked;
    return framing;
}

void take_length(Framing& framing) noexcept {
    framing.delimiter = framing.announced_length > 0 ? Delimiter::length : Delimiter::none;
    framing.length = framing.announced_length;
}

constexpr detail::ByteSet host_bytes = detail::byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return is_digit(c) || detail::is_alpha(c) ||
           (byte != 0 && std::string_view("-._~%!$&'()*+,;=").find(c) != std::string_view::npos);
});

constexpr detail::ByteSet literal_bytes = detail::byte_set(
    [](unsigned char byte) { return detail::contains(host_bytes, static_cast<char>(byte)) || byte == ':'; });

// RFC 9112 section 3.2: "invalid" targets are refused; a fragment is never part of one (RFC 9110 section 7.1).
constexpr detail::ByteSet target_bytes =
    detail::byte_set([](unsigned char byte) { return byte > 0x20 && byte < 0x7f && byte != '#'; });

// RFC 3986 section 3.2: host [ ":" port ], the host maybe empty.
bool is_authority(std::string_view text, bool needs_host_and_port) noexcept {
    std::size_t host = 0;
    if (!text.empty() && text.front() == '[') {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || end < 3 || !detail::all_in(literal_bytes, text.substr(1, end - 1))) {
            return false;
        }
        host = end + 1;
    } else {
        while (host < text.size() && detail::contains(host_bytes, text[host])) {
            ++host;
        }
    }
    const std::string_view port = text.substr(host);
    if (needs_host_and_port && (host == 0 || port.size() < 2)) {
        return false;
    }
    if (port.empty()) {
        return true;
    }
    for (const char c : port.substr(1)) {
        if (!is_digit(c)) {
            return false;
        }
    }
    return port.front() == ':';
}

// RFC 3986 section 3.1: scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), then "://" and something.
bool is_absolute(std::string_view target) noexcept {
    const std::size_t colon = target.find(':');
    if (colon == std::string_view::npos || !detail::is_alpha(target.front())) {
        return false;
    }
    for (const char c : target.substr(0, colon)) {
        if (!detail::is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') {
            return false;
        }
    }
    // RFC 9110 section 4.2: an http(s) URI with an empty host is invalid.
    const std::string_view rest = target.substr(colon + 1);
    return rest.size() > 2 && rest.substr(0, 2) == "//" && rest[2] != '/' && rest[2] != '?' && rest[2] != ':';
}

}  // namespace

RequestTraits traits_of(std::string_view method) noexcept {
    return {is_literal(method, "HEAD"), is_literal(method, "CONNECT")};
}

Framing response_framing(int status, const Headers& headers, RequestTraits request) noexcept {
    // RFC 9112 section 6.3 (2): a tunnel, behind a 204 too. RFC 9110 section 9.3.6: "A client MUST ignore any Content-Length
    // or Transfer-Encoding header fields received in a successful response to CONNECT", whatever they say.
    if (request.connect && status >= 200 && status < 300) {
        return {.delimiter = Delimiter::switched};
    }
    Framing framing = announced(headers);
    if (framing.fault) {
        return framing;
    }
    if (status == 101) {
        framing.delimiter = Delimiter::switched;
        if (headers.count(KnownField::upgrade) == 0) {
            // RFC 9110 section 7.8: "A server that sends a 101 response MUST send an Upgrade header field".
            framing.fault = {Errc::unexpected_upgrade, "a 101 does not say in Upgrade which protocol follows"};
            framing.line = headers.size();
        }
        return framing;
    }
    // RFC 9112 section 6.3 (1): no body whatever the fields say.
    if (request.head || status < 200 || status == 204 || status == 304) {
        return framing;
    }
    // RFC 9112 section 6.3 (4): chunked if that is the final coding, else up to the end of the connection.
    if (headers.count(KnownField::transfer_encoding) > 0) {
        framing.delimiter = framing.announces_chunked ? Delimiter::chunked : Delimiter::close;
        return framing;
    }
    // RFC 9112 section 6.3 (6).
    if (framing.announces_length) {
        take_length(framing);
        return framing;
    }
    // RFC 9112 section 6.3 (8).
    framing.delimiter = Delimiter::close;
    return framing;
}

Framing request_framing(std::string_view method, Version version, const Headers& headers) noexcept {
    Framing framing = announced(headers);
    if (framing.fault) {
        return framing;
    }
    if (headers.count(KnownField::transfer_encoding) > 0) {
        if (version < Version{1, 1}) {
            // RFC 9112 section 6.1: "MUST treat the message as if the framing is faulty".
            framing.fault = {Errc::bad_transfer_encoding, "Transfer-Encoding in an HTTP/1.0 request"};
            return framing;
        }
        if (!framing.announces_chunked) {
            // RFC 9112 section 6.3 (4): "the server MUST respond with the 400 (Bad Request) status code".
            framing.fault = {Errc::bad_transfer_encoding, "the Transfer-Encoding of a request does not end in chunked"};
            return framing;
        }
        framing.delimiter = Delimiter::chunked;
    } else if (framing.announces_length) {
        take_length(framing);  // RFC 9112 section 6.3 (6).
    }  // else RFC 9112 section 6.3 (7): no body.
    if (framing.delimiter != Delimiter::none && is_literal(method, "CONNECT")) {
        // RFC 9110 section 9.3.6: content in a CONNECT has no meaning, and the tunnel would begin inside of it.
        framing.fault = framing.announces_chunked
                            ? Fault{Errc::bad_transfer_encoding, "a CONNECT request announces a body"}
                            : Fault{Errc::bad_content_length, "a CONNECT request announces a body"};
        framing.line =
            line_of(headers, framing.announces_chunked ? KnownField::transfer_encoding : KnownField::content_length, 0);
    }
    return framing;
}

Fault host_fault(Version version, const Headers& headers, std::size_t& line) noexcept {
    const std::size_t hosts = headers.count(KnownField::host);
    line = headers.size();
    if (hosts == 0) {
        if (version < Version{1, 1}) {
            return {};
        }
        return {Errc::missing_host, "there is no Host"};
    }
    if (hosts == 1 && is_authority(*headers.first(KnownField::host), false)) {
        return {};
    }
    std::size_t seen = 0;
    for (std::size_t i = 0; i < headers.size() && seen < 2; ++i) {
        if (headers.known(i) == KnownField::host) {
            line = i;
            ++seen;
        }
    }
    if (seen > 1) {
        return {Errc::repeated_host, "there is more than one Host"};
    }
    // RFC 9110 section 7.2: Host = uri-host [ ":" port ].
    return {Errc::bad_host, "Host is not a host name and port"};
}

Fault target_fault(std::string_view method, std::string_view target) noexcept {
    if (target.empty()) {
        return {Errc::bad_request_target, "the request target is empty"};
    }
    if (!detail::all_in(target_bytes, target)) {
        return {Errc::bad_request_target, "the request target has a byte that must be percent-encoded, or a fragment"};
    }
    if (is_literal(method, "CONNECT")) {
        // RFC 9112 section 3.2.3: authority-form, port included.
        return is_authority(target, true) ? Fault{}
                                          : Fault{Errc::bad_request_target, "the target of a CONNECT is not host:port"};
    }
    if (target.front() == '/') {
        return {};  // RFC 9112 section 3.2.1: origin-form.
    }
    if (target == "*") {
        // RFC 9112 section 3.2.4: asterisk-form.
        return method == "OPTIONS" ? Fault{} : Fault{Errc::bad_request_target, "the target \"*\" is for OPTIONS alone"};
    }
    // RFC 9112 section 3.2.2: absolute-form.
    return is_absolute(target) ? Fault{}
                               : Fault{Errc::bad_request_target, "the request target is neither a path nor a URL"};
}

bool asks_for_upgrade(Version version, const Headers& headers) noexcept {
    // RFC 9110 section 7.8: an Upgrade in an HTTP/1.0 request is to be ignored, and one that Connection does not name.
    return version >= Version{1, 1} && headers.count(KnownField::upgrade) > 0 &&
           headers.count(KnownField::connection) > 0 && has_token(headers, "connection", "upgrade");
}

bool asks_for_continue(Version version, const Headers& headers) noexcept {
    // RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore" it.
    return version >= Version{1, 1} && headers.count(KnownField::expect) > 0 &&
           has_token(headers, "expect", "100-continue");
}

void note_persistence(Persistence& persistence, Version version, const Headers& headers, CloseReason close) noexcept {
    // RFC 9112 section 9.3: "close" closes; else HTTP/1.1 persists; else "keep-alive" does; else it closes.
    const std::size_t lines = headers.count(KnownField::connection);
    if (lines == 0 && version >= Version{1, 1}) {
        return;
    }
    if (const auto value = headers.first(KnownField::connection); lines == 1 && is_literal(*value, "keep-alive")) {
        return;  // What is nearly always there, if anything.
    }
    const bool named = lines > 0;
    if (named && has_token(headers, "connection", "close")) {
        persistence.add(close);
    } else if (version < Version{1, 1} && !(named && has_token(headers, "connection", "keep-alive"))) {
        persistence.add(CloseReason::http_1_0);
    }
}

}  // namespace ferry::http1
