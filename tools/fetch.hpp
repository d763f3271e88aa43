// ferry fetch: URLs to standard output or files, with curl's option names and exit codes.
#pragma once

#include <CLI/App.hpp>

namespace ferry::tools {

/// Adds the subcommand.
void add_fetch(CLI::App& app);

}  // namespace ferry::tools
