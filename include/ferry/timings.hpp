// Where the time of a request went, and what it cost.
#pragma once

#include <ferry/time.hpp>

#include <cstdint>
#include <optional>

namespace ferry {

/// Where the time of a request went, from submit(); what has not happened is empty.
struct Timings {
    std::optional<Duration> connection{};     ///< A connection was assigned (new ones: after the handshakes).
    std::optional<Duration> namelookup{};     ///< The lookup for its new connection was answered.
    std::optional<Duration> connect{};        ///< Its new connection was established.
    std::optional<Duration> request_sent{};   ///< The last byte of the request was accepted by the transport.
    std::optional<Duration> starttransfer{};  ///< The first byte of the response came.
    std::optional<Duration> total{};          ///< Done or Failed.
    std::uint32_t new_connections = 0;        ///< Connections made for this request.
    std::uint64_t bytes_sent = 0;             ///< Of all its attempts, heads included.
    std::uint64_t body_bytes_received = 0;    ///< Of the body, without framing.
};

}  // namespace ferry
