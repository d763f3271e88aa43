#include "core/http1/writer.hpp"

#include "core/message/ascii.hpp"
#include "core/message/quote.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace ferry::http1 {

namespace {

[[gnu::cold]] Error make_error(Errc code, std::string_view why) {
    Error error;
    error.code = code;
    error.message = why;
    return error;
}

std::optional<Error> fields_fault(const Headers& headers) {
    for (const Field field : headers) {
        if (std::string why = field_fault(field.name, field.value); !why.empty()) {
            return make_error(Errc::invalid_header, why);
        }
    }
    return std::nullopt;
}

// RFC 9110 section 6.5.1: "such as those that describe message framing, routing, authentication, request modifiers,
// response controls, or content format".
constexpr std::array<std::string_view, 38> not_in_trailers{
    // framing, and what belongs to the connection
    "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    // routing
    "host", "max-forwards",
    // authentication
    "authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie", "www-authenticate",
    // request modifiers
    "cache-control", "expect", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "pragma", "range",
    // response controls
    "age", "date", "expires", "location", "retry-after", "vary", "warning",
    // content format
    "content-encoding", "content-language", "content-location", "content-range", "content-type", "content-disposition"};

bool allowed_in_trailers(std::string_view name) noexcept {
    return std::none_of(not_in_trailers.begin(), not_in_trailers.end(),
                        [name](std::string_view other) { return same_name(name, other); });
}

// RFC 9112 section 4: HTAB, SP, VCHAR and obs-text.
bool is_reason(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || !detail::is_control(c); });
}

}  // namespace

Result<ConstBuffer> Writer::request(std::string_view method, std::string_view target, const Headers& headers,
                                    Fields fields) {
    if (exchange_.role != Role::client || exchange_.sending != Sending::idle ||
        exchange_.receiving != Receiving::idle) {
        return make_error(Errc::invalid_state, "a request cannot be sent now");
    }
    if (fields == Fields::to_judge && !is_token(method)) {
        return make_error(Errc::invalid_method, "the method " + detail::quoted(method) + " is not a token");
    }
    if (const Fault fault = target_fault(method, target)) {
        return make_error(Errc::invalid_target, std::string(fault.why) + ": " + detail::quoted(target));
    }
    if (fields == Fields::to_judge) {
        if (auto error = fields_fault(headers)) {
            return *std::move(error);
        }
    }
    constexpr Version version{1, 1};
    std::size_t line = 0;
    // RFC 9112 section 3.2: "A client MUST send a Host header field in all HTTP/1.1 request messages."
    if (const Fault fault = host_fault(version, headers, line)) {
        return make_error(Errc::invalid_header, fault.why);
    }
    const Framing framing = request_framing(method, version, headers);
    if (framing.fault) {
        return make_error(Errc::invalid_header, framing.fault.why);
    }

    write_head({method, " ", target, " HTTP/1.1\r\n"}, headers);
    exchange_.request = traits_of(method);
    exchange_.request_version = version;
    exchange_.upgrade_asked = asks_for_upgrade(version, headers);
    note_persistence(exchange_.persistence, version, headers, CloseReason::we_sent_connection_close);
    begin_body(framing);
    return as_bytes(head_);
}

std::optional<Error> Writer::response_fault(int status, std::string_view reason, const Headers& headers,
                                            const Framing& framing) const {
    if (status < 100 || status > 999 || !is_reason(reason)) {
        return make_error(Errc::invalid_header, "the status is not a number from 100 to 999 and a phrase");
    }
    if (auto error = fields_fault(headers)) {
        return error;
    }
    if (framing.fault) {
        return make_error(Errc::invalid_header, framing.fault.why);
    }
    const bool coded = headers.count(KnownField::transfer_encoding) > 0;
    const bool tunnel = framing.delimiter == Delimiter::switched;
    if ((status < 200 || status == 204 || tunnel) && (coded || headers.count(KnownField::content_length) > 0)) {
        // RFC 9112 section 6.1, RFC 9110 section 8.6: "MUST NOT send" in 1xx, 204, and in a 2xx to CONNECT.
        return make_error(Errc::invalid_header, "this status has neither Content-Length nor Transfer-Encoding");
    }
    if (exchange_.request_version < Version{1, 1}) {
        if (status < 200) {
            // RFC 9110 section 15.2: "A server MUST NOT send a 1xx response to an HTTP/1.0 client."
            return make_error(Errc::invalid_state, "an HTTP/1.0 client does not know 1xx responses");
        }
        if (coded) {
            // RFC 9112 section 6.1: "unless the corresponding request indicates HTTP/1.1".
            return make_error(Errc::invalid_header, "an HTTP/1.0 client does not know Transfer-Encoding");
        }
    }
    if (tunnel && (exchange_.receiving != Receiving::done || (status == 101 && !exchange_.upgrade_asked))) {
        // RFC 9110 section 7.8: not unasked, and not before the request is complete.
        return make_error(Errc::invalid_state, "the client has not asked to switch protocols, or is still sending");
    }
    const bool unread = exchange_.receiving == Receiving::idle || exchange_.receiving == Receiving::head;
    if (unread && !has_token(headers, "connection", "close")) {
        // What the request will be is not known: such a 408 or 503 can only be the last word.
        return make_error(Errc::invalid_state, "an answer before the request needs \"Connection: close\"");
    }
    return std::nullopt;
}

