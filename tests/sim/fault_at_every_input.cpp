// Fault at every k: each scene of the library runs once to count its facts, then once more for each of them, with a
// fault in its place: an end, a break (of a connect: a failure), silence (till a timeout), a cancel of each that is open,
// an application that does not read, a drain. Whatever breaks wherever, every request ends exactly once, nothing is left
// over, limits on time are kept, and no body is anything but what the origin sent.
#include "tests/sim/performance.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>

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

/// Scenes that make more facts than this are hit at every second, or third, of them.
constexpr std::uint64_t most_facts = 150;

/// What a failing performance looks like, played once more with a timeline.
std::string again(const Scene& scene, Ground ground, std::uint64_t k, const Interference& interfere) {
    ground.config.timeline = true;
    return perform(scene, ground, k, interfere).report;
}

/// Each kind of fault meets each scene on one of the grounds; `turn` says on which. Only facts before which more than
/// `others` requests are open count.
void at_every_fact(std::size_t turn, const Interference& interfere, std::size_t others = 0) {
    std::size_t played = 0;
    for (std::size_t i = 0; i < scenes().size(); ++i) {
        const Scene& scene = scenes()[i];
        const Ground& ground = grounds()[(i + turn) % grounds().size()];
        const Performance model = perform(scene, ground);
        const std::uint64_t stride = 1 + model.facts / most_facts;
        for (std::uint64_t k = turn % stride; k < model.facts; k += stride) {
            if (others > 0 && model.open[k] <= others) {
                continue;
            }
            const Performance performance = perform(scene, ground, k, interfere, &model);
            if (!performance.violations.empty()) {
                FAIL_CHECK("'" << scene.name << "' on '" << ground.name << "', fact " << k << ":\n"
                               << again(scene, ground, k, interfere));
            }
            ++played;
        }
    }
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
