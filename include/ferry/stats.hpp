// What a client has done so far, in numbers, and why its connections ended.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferry {

/// Why a connection was closed, or not used again. The first reason counts.
enum class CloseReason : std::uint8_t {
    // It has carried no request.
    connect_failed,      ///< It was refused, or could not be established otherwise.
    connect_timed_out,   ///< It was not established within Timeout::connect.
    connect_not_needed,  ///< Nobody waited for it any more.
    lost_race,           ///< Another address of the same host answered sooner (RFC 8305).
    // It was idle.
    keepalive_expiry,  ///< It was idle for too long: Limits::keepalive_expiry, or what the server's Keep-Alive said.
    keepalive_limit,   ///< There were Limits::max_keepalive idle ones that had been used later.
    place_needed,      ///< Limits::max_connections were open, and a request to another origin needed a place.
    closed_by_server,  ///< The server ended it between two requests.
    unexpected_bytes,  ///< The server sent bytes that belong to no response.
    // It could not carry another request.
    connection_close,     ///< One side said "Connection: close".
    http_1_0,             ///< The server speaks HTTP/1.0, and did not say "Connection: keep-alive".
    ended_by_close,       ///< The end of the connection was the end of the body.
    keepalive_too_short,  ///< The server's Keep-Alive said that it waits for 1 s or less.
    max_age,              ///< It was older than Limits::max_connection_age.
    early_response,       ///< The response was complete before the request was.
    rest_unwanted,        ///< The rest of a response was not wanted, and too much to read, or too slow.
    upgraded,             ///< It was switched to another protocol.
    // Its request came to no good end.
    cancelled,          ///< The request was cancelled.
    timed_out,          ///< Timeout::read, write or total.
    broken,             ///< It broke, or the server closed it, during the exchange.
    protocol_error,     ///< The server sent what is not HTTP, or breaks a limit on heads.
    response_refused,   ///< The response was larger than allowed.
    request_malformed,  ///< The request's body did not fit what its head had said.
    // The client was closed or drained.
    client_closed,
};

inline constexpr std::size_t close_reason_count = static_cast<std::size_t>(CloseReason::client_closed) + 1;

/// "keepalive_expiry".
[[nodiscard]] std::string_view name_of(CloseReason reason) noexcept;
/// "it was idle for too long".
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

/// How often each reason has ended a connection.
class CloseCounts {
public:
    [[nodiscard]] std::uint64_t operator[](CloseReason reason) const noexcept {
        return counts_[static_cast<std::size_t>(reason)];
    }
    [[nodiscard]] std::uint64_t total() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : counts_) {
            sum += count;
        }
        return sum;
    }
    void add(CloseReason reason) noexcept { ++counts_[static_cast<std::size_t>(reason)]; }

    friend bool operator==(const CloseCounts&, const CloseCounts&) noexcept = default;

private:
    std::array<std::uint64_t, close_reason_count> counts_{};
};

/// Counters since the client was made, and gauges of now.
struct Stats {
    std::uint64_t requests = 0;  ///< Submitted.
    std::uint64_t requests_done = 0;
    std::uint64_t requests_failed = 0;     ///< Cancelled ones among them.
    std::uint64_t connections_opened = 0;  ///< Connects asked for.
    std::uint64_t connections_reused = 0;  ///< Requests sent on a connection that had served another.
    std::uint64_t lookups = 0;             ///< Asked of the system or the resolver.
    std::size_t active = 0;                ///< Connections that serve a request.
    std::size_t idle = 0;                  ///< Connections kept for reuse.
    std::size_t connecting = 0;            ///< Connections being established, lookups included.
    std::size_t closing = 0;               ///< Close asked for, on_closed not yet come.
    std::size_t waiting = 0;               ///< Requests that wait for a connection, or to be tried again.
    std::uint64_t lookups_shared = 0;      ///< Connects that waited for the lookup of another.
    std::uint64_t lookups_cached = 0;      ///< Connects whose host had been looked up a moment ago.
    std::uint64_t connects_retried = 0;    ///< Connects begun anew, after one failed (Config::retries).
    std::uint64_t retries = 0;             ///< Attempts that a RetryPolicy has repeated.
    CloseCounts closed{};                  ///< Connections that have ended, by reason.
};

}  // namespace ferry
