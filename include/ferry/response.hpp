// A response, complete.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/engine.hpp>
#include <ferry/headers.hpp>
#include <ferry/json.hpp>
#include <ferry/message.hpp>
#include <ferry/url.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ferry {

/// What a Response is made of. Tests make their own:
///
///     ferry::Response r({.status_code = 404, .headers = {{"Content-Type", "text/plain"}}, .content = Buffer("no")});
struct ResponseParts {
    int status_code = 200;
    Headers headers{};
    Buffer content{};
    std::string method = "GET";  ///< The request's.
    Url url{};                   ///< The request's.
    std::string reason{};        ///< As it came; empty: the usual one.
    Version version{};
    Headers trailers{};
    Timings timings{};
};

/// What a server answered: status, fields and the whole body. A value: moving it is cheap, copying copies the body.
/// Views into it are valid as long as it is neither changed nor destroyed; on a temporary, content(), headers() and url()
/// give values.
///
/// A request that asked for another protocol ("Upgrade"), or CONNECT, and got it has the status 101 (or 2xx), an empty body,
/// and its connection is closed. Client::stream() with StreamingResponse::into_duplex() has what comes behind the head.
class Response {
public:
    using Parts = ResponseParts;

    /// "200 OK" without fields or content.
    Response() = default;
    explicit Response(Parts&& parts) noexcept : parts_(std::move(parts)) {}
    explicit Response(const Parts& parts) : parts_(parts) {}
    /// The inverse.
    [[nodiscard]] Parts parts() && noexcept { return std::move(parts_); }

    [[nodiscard]] int status_code() const noexcept { return parts_.status_code; }
    /// "Not Found": the server's words, or the usual ones if it sent none.
    [[nodiscard]] std::string_view reason_phrase() const noexcept;
    /// "HTTP/1.1".
    [[nodiscard]] std::string_view http_version() const noexcept { return to_string(parts_.version); }
    [[nodiscard]] const Headers& headers() const& noexcept { return parts_.headers; }
    [[nodiscard]] Headers headers() && noexcept { return std::move(parts_.headers); }
    /// The URL that was asked, with the parameters in it. It has a password in it if the request's had.
    [[nodiscard]] const Url& url() const& noexcept { return parts_.url; }
    [[nodiscard]] Url url() && noexcept { return std::move(parts_.url); }
    /// The request's method.
    [[nodiscard]] const std::string& method() const noexcept { return parts_.method; }

    /// The body, bytes as they came.
    [[nodiscard]] const Buffer& content() const& noexcept { return parts_.content; }
    [[nodiscard]] Buffer content() && noexcept { return std::move(parts_.content); }
    /// The body as UTF-8, decoded from encoding(). What cannot be decoded becomes U+FFFD.
    [[nodiscard]] std::string text() const;
    /// The same from a given encoding; one that is not known counts as UTF-8.
    [[nodiscard]] std::string text(std::string_view encoding) const;
    /// The charset that Content-Type names, if ferry knows it; else "utf-8".
    [[nodiscard]] std::string encoding() const;
    /// The body as JSON (UTF-8, UTF-16 or UTF-32, with or without a byte order mark); Content-Type is not asked.
    /// Throws DecodingError that names the URL and the position, also where it is nested deeper than max_json_depth. Include <nlohmann/json.hpp> where you call it.
    [[nodiscard]] nlohmann::json json() const;

    /// Trailer fields of a chunked body.
    [[nodiscard]] const Headers& trailers() const noexcept { return parts_.trailers; }
    /// From the start of the request to the last byte of the response.
    [[nodiscard]] Duration elapsed() const noexcept { return parts_.timings.total.value_or(Duration::zero()); }
    /// Where the time went, and what the connection had to do.
    [[nodiscard]] const Timings& timings() const noexcept { return parts_.timings; }
    /// Bytes of the body as they came over the wire, without framing.
    [[nodiscard]] std::uint64_t num_bytes_downloaded() const noexcept { return parts_.timings.body_bytes_received; }

    [[nodiscard]] bool is_informational() const noexcept { return status_class() == 1; }
    [[nodiscard]] bool is_success() const noexcept { return status_class() == 2; }
    [[nodiscard]] bool is_redirect() const noexcept { return status_class() == 3; }
    [[nodiscard]] bool is_client_error() const noexcept { return status_class() == 4; }
    [[nodiscard]] bool is_server_error() const noexcept { return status_class() == 5; }
    /// A client or a server error.
    [[nodiscard]] bool is_error() const noexcept { return is_client_error() || is_server_error(); }
    /// 301, 302, 303, 307 or 308, with a Location.
    [[nodiscard]] bool has_redirect_location() const noexcept;

    /// Throws HttpStatusError, which carries a copy, unless the status is one of success (2xx).
    Response& raise_for_status() &;
    const Response& raise_for_status() const&;
    /// For `auto r = client.get(url).raise_for_status();`.
    Response raise_for_status() &&;

private:
    [[nodiscard]] int status_class() const noexcept { return parts_.status_code / 100; }

    Parts parts_;
};

}  // namespace ferry
