// Whether the body may go out: every state with every input.
#include "core/engine/expectation.hpp"

#include <catch2/catch_test_macros.hpp>

using ferry::Expectation;
using State = Expectation::State;

TEST_CASE("a request that does not ask holds nothing back") {
    Expectation expectation;
    CHECK_FALSE(expectation.holds());
    CHECK_FALSE(expectation.informational(100));
    CHECK_FALSE(expectation.waited());
    expectation.answered();
    CHECK(expectation.state() == State::none);
}

TEST_CASE("100 or the end of the wait releases the body, once") {
    Expectation expectation;
    expectation.begin(true);
    CHECK(expectation.waits());
    CHECK(expectation.holds());
    CHECK_FALSE(expectation.informational(103));
    CHECK(expectation.holds());
    CHECK(expectation.informational(100));
    CHECK_FALSE(expectation.holds());
    CHECK_FALSE(expectation.informational(100));
    CHECK_FALSE(expectation.waited());
    expectation.answered();
    CHECK(expectation.state() == State::released);

    expectation.begin(true);
    CHECK(expectation.waited());
    CHECK_FALSE(expectation.informational(100));
}

TEST_CASE("a final response first means that the body is never sent") {
    Expectation expectation;
    expectation.begin(true);
    expectation.answered();
    CHECK(expectation.refused());
    CHECK(expectation.holds());
    CHECK_FALSE(expectation.waits());
    CHECK_FALSE(expectation.waited());
    CHECK_FALSE(expectation.informational(100));
    CHECK(expectation.holds());
    expectation.begin(false);
    CHECK_FALSE(expectation.holds());
}
