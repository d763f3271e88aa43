#include "tests/sim/performance.hpp"

#include "tests/sim/watcher.hpp"

#include <algorithm>
#include <utility>

namespace ferry::testing {

namespace {

std::string how(const Exchange& exchange) {
    switch (exchange.state) {
        case Exchange::State::open: return "open";
        case Exchange::State::done: return std::to_string(exchange.status());
        case Exchange::State::failed: return std::string(name_of(exchange.error->code));
    }
    return {};
}

}  // namespace

Performance perform(const Scene& scene, const Ground& ground, std::uint64_t k, const Interference& interfere,
                    const Performance* model) {
    NetworkConfig network = ground.config;
    network.capabilities = scene.capabilities;
    Session s(scene.engine, network);
    Watcher watcher(s, network.timer_unit);
    watcher.limits(scene.engine.limits);
    s.network().link(ground.link);
    std::vector<std::size_t> open;
    if (!interfere) {
        watcher.interfere([&](const Fact&) {
            const auto all = s.exchanges();
            open.push_back(static_cast<std::size_t>(std::ranges::count(all, Exchange::State::open, &Exchange::state)));
            return Fault::none;
        });
    } else {
        watcher.interfere([&](const Fact& fact) { return fact.index == k ? interfere(s) : Fault::none; });
    }
    scene.play(s);
    s.finish();
    watcher.judge();

    Performance result;
    for (const Exchange* exchange : s.exchanges()) {
        if (model != nullptr) {
            for (const Ending& ending : model->endings) {
                if (ending.name == exchange->name && exchange->head) {
                    watcher.compare(*exchange, ending.status, ending.body, ending.whole);
                }
            }
        }
        result.endings.push_back({.name = exchange->name,
                                  .how = how(*exchange),
                                  .status = exchange->status(),
                                  .body = exchange->body,
                                  .whole = exchange->is_done() && !exchange->discarded});
        result.outcome += (result.outcome.empty() ? "" : " ") + result.endings.back().how;
    }
    result.facts = s.network().facts();
    result.open = std::move(open);
    result.summary = s.summary();
    result.violations = s.violations();
    if (!result.violations.empty() || ground.config.timeline) {
        result.report = s.report();
    }
    return result;
}

}  // namespace ferry::testing
