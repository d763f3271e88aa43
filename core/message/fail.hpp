// Throwing, in code that must also compile without exceptions.
#pragma once

#include <cstdlib>

namespace ferry::detail {

/// Throws `exception`; in a program built without exceptions, ends it.
template <class Exception>
[[noreturn]] void fail([[maybe_unused]] const Exception& exception) {
#if defined(__cpp_exceptions)
    throw exception;
#else
    std::abort();
#endif
}

}  // namespace ferry::detail
