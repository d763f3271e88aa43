// A stream socket as our transports want it.
#pragma once

#include <ferry/endpoint.hpp>

#include <system_error>

namespace ferry::loop {

/// Opens a socket of AF_INET, AF_INET6 or AF_UNIX that does not block and is not inherited, and sets it up before it
/// connects; `options` may be null. `fd` is -1 if it fails.
[[nodiscard]] std::error_code open_socket(int family, const SocketOptions* options, int& fd);

[[nodiscard]] inline std::error_code system_error(int error) { return {error, std::system_category()}; }

}  // namespace ferry::loop
