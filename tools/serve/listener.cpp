#include "tools/serve/listener.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace ferry::tools {
namespace {

constexpr int backlog = 4096;  // the system cuts it to net.core.somaxconn

struct AddrinfoFree {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& address) noexcept {
    if (address.ss_family == AF_INET6) {
        return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
    }
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

[[nodiscard]] bool set_option(int socket, int level, int option) noexcept {
    const int on = 1;
    return ::setsockopt(socket, level, option, &on, sizeof on) == 0;
}

}  // namespace

std::string peer_name(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* bytes = address.ss_family == AF_INET6
                            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr)
                            : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(&address)->sin_addr);
    const char* const name = ::inet_ntop(address.ss_family, bytes, text.data(), text.size());
    return name == nullptr ? "unknown" : name;
}

Listening listen_on(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const std::string service = std::to_string(port);
    if (const int error = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found); error != 0) {
        throw std::runtime_error(fmt::format("cannot listen on {}: {}", host, ::gai_strerror(error)));
    }
    const std::unique_ptr<addrinfo, AddrinfoFree> list(found);

    Descriptor socket(::socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    // Accepted sockets inherit TCP_NODELAY.
    if (!socket || !set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR) ||
        !set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY) ||
        ::bind(socket.get(), list->ai_addr, list->ai_addrlen) != 0 || ::listen(socket.get(), backlog) != 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error(
            fmt::format("cannot listen on {} port {}: {}", host, port, std::generic_category().message(errno)));
    }
    const std::string name = peer_name(address);
    const bool brackets = address.ss_family == AF_INET6;
    return {std::move(socket), fmt::format("{}:{}", brackets ? "[" + name + "]" : name, port_of(address))};
}

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace ferry::tools
