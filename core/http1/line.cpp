#include "core/http1/line.hpp"

#include "core/http1/framing.hpp"
#include "core/message/ascii.hpp"
#include "core/message/field_bytes.hpp"
#include "core/message/list.hpp"

#include <ferry/headers.hpp>

#include <algorithm>
#include <cstring>

namespace ferry::http1 {

namespace {

using detail::is_digit;

constexpr std::string_view http = "HTTP/";

// RFC 9112 section 4: a reason-phrase is made of the bytes of field values.
constexpr const detail::ByteSet& reason_bytes = detail::value_bytes;

// RFC 9112 section 2.3: HTTP-version = "HTTP/" DIGIT "." DIGIT, in this case.
bool parse_version(std::string_view text, Version& version) noexcept {
    if (text.size() != 8 || text.substr(0, 5) != http || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7])) {
        return false;
    }
    version = {static_cast<std::uint8_t>(text[5] - '0'), static_cast<std::uint8_t>(text[7] - '0')};
    return true;
}

std::string_view without_ending(std::string_view line) noexcept { return line.substr(0, line.size() - 2); }

}  // namespace

Fault ending_fault(std::string_view line) noexcept {
    if (line.size() < 2 || line[line.size() - 2] != '\r') {
        return {Errc::bad_line_ending, "a line ends with LF alone"};
    }
    if (line.find('\r') != line.size() - 2) {
        return {Errc::bad_line_ending, "there is a CR inside a line"};
    }
    return {};
}

bool is_token_or_quoted(std::string_view text) noexcept {
    // RFC 9110 section 5.6.4: quoted-string, of qdtext and quoted-pairs.
    const bool quoted = text.size() >= 2 && text.front() == '"' && detail::end_of_quoted(text, 0) == text.size();
    return quoted ? detail::all_in(detail::value_bytes, text) : is_token(text);
}

std::size_t overrun(std::string_view begin, std::size_t limit) noexcept {
    if (begin.size() <= limit || begin[limit] == '\n') {
        return std::string_view::npos;
    }
    if (begin[limit] != '\r') {
        return limit + 1;
    }
    return begin.size() <= limit + 1 || begin[limit + 1] == '\n' ? std::string_view::npos : limit + 2;
}

Fault status_prefix_fault(std::string_view begin) noexcept {
    // RFC 9112 section 4: status-line = HTTP-version SP status-code SP [ reason-phrase ].
    const std::size_t known = std::min(begin.size(), http.size());
    if (begin.substr(0, known) != http.substr(0, known)) {
        return {Errc::bad_start_line, "the response does not begin with \"HTTP/\""};
    }
    return {};
}

Fault request_prefix_fault(std::string_view begin) noexcept {
    // RFC 9112 section 3.1: method = token. CR and LF are judged with the whole line.
    if (!begin.empty() && begin.front() != '\r' && begin.front() != '\n' &&
        !detail::contains(detail::token_bytes, begin.front())) {
        return {Errc::bad_start_line, "the request does not begin with a method"};
    }
    return {};
}

bool parse_usual_status_line(std::string_view line, StatusLine& result) noexcept {
    // "HTTP/1.1 200 OK" CRLF
    constexpr std::string_view usual = "HTTP/1.1 ";
    if (line.size() < 15 || std::memcmp(line.data(), usual.data(), usual.size()) != 0 || line[12] != ' ' ||
        line[line.size() - 2] != '\r') {
        return false;
    }
    const std::string_view reason = line.substr(13, line.size() - 15);
    if (line[9] < '1' || line[9] > '9' || !is_digit(line[10]) || !is_digit(line[11]) ||
        !detail::all_in(reason_bytes, reason)) {
        return false;
    }
    result.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    result.version = {1, 1};
    result.reason = reason;
    return true;
}

StatusLine parse_status_line(std::string_view line) noexcept {
    StatusLine result;
    if (parse_usual_status_line(line, result)) {
        return result;
    }
    if ((result.fault = status_prefix_fault(line)) || (result.fault = ending_fault(line))) {
        return result;
    }
    const std::string_view text = without_ending(line);
    const std::string_view protocol = text.substr(0, text.find(' '));
    // RFC 9110 section 2.5: a higher minor version is processed as 1.1, another major version is another protocol.
    if (!parse_version(protocol, result.version) || result.version.major != 1) {
        result.fault = {Errc::bad_version, "the response's version is not HTTP/1.x"};
        return result;
    }
    // RFC 9112 section 4: one space.
    if (text.size() < 9 || text[8] != ' ') {
        result.fault = {Errc::bad_start_line, "the status line has no status code"};
        return result;
    }
    // RFC 9112 section 4: status-code = 3DIGIT; RFC 9110 section 15: from 100 on. What is above 599 is the user's to judge.
    const std::string_view code = text.substr(9, text.substr(9).find(' '));
    if (code.size() != 3 || !std::all_of(code.begin(), code.end(), is_digit) || code.front() == '0') {
        result.fault = {Errc::bad_status, "the status code is not three digits from 100 to 999"};
        return result;
    }
    result.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
    // RFC 9112 section 4: "A server MUST send the space that separates the status-code from the reason-phrase even when
    // the reason-phrase is absent"; so many do not that its absence is accepted.
    result.reason = text.size() > 13 ? text.substr(13) : std::string_view{};
    if (!detail::all_in(reason_bytes, result.reason)) {
        result.fault = {Errc::bad_start_line, "the reason phrase has a control byte"};
    }
    return result;
}

