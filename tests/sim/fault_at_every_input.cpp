// Fault at every k: each scene of the library runs once to count its facts, then once more for each of them, with a
// fault in its place: an end, a break (of a connect: a failure), silence (till a timeout), a cancel of each that is open,
// an application that does not read, or sleeps, a drain. Whatever breaks wherever, every request ends once, nothing is left
// over, limits on time are kept, and no body is anything but what the origin sent.
#include "tests/sim/performance.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/interfaces/catch_interfaces_capture.hpp>
#include <cstdio>

namespace ferry::testing {

namespace {

/// Kinds of networks that have as little in common as possible.
const std::array<Ground, 3>& grounds() {
    static const std::array<Ground, 3> all{{
        {.name = "plain", .config = {.timeline = false}, .link = {.latency = 1ms}},
        {.name = "completion writes",
         .config = {.writes = NetworkConfig::Writes::completion, .timeline = false},
         .link = {.latency = 1ms, .send_buffer = 20'000, .write_delay = 100us, .close_delay = 1ms}},
        {.name = "shuffled",
         .config = {.seed = 1, .shuffle = true, .batch = true, .timeline = false},
         .link = {.send_buffer = 20'000, .max_write = 7'000, .close_delay = std::nullopt, .split = Split::every(700)}},
    }};
    return all;
}

// A sanitizer takes its time: then each kind of fault meets each scene on one of the grounds.
#ifdef __SANITIZE_ADDRESS__
constexpr bool on_all_grounds = false;
#else
constexpr bool on_all_grounds = true;
#endif

/// What a failing performance looks like, played once more with a timeline.
std::string again(const Scene& scene, Ground ground, std::uint64_t k, const Interference& interfere,
                  const Performance& model) {
    ground.config.timeline = true;
    return perform(scene, ground, k, interfere, &model).report;
}

/// A fault meets each scene on every ground, or the one that `turn` says, at each of its facts before which more than
/// `others` requests are open.
void at_every_fact(
    std::size_t turn, const Interference& interfere, std::size_t others = 0,
    bool (*fit)(const Scene&) = [](const Scene&) { return true; }) {
    std::size_t played = 0;
    std::size_t facts = 0;
    for (std::size_t i = 0; i < scenes().size(); ++i) {
        const Scene& scene = scenes()[i];
        for (std::size_t g = 0; g < grounds().size(); ++g) {
            if (!fit(scene) || (!on_all_grounds && g != (i + turn) % grounds().size())) {
                continue;
            }
            const Ground& ground = grounds()[g];
            const Performance model = perform(scene, ground);
            facts += model.facts;
            for (std::uint64_t k = 0; k < model.facts; ++k) {
                if (others > 0 && model.open[k] <= others) {
                    continue;
                }
                const Performance performance = perform(scene, ground, k, interfere, &model);
                if (!performance.violations.empty()) {
                    FAIL_CHECK("'" << scene.name << "' on '" << ground.name << "', fact " << k << ":\n"
                                   << again(scene, ground, k, interfere, model));
                }
                ++played;
            }
        }
    }
    std::printf("%s: %zu performances, for %zu facts\n", Catch::getResultCapture().getCurrentTestName().c_str(), played,
                facts);
    CHECK(played > (others > 0 ? 0 : 1'000));
}

/// Cancels the nth of the open requests.
Interference cancel(std::size_t n) {
    return [n](Session& s) {
        std::size_t seen = 0;
        for (const Exchange* exchange : s.exchanges()) {
            if (exchange->state == Exchange::State::open && seen++ == n) {
                s.cancel(exchange->id);
                break;
            }
        }
        return Fault::none;
    };
}

}  // namespace

TEST_CASE("the library has scenes enough, each with a name of its own") {
    CHECK(scenes().size() >= 140);
    for (const Scene& scene : scenes()) {
        for (const Scene& other : scenes()) {
            CHECK((&scene == &other || std::string_view(scene.name) != other.name));
        }
    }
}

TEST_CASE("every scene ends as it should") {
    for (const Scene& scene : scenes()) {
        Ground ground = grounds()[0];
        ground.config.timeline = true;
        const Performance performance = perform(scene, ground);
        INFO("'" << scene.name << "':\n" << performance.report);
        CHECK(performance.violations == std::vector<std::string>{});
        CHECK(performance.outcome == scene.outcome);
    }
}

TEST_CASE("the server's stream may end at every fact") {
    at_every_fact(0, [](Session&) { return Fault::eof; });
}

TEST_CASE("the connection may break at every fact") {
    at_every_fact(1, [](Session&) { return Fault::reset; });
}

TEST_CASE("the connection may be gone at every fact, and nobody says why") {
    at_every_fact(10, [](Session&) { return Fault::close; });
}

TEST_CASE("the network may fall silent at every fact") {
    at_every_fact(2, [](Session&) { return Fault::silence; });
}

TEST_CASE("every request may be cancelled at every fact") {
    at_every_fact(3, [](Session& s) {
        for (const Exchange* exchange : s.exchanges()) {
            s.cancel(exchange->id);
        }
        return Fault::none;
    });
}

TEST_CASE("each open request may be cancelled at every fact") {
    std::size_t most = 0;
    for (const Scene& scene : scenes()) {
        const Performance model = perform(scene, grounds()[0]);
        most = std::max(most, std::ranges::max(model.open));
    }
    CHECK(most >= 5);
    for (std::size_t n = 0; n < most; ++n) {
        at_every_fact(4 + n, cancel(n), n);
    }
}

TEST_CASE("the application may stop reading at every fact") {
    at_every_fact(7, [](Session& s) {
        for (const Exchange* exchange : s.exchanges()) {
            s.hold(exchange->id);
            s.after(1min, [&s, id = exchange->id] { s.cancel(id); });
        }
        return Fault::none;
    });
}

TEST_CASE("the application may sleep at every fact") {
    const auto sleep = [](Session& s) {
        s.sleep(10min);
        return Fault::none;
    };
    at_every_fact(11, sleep, 0, [](const Scene& scene) { return !scene.depends_on_clock; });
}

TEST_CASE("the client may be drained at every fact") {
    at_every_fact(8, [](Session& s) {
        s.drain();
        return Fault::none;
    });
}

TEST_CASE("the client may be drained within a time at every fact") {
    at_every_fact(9, [](Session& s) {
        s.drain(15ms);
        return Fault::none;
    });
}

}  // namespace ferry::testing