Result<ConstBuffer> Writer::response(int status, std::string_view reason, const Headers& headers) {
    if (exchange_.role != Role::server || exchange_.sending != Sending::idle) {
        return make_error(Errc::invalid_state, "a response cannot be sent now");
    }
    constexpr Version version{1, 1};
    const Framing framing = response_framing(status, headers, exchange_.request);
    if (auto error = response_fault(status, reason, headers, framing)) {
        return *std::move(error);
    }

    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), status).ptr;
    write_head({"HTTP/1.1 ", {digits.data(), end}, " ", reason, "\r\n"}, headers);
    exchange_.response_begun = true;
    if (status < 200 && status != 101) {
        exchange_.send(Cause::informational);
        return as_bytes(head_);
    }
    note_persistence(exchange_.persistence, version, headers, CloseReason::we_sent_connection_close);
    if (exchange_.keep_alive_asked && !has_token(headers, "connection", "keep-alive")) {
        // RFC 9112 section 9.3: an HTTP/1.0 client keeps a connection only if it is told so.
        exchange_.persistence.add(CloseReason::http_1_0);
    }
    begin_body(framing);
    return as_bytes(head_);
}

bool Writer::whole() const noexcept {
    return exchange_.sending == Sending::done && (delimiter_ == Delimiter::none || delimiter_ == Delimiter::length);
}

void Writer::write_head(std::initializer_list<std::string_view> start_line, const Headers& headers) {
    constexpr std::string_view empty_line = "\r\n";
    const std::string_view fields = headers.wire();
    std::size_t size = fields.size() + empty_line.size();
    for (const std::string_view piece : start_line) {
        size += piece.size();
    }
    head_.resize(size);
    char* to = head_.data();
    for (const std::string_view piece : start_line) {
        to = std::copy(piece.begin(), piece.end(), to);
    }
    to = std::copy(fields.begin(), fields.end(), to);
    std::copy(empty_line.begin(), empty_line.end(), to);
}

void Writer::begin_body(const Framing& framing) {
    delimiter_ = framing.delimiter;
    remaining_ = framing.length;
    switch (framing.delimiter) {
        case Delimiter::none: exchange_.send(Cause::head_alone); return;
        case Delimiter::switched:
            exchange_.send(Cause::switch_protocols);
            exchange_.receive(Cause::switch_protocols);
            exchange_.persistence.add(CloseReason::switched);
            return;
        case Delimiter::close: exchange_.persistence.add(CloseReason::ended_by_close); break;
        case Delimiter::length:
        case Delimiter::chunked: break;
    }
    exchange_.send(Cause::head_with_body);
}

Result<Segments> Writer::data(ConstBuffer data) {
    if (exchange_.sending != Sending::body && !whole()) {
        return make_error(Errc::invalid_state, "body bytes cannot be sent now");
    }
    Segments segments;
    if (data.empty()) {
        return segments;  // An empty chunk would end a chunked body.
    }
    switch (delimiter_) {
        case Delimiter::length:
            if (data.size() > remaining_) {
                return make_error(Errc::invalid_body, "the body is longer than its Content-Length");
            }
            remaining_ -= data.size();
            segments.pieces[segments.count++] = data;
            if (remaining_ == 0) {
                exchange_.send(Cause::end);  // RFC 9112 section 6.2: the length alone says where it ends
            }
            return segments;
        case Delimiter::chunked: {
            // RFC 9112 section 7.1.
            char* end = std::to_chars(chunk_line_.data(), chunk_line_.data() + 16, data.size(), 16).ptr;
            *end++ = '\r';
            *end++ = '\n';
            segments.pieces = {as_bytes({chunk_line_.data(), static_cast<std::size_t>(end - chunk_line_.data())}), data,
                               as_bytes("\r\n")};
            segments.count = 3;
            return segments;
        }
        case Delimiter::close: segments.pieces[segments.count++] = data; return segments;
        case Delimiter::none:
        case Delimiter::switched: break;
    }
    return make_error(Errc::invalid_body, "this message has no body");
}

Result<Segments> Writer::end(const Headers* trailers) {
    const bool has_trailers = trailers != nullptr && !trailers->empty();
    if (exchange_.sending != Sending::body && !whole()) {
        return make_error(Errc::invalid_state, "there is no message to end");
    }
    if (has_trailers) {
        if (delimiter_ != Delimiter::chunked) {
            return make_error(Errc::invalid_body, "only a chunked body can have trailers");
        }
        if (auto error = fields_fault(*trailers)) {
            return *std::move(error);
        }
        for (const Field field : *trailers) {
            if (!allowed_in_trailers(field.name)) {
                return make_error(Errc::invalid_header,
                                  "the field " + detail::quoted(field.name) + " cannot be a trailer");
            }
        }
    }
    Segments segments;
    if (whole()) {
        return segments;
    }
    if (delimiter_ == Delimiter::length) {
        return make_error(Errc::invalid_body, "the body is shorter than its Content-Length");
    }
    if (delimiter_ == Delimiter::chunked) {
        tail_.assign("0\r\n").append(has_trailers ? trailers->wire() : std::string_view{}).append("\r\n");
        segments.pieces[segments.count++] = as_bytes(tail_);
    }
    exchange_.send(Cause::end);
    return segments;
}

}  // namespace ferry::http1
