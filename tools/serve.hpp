// ferry serve: an origin for demonstrations, tests and measurements.
#pragma once

#include <CLI/App.hpp>

namespace ferry::tools {

/// Adds the subcommand.
void add_serve(CLI::App& app);

}  // namespace ferry::tools
