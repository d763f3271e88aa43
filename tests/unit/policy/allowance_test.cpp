// A budget in use.
#include "core/policy/allowance.hpp"

#include <catch2/catch_test_macros.hpp>

#include <optional>

using namespace ferry;

TEST_CASE("without a budget there is no bound") {
    Allowance allowance(std::nullopt);
    for (int i = 0; i < 1000; ++i) {
        CHECK(allowance.spend());
    }
}

TEST_CASE("a reserve is spent, and earned again up to what it was") {
    Allowance allowance(RetryBudget{.reserve = 2, .percent = 20});
    CHECK(allowance.spend());
    CHECK(allowance.spend());
    CHECK_FALSE(allowance.spend());
    for (int i = 0; i < 4; ++i) {
        allowance.earn();
        CHECK_FALSE(allowance.spend());
    }
    allowance.earn();  // The fifth: exactly one.
    CHECK(allowance.spend());
    CHECK_FALSE(allowance.spend());
    for (int i = 0; i < 1000; ++i) {
        allowance.earn();
    }
    CHECK(allowance.spend());
    CHECK(allowance.spend());
    CHECK_FALSE(allowance.spend());
}

TEST_CASE("a budget of nothing allows nothing") {
    Allowance allowance(RetryBudget{.reserve = 0, .percent = 100});
    allowance.earn();
    CHECK_FALSE(allowance.spend());
}
