// A connection: one op::Connect from its beginning to its on_closed.
//
//     connecting ──► active ◄──► idle
//         │            │ ▲         │
//         │            ▼ │         │
//         │   draining, flushing   │     (the response is not wanted; it was quicker than the last of the request)
//         └────────────┴───────────┴──► closing ──► gone
//
// Only the engine moves it; it knows its session, its output, and for whom it works.
#pragma once

#include "core/engine/connector.hpp"
#include "core/engine/leftover.hpp"
#include "core/engine/out_queue.hpp"
#include "core/engine/session.hpp"
#include "core/engine/timers.hpp"

#include <ferry/endpoint.hpp>
#include <ferry/id.hpp>
#include <ferry/stats.hpp>
#include <ferry/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace ferry {

struct Connection {
    enum class State : std::uint8_t {
        connecting,  ///< For `dial`.
        active,      ///< For `flow`.
        draining,    ///< `flow` does not want the rest of its response: `leftover` reads it.
        flushing,    ///< `flow` is done, but a write that has its last bytes is still under way.
        idle,        ///< In the pool.
        closing,     ///< op::Close is out; only on_closed matters.
    };

    State state = State::connecting;
    ConnId id{};
    std::uint32_t origin = 0;            ///< Pool::Origin.
    DialId dial{};                       ///< While connecting.
    RequestId flow{};                    ///< While active.
    std::unique_ptr<Session> session{};  ///< While active, draining or flushing; between two requests all are alike.
    OutQueue out{};
    Time established{};
    Leftover leftover{};
    Timer timer{Timer::Kind::connection};  ///< Idle: the keep-alive expiry. Draining and flushing: patience.
    Time last_used{};
    std::optional<Duration> server_keepalive{};  ///< How long the server keeps it, if its last response said so.
    std::uint32_t served = 0;                    ///< Requests that were begun on it.
    bool started = false;                        ///< The flow's head has been written to `out`.
    bool sending = false;                        ///< op::Send is out, and gather() has not said 0 since.
    bool reading = true;                         ///< What the last op::Reading said.
    bool read_to_the_end = true;                 ///< The last read has left nothing that had come.
    bool broken = false;                         ///< No further request: the codec, or the peer, ended it.
    CloseReason broken_by = CloseReason::broken;
    bool gone = false;               ///< on_closed has come: no op may name it.
    std::uint64_t op_batch = 0;      ///< The op list that last got an op for it.
    std::optional<Time> resolved{};  ///< When its dial's lookup was answered.
    std::error_code write_error{};   ///< Set once writing has failed.

    [[nodiscard]] bool reused() const noexcept { return served > 1; }
};

[[nodiscard]] std::string_view to_string(Connection::State state) noexcept;

}  // namespace ferry
