// The life of a client, step by step.
#pragma once

#include "tools/demo/face.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ferry::tools {

/// Where a step is played.
struct Stage {
    const Column& column;
    const std::string& origin;  ///< The URL of `ferry serve`.
};

/// Something is not as it should be; what() says what, for the table.
class StepFailed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Step {
    std::string_view title;
    /// What came of it, in a few words. Throws StepFailed, or whatever ferry throws where it should not.
    std::string (*play)(const Stage&);
};

[[nodiscard]] std::span<const Step> steps() noexcept;

}  // namespace ferry::tools
