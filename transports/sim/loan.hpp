// Lent memory: remembers what it held, and tells whether it still does.
#pragma once

#include <ferry/buffer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace ferry::testing {

/// Under AddressSanitizer, looking at memory that was freed meanwhile ends the program.
class Loan {
public:
    explicit Loan(std::span<const ConstBuffer> pieces);

    [[nodiscard]] std::size_t size() const noexcept { return content_.size(); }
    [[nodiscard]] const std::string& content() const noexcept { return content_; }
    /// What is wrong with it; empty if nothing is.
    [[nodiscard]] std::string check() const;

private:
    std::vector<ConstBuffer> pieces_;
    std::string content_;
};

}  // namespace ferry::testing
