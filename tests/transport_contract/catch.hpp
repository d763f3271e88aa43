// The suite in Catch2: one section a clause.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <catch2/catch_test_macros.hpp>

namespace ferry::contract {

/// Runs one clause against a new `B`; call it from a test case of its own.
template <class B, class... Args>
void check_clauses(Args... args) {
    for (const Clause& clause : clauses()) {
        DYNAMIC_SECTION(clause.name) {
            B bench(args...);
            try {
                clause.check(bench);
                SUCCEED();
            } catch (const Skipped& skipped) {
                WARN("skipped: " << skipped.what());  // SKIP would hide that the others have passed.
            } catch (const Violation& violation) {
                FAIL(violation.what());
            }
        }
    }
}

}  // namespace ferry::contract
