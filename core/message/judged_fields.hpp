// Which lines of a list of fields were found to have no fault, and need not be judged again.
#pragma once

#include <ferry/headers.hpp>

#include <cstddef>

namespace ferry {

struct JudgedFields {
    /// The first so many lines have no fault, as field_fault() sees it.
    [[nodiscard]] static std::size_t count(const Headers& fields) noexcept { return fields.judged_; }
    /// None of the lines has one.
    static void note_all(Headers& fields) noexcept { fields.judged_ = fields.count_; }
};

}  // namespace ferry
