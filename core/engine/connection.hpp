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
#include <string_view>
#include <system_error>

namespace ferry {

/// What a connection needs only while it carries something. Of many most are idle, and have none.
struct Traffic {
    std::unique_ptr<Session> session{};  ///< Between two requests all are alike.
    OutQueue out{};
    Leftover leftover{};
    std::error_code write_error{};  ///< Set once writing has failed.
};

struct Connection {
    enum class State : std::uint8_t {
        connecting,  ///< For `dial`.
        active,      ///< For `flow`.
        draining,    ///< `flow` does not want the rest of its response: `leftover` reads it.
        flushing,    ///< `flow` is done, but a write that has its last bytes is still under way.
        idle,        ///< In the pool.
        closing,     ///< op::Close is out; only on_closed matters.
    };

    static constexpr Time unresolved = Time::max();         ///< There was no lookup.
    static constexpr Duration unlimited = Duration::max();  ///< The server has said nothing.

    std::unique_ptr<Traffic> traffic{};    ///< While active, draining or flushing, and while closing after that.
    Timer timer{Timer::Kind::connection};  ///< Idle: the keep-alive expiry. Draining and flushing: patience.
    Time established{};
    Time last_used{};
    Time resolved = unresolved;             ///< When its dial's lookup was answered.
    Duration server_keepalive = unlimited;  ///< How long the server keeps it, by its last response.
    std::uint64_t op_batch = 0;             ///< The op list that last got an op for it.
    ConnId id{};
    DialId dial{};             ///< While connecting.
    RequestId flow{};          ///< While active.
    std::uint32_t origin = 0;  ///< Pool::Origin.
    std::uint32_t served = 0;  ///< Requests that were begun on it.
    State state = State::connecting;
    CloseReason broken_by = CloseReason::broken;
    bool started = false;         ///< The flow's head has been written to the output.
    bool sending = false;         ///< op::Send is out, and gather() has not said 0 since.
    bool reading = true;          ///< What the last op::Reading said.
    bool read_to_the_end = true;  ///< The last read has left nothing that had come.
    bool broken = false;          ///< No further request: the codec, or the peer, ended it.
    bool gone = false;            ///< on_closed has come: no op may name it.

    [[nodiscard]] Session& session() const noexcept { return *traffic->session; }
    [[nodiscard]] OutQueue& out() const noexcept { return traffic->out; }
    [[nodiscard]] bool reused() const noexcept { return served > 1; }
};

[[nodiscard]] std::string_view to_string(Connection::State state) noexcept;

}  // namespace ferry
