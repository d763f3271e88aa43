#include "transports/loop/address.hpp"

#include "transports/loop/socket.hpp"

#include "core/message/quote.hpp"

#include <netinet/in.h>
#include <sys/un.h>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace ferry::loop {

namespace {

template <class T>
void store(const T& from, std::size_t length, Address& to) {
    static_assert(sizeof(T) <= sizeof(to.storage));
    std::memcpy(&to.storage, &from, length);
    to.length = static_cast<socklen_t>(length);
}

std::error_code store_path(const std::string& path, Address& to) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (path.empty() || path.find('\0', 1) != std::string::npos) {
        return system_error(EINVAL);
    }
    // An abstract name ends where the length says, a path with its NUL.
    const std::size_t size = path.size() + (path.front() == '\0' ? 0U : 1U);
    if (size > sizeof(local.sun_path)) {
        return system_error(ENAMETOOLONG);
    }
    std::memcpy(local.sun_path, path.data(), path.size());
    store(local, offsetof(sockaddr_un, sun_path) + size, to);
    return {};
}

}  // namespace

std::error_code to_address(const Endpoint& endpoint, Address& address) {
    address = {};
    switch (endpoint.family) {
        case Endpoint::Family::ip4: {
            sockaddr_in ip{};
            ip.sin_family = AF_INET;
            ip.sin_port = htons(endpoint.port);
            std::memcpy(&ip.sin_addr, endpoint.address.data(), sizeof(ip.sin_addr));
            store(ip, sizeof(ip), address);
            return {};
        }
        case Endpoint::Family::ip6: {
            sockaddr_in6 ip{};
            ip.sin6_family = AF_INET6;
            ip.sin6_port = htons(endpoint.port);
            ip.sin6_scope_id = endpoint.scope_id;
            std::memcpy(&ip.sin6_addr, endpoint.address.data(), sizeof(ip.sin6_addr));
            store(ip, sizeof(ip), address);
            return {};
        }
        case Endpoint::Family::local: break;
    }
    return store_path(endpoint.path, address);
}

Result<void> check_socket_path(const std::string& path) {
    Address ignored;
    if (const std::error_code error = path.empty() ? std::error_code() : store_path(path, ignored)) {
        return Error{.code = Errc::invalid_option,
                     .cause = error,
                     .message = "socket_path: " + detail::quoted(path) + " cannot be one: " + error.message(),
                     .safe_to_retry = true};
    }
    return {};
}

std::optional<Endpoint> to_endpoint(const sockaddr* address) {
    Endpoint endpoint;
    if (address->sa_family == AF_INET) {
        sockaddr_in ip{};
        std::memcpy(&ip, address, sizeof(ip));
        endpoint.family = Endpoint::Family::ip4;
        endpoint.port = ntohs(ip.sin_port);
        std::memcpy(endpoint.address.data(), &ip.sin_addr, sizeof(ip.sin_addr));
        return endpoint;
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 ip{};
        std::memcpy(&ip, address, sizeof(ip));
        endpoint.family = Endpoint::Family::ip6;
        endpoint.port = ntohs(ip.sin6_port);
        endpoint.scope_id = ip.sin6_scope_id;
        std::memcpy(endpoint.address.data(), &ip.sin6_addr, sizeof(ip.sin6_addr));
        return endpoint;
    }
    return std::nullopt;
}

}  // namespace ferry::loop
