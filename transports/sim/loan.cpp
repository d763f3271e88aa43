#include "transports/sim/loan.hpp"

#include <algorithm>
#include <string_view>

namespace ferry::testing {

Loan::Loan(std::span<const ConstBuffer> pieces) : pieces_(pieces.begin(), pieces.end()) {
    for (const ConstBuffer piece : pieces_) {
        content_ += as_text(piece);
    }
}

std::string Loan::check() const {
    std::size_t offset = 0;
    for (const ConstBuffer piece : pieces_) {
        const std::string_view was = std::string_view(content_).substr(offset, piece.size());
        const std::string_view is = as_text(piece);
        if (was != is) {
            const auto at = static_cast<std::size_t>(std::ranges::mismatch(was, is).in1 - was.begin());
            return "byte " + std::to_string(offset + at) + " of " + std::to_string(content_.size()) +
                   " lent ones has changed before the loan ended";
        }
        offset += piece.size();
    }
    return {};
}

}  // namespace ferry::testing
