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

TEST_CASE("spares that are given back are gone") {
    Spares<std::shared_ptr<int>> spares(2);
    const auto thing = std::make_shared<int>(1);
    spares.give(std::shared_ptr<int>(thing));
    REQUIRE(thing.use_count() == 2);
    spares.give_back();
    REQUIRE(thing.use_count() == 1);
    REQUIRE(spares.take() == nullptr);
}
