// What a server says about how long it keeps an idle connection: "Keep-Alive: timeout=5, max=100".
#pragma once

#include <ferry/headers.hpp>
#include <ferry/time.hpp>

#include <optional>

namespace ferry {

/// How long a connection may be idle by its server's word, less a second for the way (RFC 2068 section 19.7.1.1 has the
/// field, RFC 9110 does not). Zero: it is not to be used again. Nothing: the server says nothing that can be read.
[[nodiscard]] std::optional<Duration> server_keepalive(const Headers& headers);

}  // namespace ferry