RequestLine parse_request_line(std::string_view line) noexcept {
    RequestLine result;
    if ((result.fault = request_prefix_fault(line)) || (result.fault = ending_fault(line))) {
        return result;
    }
    const std::string_view text = without_ending(line);
    if (text == "PRI * HTTP/2.0") {
        // RFC 9113 section 3.4.
        result.fault = {Errc::http2_preface, "the client speaks HTTP/2"};
        return result;
    }
    // RFC 9112 section 3: request-line = method SP request-target SP HTTP-version; else 400. Section 3.1: method = token.
    const std::size_t method_end = text.find(' ');
    result.method = text.substr(0, method_end);
    if (method_end == std::string_view::npos || !is_token(result.method)) {
        result.fault = {Errc::bad_start_line, "the request line does not begin with a method and a space"};
        return result;
    }
    const std::string_view rest = text.substr(method_end + 1);
    const std::size_t target_end = rest.find(' ');
    if (target_end == std::string_view::npos) {
        // RFC 1945 section 5: Simple-Request = "GET" SP Request-URI CRLF. Its major version is 0, and so 505 the answer
        // (RFC 9110 section 15.6.6); with another method it is no request of any version.
        result.fault = rest.empty()             ? Fault{Errc::bad_start_line, "the request line has no target"}
                       : result.method == "GET" ? Fault{Errc::http_0_9, "the request line is one of HTTP/0.9"}
                                                : Fault{Errc::bad_start_line, "the request line has no version"};
        return result;
    }
    result.target = rest.substr(0, target_end);
    const std::string_view protocol = rest.substr(target_end + 1);
    if (result.target.empty() || protocol.find_first_of(" \t") != std::string_view::npos) {
        // RFC 9112 section 3: a single space between the parts; "no whitespace is allowed in the request-target".
        result.fault = {Errc::bad_start_line, "the request line is not three words with one space between them"};
        return result;
    }
    // RFC 9112 section 2.3: what is no version makes a line that is no request line, 400; another major version is 505.
    if (protocol.substr(0, http.size()) != http) {
        result.fault = {Errc::bad_start_line, "the request line does not end with an HTTP version"};
        return result;
    }
    if (!parse_version(protocol, result.version)) {
        result.fault = {Errc::bad_version, "the request's version is not two digits with a point between them", 400};
        return result;
    }
    if (result.version.major != 1) {
        result.fault = {Errc::bad_version, "the request's version is not HTTP/1.x"};
        return result;
    }
    result.fault = target_fault(result.method, result.target);
    return result;
}

FieldLine parse_field_line(std::string_view line, bool first) noexcept {
    FieldLine result;
    if ((result.fault = ending_fault(line))) {
        return result;
    }
    const std::string_view text = without_ending(line);
    if (text.empty() || text.front() == ' ' || text.front() == '\t') {
        // RFC 9112 section 2.2: white space before the first field; section 5.2: a folded line.
        result.fault = first ? Fault{Errc::bad_header_name, "there is white space before the first field"}
                             : Fault{Errc::obsolete_line_folding, "a field line is continued on the next"};
        return result;
    }
    // RFC 9112 section 5: field-line = field-name ":" OWS field-value OWS.
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        result.fault = {Errc::bad_header_name, "a field line has no colon"};
        return result;
    }
    result.name = text.substr(0, colon);
    if (!is_token(result.name)) {
        // RFC 9110 section 5.1: field-name = token. RFC 9112 section 5.1: "No whitespace is allowed between the field
        // name and colon."
        const bool white = !result.name.empty() && (result.name.back() == ' ' || result.name.back() == '\t');
        result.fault = white ? Fault{Errc::bad_header_name, "there is white space between a field name and its colon"}
                             : Fault{Errc::bad_header_name, "a field name is not a token"};
        return result;
    }
    if (result.name.size() > longest_field_name) {
        result.fault = {Errc::bad_header_name, "a field name is longer than 65535 bytes"};
        return result;
    }
    // RFC 9112 section 5.1: optional white space around the value is no part of it.
    result.value = detail::trimmed(text.substr(colon + 1));
    if (!detail::all_in(detail::value_bytes, result.value)) {
        // RFC 9110 section 5.5: field-vchar, SP and HTAB.
        result.fault = {Errc::bad_header_value, "a field value has a control byte"};
    }
    return result;
}

}  // namespace ferry::http1
