#include <ferry/exceptions.hpp>
#include <ferry/failed_request.hpp>
#include <ferry/result.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>

using namespace ferry;

namespace {

Error error_of(Errc code, std::string message = "a sentence") {
    Error error;
    error.code = code;
    error.message = std::move(message);
    return error;
}

// True if raising `code` throws exactly `Exact`, and a handler for each of `Bases` catches it.
template <class Exact, class... Bases>
bool throws_as(Errc code) {
    bool exact = false;
    try {
        raise(error_of(code));
    } catch (const HttpError& e) {
        exact = typeid(e) == typeid(Exact);
    }
    const auto caught_as = [code]<class Base>(std::type_identity<Base>) {
        try {
            raise(error_of(code));
        } catch (const Base&) {
            return true;
        } catch (...) {
            return false;
        }
    };
    return exact && (caught_as(std::type_identity<Bases>()) && ...) && caught_as(std::type_identity<RequestError>()) &&
           caught_as(std::type_identity<std::runtime_error>());
}

}  // namespace

TEST_CASE("each kind is thrown as its class, and caught by its bases") {
    CHECK(throws_as<InvalidUrl>(Errc::invalid_url));
    CHECK(throws_as<UnsupportedProtocol, TransportError>(Errc::unsupported_protocol));
    CHECK(throws_as<ConnectTimeout, TimeoutException, TransportError>(Errc::connect_timeout));
    CHECK(throws_as<ReadTimeout, TimeoutException, TransportError>(Errc::read_timeout));
    CHECK(throws_as<WriteTimeout, TimeoutException, TransportError>(Errc::write_timeout));
    CHECK(throws_as<PoolTimeout, TimeoutException, TransportError>(Errc::pool_timeout));
    CHECK(throws_as<TotalTimeout, TimeoutException, TransportError>(Errc::total_timeout));
    CHECK(throws_as<ConnectError, NetworkError, TransportError>(Errc::connect_failed));
    CHECK(throws_as<DnsError, ConnectError, NetworkError, TransportError>(Errc::name_resolution_failed));
    CHECK(throws_as<CertificateError, ConnectError, NetworkError, TransportError>(Errc::certificate_error));
    CHECK(throws_as<ReadError, NetworkError, TransportError>(Errc::read_failed));
    CHECK(throws_as<ReadError, NetworkError>(Errc::client_closed));
    CHECK(throws_as<WriteError, NetworkError, TransportError>(Errc::write_failed));
    CHECK(throws_as<LocalProtocolError, ProtocolError, TransportError>(Errc::invalid_option));
    CHECK(throws_as<RemoteProtocolError, ProtocolError, TransportError>(Errc::bad_chunk));
    CHECK(throws_as<RemoteProtocolError, ProtocolError, TransportError>(Errc::body_too_large));
    CHECK(throws_as<ProxyError, TransportError>(Errc::proxy_failed));
    CHECK(throws_as<DecodingError>(Errc::decoding_failed));
    CHECK(throws_as<TooManyRedirects>(Errc::too_many_redirects));
    CHECK(throws_as<Cancelled>(Errc::cancelled));
}

TEST_CASE("what is no transport's failure is no TransportError") {
    STATIC_CHECK_FALSE(std::is_base_of_v<TransportError, InvalidUrl>);
    STATIC_CHECK_FALSE(std::is_base_of_v<TransportError, Cancelled>);
    STATIC_CHECK_FALSE(std::is_base_of_v<TransportError, DecodingError>);
    STATIC_CHECK_FALSE(std::is_base_of_v<TransportError, TooManyRedirects>);
    STATIC_CHECK_FALSE(std::is_base_of_v<RequestError, HttpStatusError>);
    STATIC_CHECK_FALSE(std::is_base_of_v<HttpError, StreamError>);
    STATIC_CHECK(std::is_base_of_v<std::logic_error, StreamConsumed>);
    STATIC_CHECK(std::is_base_of_v<StreamError, StreamClosed>);
    STATIC_CHECK(std::is_base_of_v<StreamError, ResponseNotRead>);
}

