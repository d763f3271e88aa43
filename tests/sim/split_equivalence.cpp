// Split equivalence: how reads are cut up makes no difference, to the nanosecond.
#include "tests/sim/performance.hpp"

#include <catch2/catch_test_macros.hpp>

namespace ferry::testing {

TEST_CASE("every scene ends the same, however its bytes are split") {
    using Reads = NetworkConfig::Reads;
    const Ground whole{
        .name = "whole", .config = {.reads = Reads::engine_memory, .timeline = false}, .link = {.latency = 1ms}};
    const Ground splits[] = {
        {.name = "byte by byte",
         .config = {.reads = Reads::own_memory, .timeline = false},
         .link = {.latency = 1ms, .split = Split::every(1)}},
        {.name = "random pieces",
         .config = {.seed = 1, .timeline = false},
         .link = {.latency = 1ms, .split = Split::random()}},
        {.name = "random pieces again",
         .config = {.seed = 2, .timeline = false},
         .link = {.latency = 1ms, .split = Split::random()}},
    };
    for (const Scene& scene : scenes()) {
        const Performance model = perform(scene, whole);
        for (const Ground& split : splits) {
            const Performance performance = perform(scene, split, 0, {}, &model);
            INFO("'" << scene.name << "', " << split.name);
            CHECK(performance.violations == std::vector<std::string>{});
            CHECK(performance.outcome == scene.outcome);
            if (!scene.depends_on_splits) {
                CHECK(performance.summary == model.summary);
            }
        }
    }
}

}  // namespace ferry::testing
