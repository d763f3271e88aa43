// The heads of messages, as values (RFC 9110 section 6, RFC 9112 sections 3 and 4).
#pragma once

#include <ferry/headers.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace ferry {

/// A protocol version, as "HTTP/major.minor".
struct Version {
    std::uint8_t major = 1;
    std::uint8_t minor = 1;

    friend bool operator==(const Version&, const Version&) noexcept = default;
    friend auto operator<=>(const Version&, const Version&) noexcept = default;
};

/// "HTTP/1.1", "HTTP/2"; "HTTP/?" for what no version of HTTP is called.
[[nodiscard]] std::string_view to_string(Version version) noexcept;

/// What precedes the body of a response.
struct ResponseHead {
    int status = 0;        ///< 100 to 999.
    Version version{};     ///< As the peer wrote it.
    std::string reason{};  ///< May be empty, whatever the status.
    Headers headers{};
};

/// What precedes the body of a request.
struct RequestHead {
    std::string method{};  ///< Any token, case as given.
    std::string target{};  ///< As it stands in the request line.
    Version version{};
    Headers headers{};
};

/// The usual phrase for a status code ("Not Found"), empty for codes that have none (RFC 9110 section 15).
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// RFC 9110 section 9.2.2, and QUERY: repeating such a request has the effect of sending it once.
[[nodiscard]] bool is_idempotent(std::string_view method) noexcept;

/// RFC 9110 section 9.2.1: the request asks for no change.
[[nodiscard]] bool is_safe(std::string_view method) noexcept;

}  // namespace ferry
