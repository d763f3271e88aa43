// What the parts of a network share: clock, schedule, randomness, log, and the one who is told the facts.
#pragma once

#include <ferry/testing.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "transports/sim/random.hpp"
#include "transports/sim/schedule.hpp"
#include "transports/sim/timeline.hpp"

namespace ferry::testing {

/// As a transport over sockets tells it.
[[nodiscard]] inline std::error_code system_error(std::errc error) {
    return {static_cast<int>(error), std::system_category()};
}

class World {
public:
    /// Not 0, so that an empty Time is not mistaken for a moment.
    static constexpr Time start{std::chrono::hours(1)};

    World(Network& owner, const NetworkConfig& settings)
        : network(owner),
          config(settings),
          random(settings.seed),
          schedule(settings.shuffle ? &random : nullptr),
          timeline(settings.timeline) {}

    void later(Duration delay, Schedule::Action action, Schedule::Who who = Schedule::Who::others) {
        schedule.push(saturating_add(now, std::max(delay, Duration::zero())), std::move(action), who);
    }

    /// `text` is a function, so that nothing is built while the log is off.
    template <class Text>
    void log(std::string_view kind, Text&& text) {
        if (timeline.enabled()) {
            timeline.add(now - start, kind, std::forward<Text>(text)());
        }
    }

    void violation(const std::string& sentence) {
        constexpr std::size_t enough = 100;
        if (violations.size() < enough) {
            violations.push_back("+" + in_seconds(now - start) + " " + sentence);
        }
        log("BROKEN", [&] { return sentence; });
    }

    /// Counts a fact and asks what becomes of it.
    [[nodiscard]] Fault about_to(Fact::Type type, ConnId connection, LookupId lookup = {}) {
        const Fact fact{.type = type, .index = fact_count++, .connection = connection, .lookup = lookup};
        return tap ? tap(fact) : Fault::none;
    }

    void passed(ConnId connection, Network::Direction direction, std::string_view bytes) const {
        if (traffic) {
            traffic(connection, direction, bytes);
        }
    }

    [[nodiscard]] Facts& to_client() const {
        if (facts == nullptr) {
            throw std::logic_error("a fact before Network::attach()");
        }
        return *facts;
    }

    Network& network;
    NetworkConfig config;
    Time now = start;
    Random random;
    Schedule schedule;
    Timeline timeline;
    Facts* facts = nullptr;
    std::function<Fault(const Fact&)> tap;
    std::function<void(ConnId, Network::Direction, std::string_view)> traffic;
    std::function<void(LookupId, std::string_view)> dials;
    std::uint64_t fact_count = 0;
    std::uint64_t steps = 0;
    std::size_t longest_read = 0;
    std::vector<std::string> violations;
};

}  // namespace ferry::testing
