// What is said of a storm when it is over: whether each request was answered with what its origin sent it, each origin saw
// what it was to see, and as often, and whether drains, retries and their budget were what was asked for.
#pragma once

#include "tests/sim/plan.hpp"
#include "tests/sim/watcher.hpp"

#include <ferry/testing.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::testing {

/// What the plans do not say.
struct Conditions {
    struct Place {
        std::string host{};
        const HttpOrigin* origin = nullptr;
    };
    std::size_t max_connections = 0;
    bool unasked = false;  ///< Climate::unasked.
    std::chrono::sys_seconds wall{};
    std::optional<RetryBudget> budget{};
    std::vector<Place> origins{};
    std::vector<std::string> pinned{};  ///< Hosts that are not to be looked up.
    std::optional<Duration> drained_at{};
    std::optional<Duration> drain_limit{};
};

/// A reply says which request it is for, and for which attempt at it: "7 2".
void sign(Reply& reply, const Plan& plan, std::size_t attempt);

/// The plan of the request with this target, or id; null if there is none.
[[nodiscard]] const Plan* find_plan(const std::deque<Plan>& plans, std::string_view target);
[[nodiscard]] const Plan* find_plan(const std::deque<Plan>& plans, RequestId id);

/// After Watcher::judge(). `plans` are those that were submitted. What is wrong becomes a violation of the network's.
void judge(Session& session, Watcher& watcher, const Conditions& conditions, const std::deque<Plan>& plans);

}  // namespace ferry::testing
