#include <ferry/exceptions.hpp>

#include "core/message/fail.hpp"
#include "core/message/name_request.hpp"

#include <memory>
#include <utility>

namespace ferry {

namespace {

std::string sentence_of(const Error& error) {
    return error.message.empty() ? make_error_code(error.code).message() : error.message;
}

Error named(Error error, std::string method, std::string_view url) {
    detail::name_request(error, std::move(method), url);
    return error;
}

}  // namespace

RequestError::RequestError(Error error, std::string method, std::string_view url)
    : HttpError(sentence_of(error)),
      error_(std::make_shared<const Error>(named(std::move(error), std::move(method), url))) {}

void raise(Error error) { raise(std::move(error), {}, {}); }

void raise(Error error, std::string method, std::string url) {
    const auto thrown = [&]<class Exception>(std::in_place_type_t<Exception>) {
        detail::fail(Exception(std::move(error), std::move(method), url));
    };
    // No default: a kind without an exception does not compile (-Wswitch).
    switch (error.kind()) {
        case ErrorKind::invalid_url: thrown(std::in_place_type<InvalidUrl>); break;
        case ErrorKind::unsupported_protocol: thrown(std::in_place_type<UnsupportedProtocol>); break;
        case ErrorKind::connect_timeout: thrown(std::in_place_type<ConnectTimeout>); break;
        case ErrorKind::read_timeout: thrown(std::in_place_type<ReadTimeout>); break;
        case ErrorKind::write_timeout: thrown(std::in_place_type<WriteTimeout>); break;
        case ErrorKind::pool_timeout: thrown(std::in_place_type<PoolTimeout>); break;
        case ErrorKind::total_timeout: thrown(std::in_place_type<TotalTimeout>); break;
        case ErrorKind::connect_error: thrown(std::in_place_type<ConnectError>); break;
        case ErrorKind::dns_error: thrown(std::in_place_type<DnsError>); break;
        case ErrorKind::certificate_error: thrown(std::in_place_type<CertificateError>); break;
        case ErrorKind::read_error: thrown(std::in_place_type<ReadError>); break;
        case ErrorKind::write_error: thrown(std::in_place_type<WriteError>); break;
        case ErrorKind::local_protocol_error: thrown(std::in_place_type<LocalProtocolError>); break;
        case ErrorKind::remote_protocol_error: thrown(std::in_place_type<RemoteProtocolError>); break;
        case ErrorKind::proxy_error: thrown(std::in_place_type<ProxyError>); break;
        case ErrorKind::decoding_error: thrown(std::in_place_type<DecodingError>); break;
        case ErrorKind::too_many_redirects: thrown(std::in_place_type<TooManyRedirects>); break;
        case ErrorKind::cancelled: thrown(std::in_place_type<Cancelled>); break;
    }
    thrown(std::in_place_type<RequestError>);
    std::abort();
}

}  // namespace ferry