TEST_CASE("an exception copies without throwing, as the language wants it to") {
    STATIC_CHECK(std::is_nothrow_copy_constructible_v<ReadTimeout>);
    STATIC_CHECK(std::is_nothrow_copy_constructible_v<HttpStatusError>);
}

TEST_CASE("a request error carries what is known") {
    Error error = error_of(Errc::read_timeout, "no bytes for 5 s");
    error.cause = std::make_error_code(std::errc::connection_reset);
    error.safe_to_retry = true;
    error.request_bytes_sent = 17;
    try {
        raise(error, "GET", "https://user:hunter2@example.com/a?b");
    } catch (const ReadTimeout& e) {
        CHECK(std::string(e.what()) == "no bytes for 5 s");
        CHECK(e.code() == Errc::read_timeout);
        CHECK(e.code() == std::errc::timed_out);
        CHECK(e.error().cause == std::errc::connection_reset);
        CHECK(e.safe_to_retry());
        CHECK(e.request_bytes_sent() == 17);
        CHECK(e.request_method() == "GET");
        CHECK(e.request_url() == "https://user:[secure]@example.com/a?b");
    }
}

TEST_CASE("without a request its method and URL are empty, without a message the code's sentence is told") {
    try {
        raise(error_of(Errc::cancelled, ""));
    } catch (const Cancelled& e) {
        CHECK(std::string(e.what()) == "the request was cancelled");
        CHECK(e.request_method().empty());
        CHECK(e.request_url().empty());
        CHECK_FALSE(e.safe_to_retry());
    }
}

TEST_CASE("an error that knows its request tells the exception, whoever throws it") {
    Error error = error_of(Errc::read_timeout);
    error.request = std::make_shared<const FailedRequest>(FailedRequest{.method = "PUT", .url = "http://h/a?b=c"});
    const Result<int> failed(error);
    try {
        static_cast<void>(failed.value());
        FAIL("nothing was thrown");
    } catch (const RequestError& e) {
        CHECK(e.request_method() == "PUT");
        CHECK(e.request_url() == "http://h/a?b=c");
    }
    try {
        raise(error, "GET", "http://h/");
    } catch (const RequestError& e) {
        CHECK(e.request_method() == "PUT");
    }
    STATIC_CHECK(std::is_nothrow_move_constructible_v<Error>);
    STATIC_CHECK(sizeof(Error) <= 96);
}

TEST_CASE("names that only httpx's users look for have their places in the tree") {
    STATIC_CHECK(std::is_base_of_v<NetworkError, CloseError>);
    STATIC_CHECK(std::is_base_of_v<StreamError, RequestNotRead>);
}

TEST_CASE("a copy outlives what it was copied from") {
    std::unique_ptr<const ReadError> copy;
    try {
        raise(error_of(Errc::read_failed), "PUT", "http://a/");
    } catch (const ReadError& e) {
        copy = std::make_unique<ReadError>(e);
    }
    CHECK(copy->request_method() == "PUT");
    CHECK(std::string(copy->what()) == "a sentence");
}

TEST_CASE("Result::value() throws the error") {
    const Result<int> bad(error_of(Errc::bad_status));
    CHECK_THROWS_AS(bad.value(), RemoteProtocolError);
    CHECK_THROWS_AS(Result<int>(error_of(Errc::bad_status)).value(), RemoteProtocolError);
    CHECK_THROWS_AS(Result<void>(error_of(Errc::cancelled)).value(), Cancelled);
    CHECK(Result<int>(3).value() == 3);
}

TEST_CASE("a status error keeps its response alive") {
    const auto owner = std::make_shared<int>(0);
    const auto* const address = reinterpret_cast<const Response*>(owner.get());
    std::unique_ptr<HttpStatusError> copy;
    try {
        throw HttpStatusError("404 Not Found", std::shared_ptr<const Response>(owner, address), 404);
    } catch (const HttpError& e) {
        copy = std::make_unique<HttpStatusError>(dynamic_cast<const HttpStatusError&>(e));
    }
    CHECK(copy->status_code() == 404);
    CHECK(&copy->response() == address);
    CHECK(std::string(copy->what()) == "404 Not Found");
    CHECK(owner.use_count() > 1);
}
