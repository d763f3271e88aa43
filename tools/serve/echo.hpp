// A request told back as JSON, as httpbin does it.
#pragma once

#include "tools/serve/routes.hpp"

#include <string>

namespace ferry::tools {

/// {"args": …, "data": …, "form": …, "headers": …, "json": …, "method": …, "origin": …, "url": …}
void append_echo(std::string& out, const Incoming& request);

/// {"headers": …}
void append_headers_echo(std::string& out, const Incoming& request);

/// One line without the closing brace, "id" last and its number still to come: what /stream repeats.
[[nodiscard]] std::string line_start(const Incoming& request);

}  // namespace ferry::tools
