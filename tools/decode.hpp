// ferry decode: a byte stream as HTTP/1.1, one JSON object an event.
#pragma once

#include <CLI/App.hpp>

namespace ferry::tools {

/// What the shell sees after bad usage of this subcommand.
inline constexpr int decode_usage_error = 3;

/// Adds the subcommand.
void add_decode(CLI::App& app);

}  // namespace ferry::tools
