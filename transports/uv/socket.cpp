#include "transports/uv/socket.hpp"

#include "transports/uv/handle.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>

namespace ferry::uv {

namespace {

std::error_code last_error() { return {errno, std::system_category()}; }

int new_local_socket() {
#ifdef SOCK_CLOEXEC
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
#endif
}

}  // namespace

std::error_code set_up(uv_handle_t& handle, int fd, const SocketOptions& options) {
    int status = 0;
    if (options.receive_buffer) {
        int size = *options.receive_buffer;
        status = uv_recv_buffer_size(&handle, &size);
    }
    if (status == 0 && options.send_buffer) {
        int size = *options.send_buffer;
        status = uv_send_buffer_size(&handle, &size);
    }
    const int on = 1;
    if (status == 0 && options.tcp_keepalive && ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0) {
        return last_error();
    }
    // A local address of the one kind says nothing about sockets of the other.
    const bool ip = handle.type == UV_TCP;
    if (status == 0 && options.local_address && ip == (options.local_address->family != Endpoint::Family::local)) {
        loop::Address local;
        if (const std::error_code error = loop::to_address(*options.local_address, local)) {
            return error;
        }
        // Not uv_tcp_bind(): it would let an address be shared.
        if (::bind(fd, local.get(), local.length) != 0) {
            return last_error();
        }
    }
    return to_error(status);
}

std::error_code connect_local(uv_pipe_t& pipe, const loop::Address& to, const SocketOptions* options, int& fd) {
    fd = new_local_socket();
    if (fd < 0) {
        return last_error();
    }
    if (const int status = uv_pipe_open(&pipe, fd); status != 0) {
        ::close(fd);
        return to_error(status);
    }
    if (options != nullptr) {
        if (const std::error_code error = set_up(reinterpret_cast<uv_handle_t&>(pipe), fd, *options)) {
            return error;
        }
    }
    int result = 0;
    do {
        result = ::connect(fd, to.get(), to.length);
    } while (result != 0 && errno == EINTR);
    return result == 0 ? std::error_code() : last_error();
}

}  // namespace ferry::uv
