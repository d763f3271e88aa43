// The socket that a server listens on.
#pragma once

#include "tools/descriptor.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace ferry::tools {

struct Listening {
    Descriptor socket{};
    std::string address{};  ///< "127.0.0.1:41234", "[::1]:41234".
};

/// Listens on the first address of `host`; port 0 takes a free one. Throws std::runtime_error with a sentence.
[[nodiscard]] Listening listen_on(const std::string& host, std::uint16_t port);

/// The address of a peer without its port.
[[nodiscard]] std::string peer_name(const sockaddr_storage& address);

/// As many open descriptors as this process may have.
void raise_descriptor_limit() noexcept;

}  // namespace ferry::tools
