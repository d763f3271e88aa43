// What is played on every transport.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <span>
#include <string>

namespace ferry::same_trace {

struct Scenario {
    const char* name = "";
    /// Plays it; the record of what the engine said.
    std::string (*play)(contract::Bench& bench) = nullptr;
};

[[nodiscard]] std::span<const Scenario> scenarios();

}  // namespace ferry::same_trace
