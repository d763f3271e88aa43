// How many repetitions a client may still make: a RetryBudget in use. Counted in hundredths, so that a share of 20 %
// adds up exactly.
#pragma once

#include <ferry/retry.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ferry {

class Allowance {
public:
    /// Nothing: there is no bound.
    explicit Allowance(const std::optional<RetryBudget>& budget)
        : budget_(budget), hundredths_(budget ? std::uint64_t{budget->reserve} * 100 : 0) {}

    /// A request has been made.
    void earn() noexcept {
        if (budget_) {
            hundredths_ = std::min(hundredths_ + budget_->percent, std::uint64_t{budget_->reserve} * 100);
        }
    }
    /// A repetition is wanted. False: there is none left.
    [[nodiscard]] bool spend() noexcept {
        if (budget_) {
            if (hundredths_ < 100) {
                return false;
            }
            hundredths_ -= 100;
        }
        return true;
    }

private:
    std::optional<RetryBudget> budget_;
    std::uint64_t hundredths_;
};

}  // namespace ferry
