#include <ferry/message.hpp>

#include "core/message/literal.hpp"

#include <array>
#include <cstddef>

namespace ferry {

namespace {

using detail::is_literal;

// "HTTP/0.0" to "HTTP/9.9", back to back: RFC 9112 section 2.3 has one digit on either side.
constexpr std::size_t version_size = 8;
constexpr auto versions = [] {
    std::array<char, 100 * version_size> text{};
    for (std::size_t i = 0; i < 100; ++i) {
        constexpr std::string_view prefix = "HTTP/";
        for (std::size_t k = 0; k < prefix.size(); ++k) {
            text[i * version_size + k] = prefix[k];
        }
        text[i * version_size + 5] = static_cast<char>('0' + i / 10);
        text[i * version_size + 6] = '.';
        text[i * version_size + 7] = static_cast<char>('0' + i % 10);
    }
    return text;
}();

}  // namespace

std::string_view to_string(Version version) noexcept {
    // RFC 9113 and RFC 9114 write their versions without a minor number.
    if (version.major >= 2 && version.minor == 0) {
        constexpr std::string_view whole = "HTTP/2HTTP/3HTTP/4HTTP/5HTTP/6HTTP/7HTTP/8HTTP/9";
        return version.major > 9 ? "HTTP/?" : whole.substr((version.major - 2U) * 6U, 6);
    }
    if (version.major > 9 || version.minor > 9) {
        return "HTTP/?";
    }
    const std::size_t index = version.major * 10U + version.minor;
    return {versions.data() + index * version_size, version_size};
}

// RFC 9110 section 15, and the registrations of other RFCs where one is named.
std::string_view reason_phrase(int status) noexcept {
    switch (status) {
        case 100: return "Continue";
        case 101: return "Switching Protocols";
        case 102: return "Processing";   // RFC 2518
        case 103: return "Early Hints";  // RFC 8297
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 203: return "Non-Authoritative Information";
        case 204: return "No Content";
        case 205: return "Reset Content";
        case 206: return "Partial Content";
        case 207: return "Multi-Status";      // RFC 4918
        case 208: return "Already Reported";  // RFC 5842
        case 226: return "IM Used";           // RFC 3229
        case 300: return "Multiple Choices";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 305: return "Use Proxy";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 407: return "Proxy Authentication Required";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 418: return "I'm a teapot";  // RFC 2324
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 423: return "Locked";             // RFC 4918
        case 424: return "Failed Dependency";  // RFC 4918
        case 425: return "Too Early";          // RFC 8470
        case 426: return "Upgrade Required";
        case 428: return "Precondition Required";            // RFC 6585
        case 429: return "Too Many Requests";                // RFC 6585
        case 431: return "Request Header Fields Too Large";  // RFC 6585
        case 451: return "Unavailable For Legal Reasons";    // RFC 7725
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 506: return "Variant Also Negotiates";          // RFC 2295
        case 507: return "Insufficient Storage";             // RFC 4918
        case 508: return "Loop Detected";                    // RFC 5842
        case 510: return "Not Extended";                     // RFC 2774
        case 511: return "Network Authentication Required";  // RFC 6585
        default: return {};
    }
}

// RFC 9110 section 9.1: methods are compared with case.
bool is_safe(std::string_view method) noexcept {
    return is_literal(method, "GET") || is_literal(method, "HEAD") || is_literal(method, "OPTIONS") ||
           is_literal(method, "TRACE") || is_literal(method, "QUERY");
}

bool is_idempotent(std::string_view method) noexcept {
    return is_safe(method) || is_literal(method, "PUT") || is_literal(method, "DELETE");
}

}  // namespace ferry
