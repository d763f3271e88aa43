// What can go wrong, as values: one flat list of codes, and an Error that says it in a sentence.
//
// The throwing calls turn an Error into the exception tree of ferry/exceptions.hpp; the `try_` calls hand it back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace ferry {

/// Every way in which a request can fail. Values are stable: new ones are appended to their group.
enum class Errc : int {
    // What was asked for cannot be sent.
    invalid_url = 100,     ///< The URL does not parse, or its host cannot be used.
    unsupported_protocol,  ///< The URL's scheme, or what the request needs, is not available here.
    invalid_method,        ///< The method is not a token (RFC 9110 section 9.1).
    invalid_target,        ///< The request target has white space or control bytes (RFC 9112 section 3.2).
    invalid_header,        ///< A field name is not a token, or a value has CR, LF or NUL (RFC 9110 section 5.5).
    invalid_body,          ///< The body cannot be sent: it does not match its Content-Length, or is not serialisable.
    invalid_option,        ///< An option or setting has a value without meaning, such as a negative timeout.
    invalid_state,         ///< A call came in a state that does not allow it.

    // Limits on time. The sentence names the limit and the phase.
    connect_timeout = 200,  ///< Lookup, connect and handshakes took longer than `connect`.
    read_timeout,           ///< No byte of the response for longer than `read`.
    write_timeout,          ///< The peer accepted no byte for longer than `write`.
    pool_timeout,           ///< No connection became free within `pool`.
    total_timeout,          ///< The request as a whole took longer than `total`.

    // The network.
    connect_failed = 300,    ///< The connection could not be made; `cause` has the system's reason.
    name_resolution_failed,  ///< The host name could not be resolved.
    certificate_error,       ///< The peer's certificate is not trusted.
    read_failed,             ///< The connection broke while the response was read.
    write_failed,            ///< The connection broke while the request was written, and no response had come.

    // The peer broke the protocol.
    server_disconnected = 400,             ///< The connection ended before the first byte of the response.
    truncated_head,                        ///< The connection ended inside the response's head.
    truncated_body,                        ///< The connection ended inside the body (RFC 9112 section 8).
    unexpected_bytes,                      ///< Bytes came that belong to no message.
    bad_start_line,                        ///< The status or request line is malformed (RFC 9112 sections 3 and 4).
    bad_version,                           ///< Not an HTTP/1.x message (RFC 9112 section 2.3).
    bad_status,                            ///< The status code is not three digits from 100 to 999.
    bad_header_name,                       ///< A field name is not a token, or white space precedes the colon.
    bad_header_value,                      ///< A field value has NUL, CR, LF or another control byte.
    obsolete_line_folding,                 ///< A field line is continued on the next (RFC 9112 section 5.2).
    bad_line_ending,                       ///< CR or LF where CRLF is due (RFC 9112 section 2.2).
    start_line_too_long,                   ///< The start line is longer than its limit.
    header_block_too_large,                ///< The head is longer than its limit.
    too_many_fields,                       ///< There are more field lines than the limit.
    bad_content_length,                    ///< Content-Length is not a number that fits 63 bits.
    repeated_content_length,               ///< More than one Content-Length, even if equal.
    content_length_and_transfer_encoding,  ///< Both framings at once (RFC 9112 section 6.3).
    bad_transfer_encoding,                 ///< Transfer-Encoding is malformed or not allowed here (section 6.1).
    bad_chunk,                             ///< A chunk's size or its ending is malformed (RFC 9112 section 7.1).
    chunk_extensions_too_large,            ///< More chunk extension bytes than the limit.
    too_many_informational,                ///< More 1xx responses than the limit.
    unexpected_upgrade,                    ///< 101 unasked, without Upgrade, or in HTTP/1.0 (RFC 9110 section 7.8).
    missing_host,                          ///< An HTTP/1.1 request without Host (RFC 9112 section 3.2).
    bad_request_target,                    ///< The target's form does not fit the method (RFC 9112 section 3.2).
    http2_preface,                         ///< The peer speaks HTTP/2 where HTTP/1.1 was due.
    protocol_error,                        ///< The peer broke the protocol in a way that has no code of its own.
    repeated_host,                         ///< A request with more than one Host (RFC 9112 section 3.2).
    bad_host,                              ///< Host is not a host and a port (RFC 9110 section 7.2).
    http_0_9,                              ///< A request of HTTP/0.9: "GET" and a target, and no version.

    // The rest.
    cancelled = 500,     ///< The request was cancelled by its owner.
    client_closed,       ///< The client was closed while the request was under way.
    body_too_large,      ///< The response's body is larger than the limit for it.
    decoding_failed,     ///< The body's content coding is broken, or the text is not what it claims to be.
    too_many_redirects,  ///< More redirects than the limit.
    proxy_failed,        ///< The proxy refused.
};

/// The class in ferry/exceptions.hpp that a code is thrown as.
enum class ErrorKind : std::uint8_t {
    invalid_url,
    unsupported_protocol,
    connect_timeout,
    read_timeout,
    write_timeout,
    pool_timeout,
    total_timeout,
    connect_error,
    dns_error,
    certificate_error,
    read_error,
    write_error,
    local_protocol_error,
    remote_protocol_error,
    proxy_error,
    decoding_error,
    too_many_redirects,
    cancelled,
};

/// The kind of a code: which exception, which branch of a `switch`.
[[nodiscard]] ErrorKind kind_of(Errc code) noexcept;

/// The code's name as written above, for logs and traces: "read_timeout".
[[nodiscard]] std::string_view name_of(Errc code) noexcept;

/// The category of ferry's codes; `message()` is a general sentence about the code.
[[nodiscard]] const std::error_category& error_category() noexcept;

/// Lets an Errc become a `std::error_code`.
[[nodiscard]] inline std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

struct FailedRequest;

/// Why a request failed.
struct Error {
    Errc code = Errc::protocol_error;
    std::error_code cause{};               ///< The system's or library's reason, if there was one.
    std::string message{};                 ///< One sentence that names the subject: "no bytes for 5 s while reading …".
    bool safe_to_retry = false;            ///< Sending the request again cannot make the server act on it twice.
    std::uint64_t request_bytes_sent = 0;  ///< Bytes of all its attempts, heads included, that the transport accepted.
    /// The request: method, URL, times (ferry/failed_request.hpp). Null where there was none, as with a bad setting, and
    /// in what the engine itself reports.
    std::shared_ptr<const FailedRequest> request{};

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_of(code); }
    [[nodiscard]] bool is_timeout() const noexcept {
        return code >= Errc::connect_timeout && code <= Errc::total_timeout;
    }
};

/// Throws the exception of ferry/exceptions.hpp that stands for `error`; in a program without exceptions, ends it.
[[noreturn]] void raise(Error error);

}  // namespace ferry

template <>
struct std::is_error_code_enum<ferry::Errc> : std::true_type {};
