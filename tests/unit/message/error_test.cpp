#include <ferry/error.hpp>
#include <ferry/result.hpp>

#include <catch2/catch_test_macros.hpp>

#include <set>
#include <string>
#include <utility>

using ferry::Errc;
using ferry::ErrorKind;

namespace {

constexpr std::pair<int, int> groups[] = {
    {static_cast<int>(Errc::invalid_url), static_cast<int>(Errc::invalid_state)},
    {static_cast<int>(Errc::connect_timeout), static_cast<int>(Errc::total_timeout)},
    {static_cast<int>(Errc::connect_failed), static_cast<int>(Errc::write_failed)},
    {static_cast<int>(Errc::server_disconnected), static_cast<int>(Errc::http_0_9)},
    {static_cast<int>(Errc::cancelled), static_cast<int>(Errc::proxy_failed)},
};

template <class Use>
void each_code(Use use) {
    for (const auto& [first, last] : groups) {
        for (int value = first; value <= last; ++value) {
            use(static_cast<Errc>(value));
        }
    }
}

}  // namespace

TEST_CASE("each code has a name and a sentence of its own") {
    std::set<std::string> names;
    std::set<std::string> sentences;
    std::size_t codes = 0;
    each_code([&](Errc code) {
        names.emplace(name_of(code));
        sentences.insert(ferry::make_error_code(code).message());
        ++codes;
    });
    CHECK(names.size() == codes);
    CHECK(sentences.size() == codes);
    CHECK_FALSE(names.contains("unknown"));
    CHECK(name_of(Errc::read_timeout) == "read_timeout");
    CHECK(name_of(static_cast<Errc>(1)) == "unknown");
}

TEST_CASE("codes are of the kind that is thrown for them") {
    each_code([](Errc code) {
        CAPTURE(name_of(code));
        ErrorKind expected = ErrorKind::remote_protocol_error;
        switch (code) {
            case Errc::invalid_url: expected = ErrorKind::invalid_url; break;
            case Errc::unsupported_protocol: expected = ErrorKind::unsupported_protocol; break;
            case Errc::invalid_method:
            case Errc::invalid_target:
            case Errc::invalid_header:
            case Errc::invalid_body:
            case Errc::invalid_option:
            case Errc::invalid_state: expected = ErrorKind::local_protocol_error; break;
            case Errc::connect_timeout: expected = ErrorKind::connect_timeout; break;
            case Errc::read_timeout: expected = ErrorKind::read_timeout; break;
            case Errc::write_timeout: expected = ErrorKind::write_timeout; break;
            case Errc::pool_timeout: expected = ErrorKind::pool_timeout; break;
            case Errc::total_timeout: expected = ErrorKind::total_timeout; break;
            case Errc::connect_failed: expected = ErrorKind::connect_error; break;
            case Errc::name_resolution_failed: expected = ErrorKind::dns_error; break;
            case Errc::certificate_error: expected = ErrorKind::certificate_error; break;
            case Errc::read_failed:
            case Errc::client_closed: expected = ErrorKind::read_error; break;
            case Errc::write_failed: expected = ErrorKind::write_error; break;
            case Errc::cancelled: expected = ErrorKind::cancelled; break;
            case Errc::decoding_failed: expected = ErrorKind::decoding_error; break;
            case Errc::too_many_redirects: expected = ErrorKind::too_many_redirects; break;
            case Errc::proxy_failed: expected = ErrorKind::proxy_error; break;
            default: break;
        }
        CHECK(kind_of(code) == expected);
    });
}

TEST_CASE("codes are std::error_codes") {
    const std::error_code code = Errc::read_timeout;
    CHECK(code == Errc::read_timeout);
    CHECK(code != Errc::write_timeout);
    CHECK(std::string(code.category().name()) == "ferry");
    CHECK(code.message() == "the peer was silent for too long");
    CHECK(code == std::errc::timed_out);
    CHECK(std::error_code(Errc::cancelled) == std::errc::operation_canceled);
    CHECK(std::error_code(Errc::bad_chunk) != std::errc::timed_out);
}

TEST_CASE("only limits on time are timeouts") {
    each_code([](Errc code) {
        ferry::Error error;
        error.code = code;
        CHECK(error.is_timeout() == (ferry::make_error_code(code) == std::errc::timed_out));
        CHECK(error.kind() == kind_of(code));
    });
}

TEST_CASE("a result is a value or an error") {
    const ferry::Result<std::string> made(std::in_place, 3U, 'x');
    CHECK(*made == "xxx");
    ferry::Result<std::string> good("value");
    CHECK(good);
    CHECK(good.value() == "value");
    CHECK(good->size() == 5);
    CHECK(good.value_or("other") == "value");

    ferry::Error error;
    error.code = Errc::bad_chunk;
    const ferry::Result<std::string> bad(error);
    CHECK_FALSE(bad);
    CHECK(bad.error().code == Errc::bad_chunk);
    CHECK(bad.value_or("other") == "other");
    CHECK(ferry::Result<void>().has_value());
    CHECK(ferry::Result<void>(error).error().code == Errc::bad_chunk);
}
