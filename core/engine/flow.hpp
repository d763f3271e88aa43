// A flow: one request from submit() to Done or Failed, and everything that is known about it.
//
//     resting ◄──► waiting ──► exchanging ──► ended
//        ▲            ▲            │  │
//        │            └────────────┘  └────► upgraded ──► ended
//        │   (its connection died before the server saw anything)
//        └────────── exchanging
//   (to connect again, or because a RetryPolicy makes it again)
//
// It is data: the engine moves it from state to state, the functions here answer questions about it.
#pragma once

#include "core/engine/connector.hpp"
#include "core/engine/expectation.hpp"
#include "core/engine/timers.hpp"

#include <ferry/engine.hpp>
#include <ferry/error.hpp>
#include <ferry/request.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

/// A flow's timers. They belong to its slot: what the last flow there has left in the heap serves the next one, whose
/// deadlines are nearly always later.
struct FlowTimers {
    explicit FlowTimers(std::uint32_t slot) noexcept { phase.owner = total.owner = slot; }

    Timer phase{Timer::Kind::request_phase};
    Timer total{Timer::Kind::request_total};
};

struct Flow {
    enum class State : std::uint8_t {
        waiting,     ///< For a connection; `covered` or not is the pool's to know.
        resting,     ///< It waits to try again, and is not in the pool: connecting, or an attempt, has failed.
        exchanging,  ///< On `connection`.
        upgraded,    ///< The connection is a raw stream in both directions.
        ended,       ///< Done or Failed has been produced; kept until that is handled.
    };
    /// Which limit the phase timer stands for.
    enum class Phase : std::uint8_t { none, pool, connect, backoff, write, expect, read };

    explicit Flow(Request&& what) : request(std::move(what)) {}

    State state = State::waiting;
    Phase phase = Phase::none;
    RequestId id{};
    Request request;
    std::uint64_t age = 0;     ///< Its place among all requests.
    std::uint32_t origin = 0;  ///< Pool::Origin, while waiting or exchanging.
    ConnId connection{};
    DialId dial{};                       ///< While it is covered.
    std::uint64_t connect_failures = 0;  ///< Since it last had a connection.
    Time pool_since{};                   ///< When the phase `pool` began.
    Duration pool_waited{};              ///< In earlier ones.
    Time submitted{};
    FlowTimers* timers = nullptr;
    Timings timings{};

    // The request's way out.
    Expectation expectation{};
    bool request_complete = false;  ///< Its last byte has been queued.
    bool body_begun = false;        ///< Streamed: some of it has been taken from the application.
    bool body_finished = false;     ///< Streamed: finish_body() has come.
    Headers request_trailers{};
    bool writable_wanted = false;  ///< Tell when there is credit again.
    std::size_t offered = 0;       ///< What is left of the credit of the last Writable.
    bool exposed = false;          ///< Bytes of it were sent, or are lent: the server may have seen them.
    bool retried = false;          ///< Its one silent repetition has been used.
    std::uint32_t retries = 0;     ///< Repetitions that its RetryPolicy has made.
    bool shutdown_wanted = false;  ///< Upgraded: half-close when the output is empty.

    // The response's way in.
    bool response_started = false;  ///< A byte of it has come.
    bool head_delivered = false;
    std::optional<Duration> repeat_after{};  ///< The response is not wanted: it is made again after this pause.
    bool response_complete = false;
    ResponseHead head{};
    Buffer body{};
    Headers trailers{};
    std::size_t outstanding = 0;  ///< Body bytes delivered and not consumed.
    bool peer_done = false;       ///< Upgraded: they ended their half.
    bool half_closed = false;     ///< Upgraded: we ended ours.
    Error error{};

    /// The consumer withholds credit.
    [[nodiscard]] bool paused() const noexcept { return !request.collect && outstanding >= request.window; }
    /// Sending it again gives the server the same bytes.
    [[nodiscard]] bool replayable() const noexcept {
        return request.body != Request::Body::streamed || !body_begun || request.rewindable;
    }
    /// "GET http://example.com/", passwords masked.
    [[nodiscard, gnu::cold]] std::string subject() const { return request.method + " " + request.url.display(); }
    /// Sending it again cannot make the server act twice: it has seen nothing, or acting twice is acting once.
    [[nodiscard]] bool safe_to_retry() const noexcept;
};

/// "5 s", "300 ms", "1.5 s": how people write a duration.
[[nodiscard]] std::string to_text(Duration duration);

/// The Error for a limit that was reached, with a sentence that names the limit, the phase and the request.
[[nodiscard, gnu::cold]] Error timeout_error(const Flow& flow, Errc code);

}  // namespace ferry
