// What the throwing calls throw.
//
//     std::runtime_error
//     └─ HttpError                       everything below, in one catch
//        ├─ RequestError                 no response; has the Error, and the request's method and URL
//        │  ├─ TransportError
//        │  │  ├─ TimeoutException
//        │  │  │  ├─ ConnectTimeout
//        │  │  │  ├─ ReadTimeout
//        │  │  │  ├─ WriteTimeout
//        │  │  │  ├─ PoolTimeout
//        │  │  │  └─ TotalTimeout
//        │  │  ├─ NetworkError
//        │  │  │  ├─ ConnectError
//        │  │  │  │  ├─ DnsError
//        │  │  │  │  └─ CertificateError
//        │  │  │  ├─ ReadError           also: the client was closed
//        │  │  │  ├─ WriteError
//        │  │  │  └─ CloseError          declared for those who know httpx; nothing throws it
//        │  │  ├─ ProtocolError
//        │  │  │  ├─ LocalProtocolError  what was asked for, or an option, makes no sense
//        │  │  │  └─ RemoteProtocolError
//        │  │  ├─ ProxyError
//        │  │  └─ UnsupportedProtocol
//        │  ├─ DecodingError
//        │  ├─ TooManyRedirects
//        │  ├─ InvalidUrl
//        │  └─ Cancelled
//        ├─ HttpStatusError              raise_for_status(); has the response
//        └─ CookieConflict
//
//     std::logic_error
//     └─ StreamError                     the program's fault: a body read in the wrong order
//        ├─ StreamConsumed
//        ├─ StreamClosed
//        ├─ ResponseNotRead
//        └─ RequestNotRead              declared for those who know httpx; nothing throws it
//
// The names are httpx's, acronyms written as words. Copies share their content, so copying does not throw.
#pragma once

#include <ferry/error.hpp>
#include <ferry/failed_request.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace ferry {

class Response;

/// The base of all that ferry throws, but for the programmer's errors under StreamError. `what()` is a sentence.
class HttpError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The request ended without a response.
class RequestError : public HttpError {
public:
    /// `method` and `url` are for an error that does not know its request. A password in `url` is masked here.
    explicit RequestError(Error error, std::string method = {}, std::string_view url = {});

    /// The same failure as a value; its `request` is never null.
    [[nodiscard]] const Error& error() const noexcept { return *error_; }
    /// Which failure: compares with an Errc.
    [[nodiscard]] std::error_code code() const noexcept { return make_error_code(error_->code); }
    /// Sending the request again cannot make the server act on it twice.
    [[nodiscard]] bool safe_to_retry() const noexcept { return error_->safe_to_retry; }
    /// Bytes of the request, head included, that the transport accepted.
    [[nodiscard]] std::uint64_t request_bytes_sent() const noexcept { return error_->request_bytes_sent; }
    /// The request's method; empty when there was no request yet.
    [[nodiscard]] const std::string& request_method() const noexcept { return error_->request->method; }
    /// The request's URL, with the parameters in it and a password as "[secure]"; empty when there was no request yet.
    [[nodiscard]] const std::string& request_url() const noexcept { return error_->request->url; }

private:
    std::shared_ptr<const Error> error_;
};

/// The request did not get through, or its answer not back.
class TransportError : public RequestError {
    using RequestError::RequestError;
};

/// A limit on time was reached.
class TimeoutException : public TransportError {
    using TransportError::TransportError;
};
class ConnectTimeout : public TimeoutException {
    using TimeoutException::TimeoutException;
};
class ReadTimeout : public TimeoutException {
    using TimeoutException::TimeoutException;
};
class WriteTimeout : public TimeoutException {
    using TimeoutException::TimeoutException;
};
class PoolTimeout : public TimeoutException {
    using TimeoutException::TimeoutException;
};
class TotalTimeout : public TimeoutException {
    using TimeoutException::TimeoutException;
};

/// The network, or the name service, failed.
class NetworkError : public TransportError {
    using TransportError::TransportError;
};
class ConnectError : public NetworkError {
    using NetworkError::NetworkError;
};
class DnsError : public ConnectError {
    using ConnectError::ConnectError;
};
class CertificateError : public ConnectError {
    using ConnectError::ConnectError;
};
class ReadError : public NetworkError {
    using NetworkError::NetworkError;
};
class WriteError : public NetworkError {
    using NetworkError::NetworkError;
};
/// As in httpx, a connection that cannot be closed. Nothing throws it: how a close goes is no request's failure.
class CloseError : public NetworkError {
    using NetworkError::NetworkError;
};

/// Somebody broke the protocol: we were asked to, or the peer did.
class ProtocolError : public TransportError {
    using TransportError::TransportError;
};
class LocalProtocolError : public ProtocolError {
    using ProtocolError::ProtocolError;
};
class RemoteProtocolError : public ProtocolError {
    using ProtocolError::ProtocolError;
};

/// The proxy refused.
class ProxyError : public TransportError {
    using TransportError::TransportError;
};
/// The URL's scheme, or what the request needs, is not available.
class UnsupportedProtocol : public TransportError {
    using TransportError::TransportError;
};

/// The body's content coding is broken.
class DecodingError : public RequestError {
    using RequestError::RequestError;
};
class TooManyRedirects : public RequestError {
    using RequestError::RequestError;
};
class InvalidUrl : public RequestError {
    using RequestError::RequestError;
};
/// The request's owner cancelled it.
class Cancelled : public RequestError {
    using RequestError::RequestError;
};

/// The response's status is not one of success.
class HttpStatusError : public HttpError {
public:
    /// `response` must not be null.
    HttpStatusError(const std::string& message, std::shared_ptr<const Response> response, int status)
        : HttpError(message), response_(std::move(response)), status_(status) {}

    /// The response as it came. It lives as long as any copy of this exception.
    [[nodiscard]] const Response& response() const noexcept { return *response_; }
    [[nodiscard]] int status_code() const noexcept { return status_; }

private:
    std::shared_ptr<const Response> response_;
    int status_;
};

/// Several cookies have the name that was asked for.
class CookieConflict : public HttpError {
    using HttpError::HttpError;
};

/// A body was used in an order that has no meaning.
class StreamError : public std::logic_error {
    using std::logic_error::logic_error;
};
/// The body has been streamed already.
class StreamConsumed : public StreamError {
    using StreamError::StreamError;
};
/// The response was closed before its body was read.
class StreamClosed : public StreamError {
    using StreamError::StreamError;
};
/// The body has not been read yet.
class ResponseNotRead : public StreamError {
    using StreamError::StreamError;
};
/// As in httpx, a request's body that has not been read. Nothing throws it: requests own their bodies.
class RequestNotRead : public StreamError {
    using StreamError::StreamError;
};

/// As raise(Error), with the request that failed if the error does not know it. A password in `url` is masked.
[[noreturn]] void raise(Error error, std::string method, std::string url);

}  // namespace ferry
