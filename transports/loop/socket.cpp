#include "transports/loop/socket.hpp"

#include "transports/loop/address.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace ferry::loop {

namespace {

int new_socket(int family) {
#ifdef SOCK_NONBLOCK
    return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
#else
    const int fd = ::socket(family, SOCK_STREAM, 0);
    if (fd >= 0) {
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
#endif
}

std::error_code set_up(int fd, int family, const SocketOptions* options) {
    std::error_code error;
    const auto set = [&](int level, int name, int value) {
        if (!error && ::setsockopt(fd, level, name, &value, sizeof(value)) != 0) {
            error = system_error(errno);
        }
    };
    if (family != AF_UNIX) {
        set(IPPROTO_TCP, TCP_NODELAY, 1);
    }
#ifdef SO_NOSIGPIPE
    set(SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    if (options == nullptr) {
        return error;
    }
    if (options->receive_buffer) {
        set(SOL_SOCKET, SO_RCVBUF, *options->receive_buffer);
    }
    if (options->send_buffer) {
        set(SOL_SOCKET, SO_SNDBUF, *options->send_buffer);
    }
    if (options->tcp_keepalive) {
        set(SOL_SOCKET, SO_KEEPALIVE, 1);
    }
    // A local address of the IP kind says nothing about a Unix domain socket.
    const bool ip = options->local_address && options->local_address->family != Endpoint::Family::local;
    if (options->local_address && ip == (family != AF_UNIX) && !error) {
        Address local;
        error = to_address(*options->local_address, local);
        if (!error && ::bind(fd, local.get(), local.length) != 0) {
            error = system_error(errno);
        }
    }
    return error;
}

}  // namespace

std::error_code open_socket(int family, const SocketOptions* options, int& fd) {
    fd = new_socket(family);
    if (fd < 0) {
        return system_error(errno);
    }
    const std::error_code error = set_up(fd, family, options);
    if (error) {
        ::close(std::exchange(fd, -1));
    }
    return error;
}

}  // namespace ferry::loop
