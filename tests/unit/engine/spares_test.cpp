#include "core/engine/spares.hpp"

#include <catch2/catch_test_macros.hpp>

#include <memory>

using namespace ferry;

TEST_CASE("spares come back, the last given first, and no more are kept than that") {
    Spares<std::unique_ptr<int>> spares(2);
    REQUIRE(spares.take() == nullptr);
    for (int i = 1; i <= 3; ++i) {
        auto thing = std::make_unique<int>(i);
        spares.give(std::move(thing));
        REQUIRE(thing == nullptr);
    }
    REQUIRE(*spares.take() == 2);
    REQUIRE(*spares.take() == 1);
    REQUIRE(spares.take() == nullptr);
}
