// Who finds the finders' bugs? Each plant of core/engine/plant.hpp must be found by storms, and soon; and without any
// nothing is found.
#include "core/engine/plant.hpp"
#include "tests/sim/storm.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <string>

namespace ferry::testing {

namespace {

struct Row {
    Plant plant;
    const char* name;
};

constexpr Row rows[] = {
    {Plant::leaked_slot, "leaked slot"},
    {Plant::lost_wakeup, "lost wake-up"},
    {Plant::idle_cap, "idle cap off by one"},
    {Plant::timer_not_disarmed, "timer not disarmed"},
    {Plant::stale_id, "stale id served"},
    {Plant::missed_probe, "missed probe"},
    {Plant::double_done, "Done twice"},
    {Plant::loan_moved, "loan moved"},
    {Plant::reading_not_resumed, "reading not resumed"},
    {Plant::kept_after_close, "kept after close"},
    {Plant::repeated_post, "POST repeated"},
    {Plant::late_timeout, "timeout a nanosecond late"},
    {Plant::timeout_while_paused, "timeout while paused"},
    {Plant::short_success, "short success"},
    {Plant::retry_after_ignored, "Retry-After ignored"},
    {Plant::retry_forgotten, "retry forgotten"},
    {Plant::retries_uncounted, "one retry too many"},
    {Plant::budget_ignored, "retry budget ignored"},
    {Plant::rewind_forgotten, "body not rewound"},
    {Plant::one_shot_replayed, "one-shot body replayed"},
    {Plant::expect_not_held, "body before 100"},
    {Plant::expect_not_released, "wait for 100 without end"},
    {Plant::refused_body_sent, "refused body sent"},
    {Plant::rest_delivered, "rest of a response delivered"},
    {Plant::rest_without_end, "rest read too long"},
    {Plant::rest_without_bound, "too much rest read"},
    {Plant::window_ignored, "window ignored"},
    {Plant::credit_lost, "credit not told"},
    {Plant::leftover_lost, "bytes behind 101 lost"},
    {Plant::output_lost, "raw output lost"},
    {Plant::drain_without_end, "drain without end"},
    {Plant::taken_while_draining, "taken while draining"},
    {Plant::unasked_taken, "no look within 20 ms"},
    {Plant::expired_reused, "expired connection used"},
    {Plant::write_restarted, "write limit restarted by a read"},
    {Plant::pool_timer_lost, "pool limit lost"},
    {Plant::connect_timer_lost, "connect limit lost"},
};

class Planted {
public:
    explicit Planted(Plant which) { plant = which; }
    Planted(const Planted&) = delete;
    Planted& operator=(const Planted&) = delete;
    ~Planted() { plant = Plant::none; }
};

}  // namespace

TEST_CASE("every planted bug is found within 2000 seeds") {
    constexpr std::uint64_t bound = 2'000;
    std::printf("%-28s %6s  %s\n", "planted", "seeds", "found as");
    for (const Row& row : rows) {
        const Planted planted_bug(row.plant);
        std::uint64_t seed = 0;
        std::string found;
        for (; seed < bound && found.empty(); ++seed) {
            if (const StormReport report = storm(seed, false); !report.violations.empty()) {
                found = report.violations.front();
            }
        }
        std::printf("%-28s %6llu  %.110s\n", row.name, static_cast<unsigned long long>(seed), found.c_str());
        INFO(row.name);
        CHECK_FALSE(found.empty());
    }
}

TEST_CASE("where nothing is planted nothing is found") {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        CHECK(storm(seed, false).violations.empty());
    }
}

}  // namespace ferry::testing
