// How long a body is (RFC 9112 section 6.3), and who holds the connection afterwards: pure functions of a head.
//
// They look at nothing but the stored fields, version, status and method. Reading and writing both ask them, so what one
// side announces is what the other expects.
#pragma once

#include "core/http1/fault.hpp"

#include <ferry/http1.hpp>

#include <cstdint>
#include <string_view>

namespace ferry::http1 {

/// What ends a body.
enum class Delimiter : std::uint8_t {
    none,      ///< There is no body.
    length,    ///< So many bytes, at least one.
    chunked,   ///< The chunked coding.
    close,     ///< The end of the connection.
    switched,  ///< There is no body, and what follows is no longer HTTP.
};

struct Framing {
    Delimiter delimiter = Delimiter::none;
    std::uint64_t length = 0;  ///< With Delimiter::length.
    Fault fault{};             ///< If set, the rest means nothing.
    std::size_t line = 0;      ///< The field line at fault; Headers::size() is the start line.
    /// What the fields alone say, whatever method and status make of it.
    bool announces_chunked = false;
    bool announces_length = false;
    std::uint64_t announced_length = 0;
};

/// What a response's framing depends on beyond itself.
struct RequestTraits {
    bool head = false;     ///< The method was HEAD.
    bool connect = false;  ///< The method was CONNECT.
};

[[nodiscard]] RequestTraits traits_of(std::string_view method) noexcept;

[[nodiscard]] Framing response_framing(int status, const Headers& headers, RequestTraits request) noexcept;
[[nodiscard]] Framing request_framing(std::string_view method, Version version, const Headers& headers) noexcept;

/// RFC 9112 section 3.2: exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0. `line` is that of the Host at fault;
/// a missing one is at fault in line size().
[[nodiscard]] Fault host_fault(Version version, const Headers& headers, std::size_t& line) noexcept;

/// RFC 9112 section 3.2: which form of target the method allows, and which bytes it may have.
[[nodiscard]] Fault target_fault(std::string_view method, std::string_view target) noexcept;

/// RFC 9110 section 7.8: the request asks to leave HTTP (Upgrade, named in Connection, not in HTTP/1.0).
[[nodiscard]] bool asks_for_upgrade(Version version, const Headers& headers) noexcept;

/// RFC 9110 section 10.1.1: the request waits for a 100 (not in HTTP/1.0).
[[nodiscard]] bool asks_for_continue(Version version, const Headers& headers) noexcept;

/// What a head says about the connection (RFC 9112 section 9.3), `close` being the reason if it says "close".
void note_persistence(Persistence& persistence, Version version, const Headers& headers, CloseReason close) noexcept;

}  // namespace ferry::http1
