// How a subcommand ends the program.
#pragma once

#include <CLI/Error.hpp>

namespace ferry::tools {

/// Leaves the subcommand's callback; main() returns `code`, after all destructors have run.
[[noreturn]] inline void exit_with(int code) { throw CLI::RuntimeError(code); }

}  // namespace ferry::tools
