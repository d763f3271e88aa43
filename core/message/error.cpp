#include <ferry/error.hpp>

namespace ferry {

namespace {

// What there is to know about a code.
struct Entry {
    std::string_view name{};
    ErrorKind kind = ErrorKind::remote_protocol_error;
    std::string_view sentence{};
};

// No default: a code without an entry does not compile (-Wswitch).
constexpr Entry entry(Errc code) noexcept {
    using enum ErrorKind;
    switch (code) {
        case Errc::invalid_url: return {"invalid_url", invalid_url, "the URL is invalid"};
        case Errc::unsupported_protocol:
            return {"unsupported_protocol", unsupported_protocol, "the protocol is not supported"};
        case Errc::invalid_method:
            return {"invalid_method", local_protocol_error, "the request's method is not a token"};
        case Errc::invalid_target:
            return {"invalid_target", local_protocol_error, "the request's target has a byte that may not stand there"};
        case Errc::invalid_header:
            return {"invalid_header", local_protocol_error, "a header field of the request is malformed"};
        case Errc::invalid_body: return {"invalid_body", local_protocol_error, "the request's body cannot be sent"};
        case Errc::invalid_option:
            return {"invalid_option", local_protocol_error, "an option has a value without meaning"};
        case Errc::invalid_state:
            return {"invalid_state", local_protocol_error, "the call is not allowed in this state"};

        case Errc::connect_timeout: return {"connect_timeout", connect_timeout, "connecting took too long"};
        case Errc::read_timeout: return {"read_timeout", read_timeout, "the peer was silent for too long"};
        case Errc::write_timeout: return {"write_timeout", write_timeout, "the peer accepted nothing for too long"};
        case Errc::pool_timeout: return {"pool_timeout", pool_timeout, "no connection became free in time"};
        case Errc::total_timeout: return {"total_timeout", total_timeout, "the request as a whole took too long"};

        case Errc::connect_failed: return {"connect_failed", connect_error, "the connection could not be made"};
        case Errc::name_resolution_failed:
            return {"name_resolution_failed", dns_error, "the host name could not be resolved"};
        case Errc::certificate_error:
            return {"certificate_error", certificate_error, "the peer's certificate is not trusted"};
        case Errc::read_failed: return {"read_failed", read_error, "the connection broke while reading"};
        case Errc::write_failed: return {"write_failed", write_error, "the connection broke while writing"};

        case Errc::server_disconnected:
            return {"server_disconnected", remote_protocol_error, "the server disconnected without sending a response"};
        case Errc::truncated_head:
            return {"truncated_head", remote_protocol_error, "the connection ended inside the head of a message"};
        case Errc::truncated_body:
            return {"truncated_body", remote_protocol_error, "the connection ended inside the body of a message"};
        case Errc::unexpected_bytes:
            return {"unexpected_bytes", remote_protocol_error, "the peer sent bytes that belong to no message"};
        case Errc::bad_start_line:
            return {"bad_start_line", remote_protocol_error, "the start line of a message is malformed"};
        case Errc::bad_version:
            return {"bad_version", remote_protocol_error, "the message is of another protocol version"};
        case Errc::bad_status: return {"bad_status", remote_protocol_error, "the status code is malformed"};
        case Errc::bad_header_name:
            return {"bad_header_name", remote_protocol_error, "the name of a header field is malformed"};
        case Errc::bad_header_value:
            return {"bad_header_value", remote_protocol_error, "the value of a header field is malformed"};
        case Errc::obsolete_line_folding:
            return {"obsolete_line_folding", remote_protocol_error, "a header field is continued on the next line"};
        case Errc::bad_line_ending: return {"bad_line_ending", remote_protocol_error, "a line does not end in CR LF"};
        case Errc::start_line_too_long:
            return {"start_line_too_long", remote_protocol_error, "the start line is too long"};
        case Errc::header_block_too_large:
            return {"header_block_too_large", remote_protocol_error, "the head of a message is too large"};
        case Errc::too_many_fields:
            return {"too_many_fields", remote_protocol_error, "the message has too many header fields"};
        case Errc::bad_content_length:
            return {"bad_content_length", remote_protocol_error, "Content-Length is not a number"};
        case Errc::repeated_content_length:
            return {"repeated_content_length", remote_protocol_error, "there is more than one Content-Length"};
        case Errc::content_length_and_transfer_encoding:
            return {"content_length_and_transfer_encoding", remote_protocol_error,
                    "there is both a Content-Length and a Transfer-Encoding"};
        case Errc::bad_transfer_encoding:
            return {"bad_transfer_encoding", remote_protocol_error, "Transfer-Encoding is malformed"};
        case Errc::bad_chunk: return {"bad_chunk", remote_protocol_error, "a chunk of the body is malformed"};
        case Errc::chunk_extensions_too_large:
            return {"chunk_extensions_too_large", remote_protocol_error, "the chunk extensions are too large"};
        case Errc::too_many_informational:
            return {"too_many_informational", remote_protocol_error, "there are too many interim responses"};
        case Errc::unexpected_upgrade:
            return {"unexpected_upgrade", remote_protocol_error, "the peer switched protocols where it may not"};
        case Errc::missing_host: return {"missing_host", remote_protocol_error, "the request has no Host"};
        case Errc::bad_request_target:
            return {"bad_request_target", remote_protocol_error, "the request's target does not fit its method"};
        case Errc::http2_preface:
            return {"http2_preface", remote_protocol_error, "the peer speaks HTTP/2 where HTTP/1.1 is due"};
        case Errc::protocol_error: return {"protocol_error", remote_protocol_error, "the peer broke the protocol"};
        case Errc::repeated_host: return {"repeated_host", remote_protocol_error, "the request has more than one Host"};
        case Errc::bad_host: return {"bad_host", remote_protocol_error, "Host is not a host name and port"};
        case Errc::http_0_9: return {"http_0_9", remote_protocol_error, "the request is one of HTTP/0.9"};

        case Errc::cancelled: return {"cancelled", cancelled, "the request was cancelled"};
        case Errc::client_closed: return {"client_closed", read_error, "the client was closed"};
        case Errc::body_too_large:
            return {"body_too_large", remote_protocol_error, "the body of the response is larger than its limit"};
        case Errc::decoding_failed: return {"decoding_failed", decoding_error, "the body cannot be decoded"};
        case Errc::too_many_redirects: return {"too_many_redirects", too_many_redirects, "too many redirects"};
        case Errc::proxy_failed: return {"proxy_failed", proxy_error, "the proxy refused"};
    }
    return {"unknown", remote_protocol_error, "unknown error"};
}

class Category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "ferry"; }

    [[nodiscard]] std::string message(int value) const override {
        return std::string(entry(static_cast<Errc>(value)).sentence);
    }

    // `code == std::errc::timed_out` is how generic code asks.
    [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<Errc>(value)) {
            case Errc::connect_timeout:
            case Errc::read_timeout:
            case Errc::write_timeout:
            case Errc::pool_timeout:
            case Errc::total_timeout: return std::errc::timed_out;
            case Errc::cancelled: return std::errc::operation_canceled;
            default: return {value, *this};
        }
    }
};

}  // namespace

ErrorKind kind_of(Errc code) noexcept { return entry(code).kind; }

std::string_view name_of(Errc code) noexcept { return entry(code).name; }

const std::error_category& error_category() noexcept {
    static const Category category;
    return category;
}

}  // namespace ferry
