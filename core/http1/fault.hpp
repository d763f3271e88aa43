// What is wrong with something that was read, before it is known where in the stream.
#pragma once

#include <ferry/error.hpp>

#include <string_view>

namespace ferry::http1 {

/// A broken rule and its sentence, which is a literal: finding a fault takes no memory.
struct Fault {
    Errc code{};
    std::string_view why{};
    int status = 0;  ///< What a server answers, where the code alone does not tell.

    /// True if there is a fault.
    [[nodiscard]] explicit operator bool() const noexcept { return !why.empty(); }
};

/// Server role: the status to answer with (RFC 9110 section 15.5).
[[nodiscard]] int status_for(const Fault& fault) noexcept;

}  // namespace ferry::http1
