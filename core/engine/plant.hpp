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
};

#ifdef FERRY_PLANTS
inline Plant plant = Plant::none;
[[nodiscard]] inline bool planted(Plant which) noexcept { return which == plant; }
#else
[[nodiscard]] consteval bool planted(Plant /*which*/) noexcept { return false; }
#endif

}  // namespace ferry
