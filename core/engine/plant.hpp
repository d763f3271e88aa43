// Bugs on purpose: what the simulator must find, so that it is known to find anything.
//
// In the library planted() is false before anything runs, and the compiler leaves no trace of it. Only a test's own build
// of core/engine, with FERRY_PLANTS, can switch one on: tests/sim/plants.cpp.
#pragma once

#include <cstdint>

namespace ferry {

enum class Plant : std::uint8_t {
    none,
    leaked_slot,           ///< A busy connection that is lost keeps its place among max_connections.
    lost_wakeup,           ///< A lost connection's place is given to nobody.
    idle_cap,              ///< One idle connection more than max_keepalive.
    timer_not_disarmed,    ///< The expiry of an idle connection goes off while it serves a request.
    stale_id,              ///< Facts about a connection that is gone reach the one that has its slot now.
    missed_probe,          ///< Nobody looks at a connection that has been idle for long before it is used again.
    double_done,           ///< Done comes twice for a response with trailers.
    loan_moved,            ///< Memory of a cancelled request changes while it is lent.
    reading_not_resumed,   ///< Credit does not start reading again.
    kept_after_close,      ///< A connection whose server said "close" is kept.
    repeated_post,         ///< A request that is not idempotent is sent again.
    late_timeout,          ///< Limits on time are kept a nanosecond late.
    timeout_while_paused,  ///< The limit on reading runs while the application withholds credit.
    short_success,         ///< A response that was cut off is Done.
    retry_after_ignored,   ///< A repetition does not wait as long as the server asked.
    retry_forgotten,       ///< A response that the policy does not want is delivered.
    retries_uncounted,     ///< One repetition more than max_retries.
    budget_ignored,        ///< Repetitions cost nothing.
    rewind_forgotten,      ///< A body that is sent again goes on from its middle.
    one_shot_replayed,     ///< A body that cannot be sent again is.
    expect_not_held,       ///< The body does not wait for 100.
    expect_not_released,   ///< The body waits for 100 for ever.
    refused_body_sent,     ///< The body is sent after a final response.
    rest_delivered,        ///< A connection serves again before the rest of its last response has been read.
    rest_without_end,      ///< What is left of a response is read however long it takes.
    rest_without_bound,    ///< What is left of a response is read however much it is.
    window_ignored,        ///< Reading goes on while the application withholds credit.
    credit_lost,           ///< An upload is not told of its second credit.
    leftover_lost,         ///< Bytes behind a 101 are forgotten.
    output_lost,           ///< A raw stream is Done before its output is written.
    drain_without_end,     ///< The limit of a drain is forgotten.
    taken_while_draining,  ///< Requests are taken during a drain.
    expired_reused,        ///< An idle connection is used after its time if nobody has said that time has passed.
    write_restarted,       ///< The limit on writing begins anew with every byte that is read.
    pool_timer_lost,       ///< Waiting for a connection has no limit.
    connect_timer_lost,    ///< Connecting has no limit.
    unasked_taken,         ///< Nobody looks behind a read that filled its buffer, or was a moment ago.
};

#ifdef FERRY_PLANTS
inline Plant plant = Plant::none;
[[nodiscard]] inline bool planted(Plant which) noexcept { return which == plant; }
#else
[[nodiscard]] consteval bool planted(Plant /*which*/) noexcept { return false; }
#endif

}  // namespace ferry
