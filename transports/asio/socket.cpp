#include "transports/asio/socket.hpp"

#include "transports/loop/address.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>

namespace ferry::asio {

namespace net = ::boost::asio;

namespace {

std::error_code bind(Socket& socket, const Endpoint& endpoint) {
    loop::Address local;
    if (const std::error_code error = loop::to_address(endpoint, local)) {
        return error;
    }
    boost::system::error_code error;
    socket.bind({local.get(), local.length}, error);
    return error;
}

}  // namespace

std::error_code open_socket(Socket& socket, int family, const SocketOptions* options) {
    // Asio's own open() would let programs that are started inherit the descriptor.
    const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return system_error(errno);
    }
    const bool ip = family != AF_UNIX;
    boost::system::error_code error;
    socket.assign({family, ip ? IPPROTO_TCP : 0}, fd, error);
    if (error) {
        ::close(fd);
        return error;
    }
    socket.non_blocking(true, error);
    const auto set = [&](const auto& option) {
        if (!error) {
            socket.set_option(option, error);
        }
    };
    if (ip) {
        set(net::ip::tcp::no_delay(true));
    }
    if (options == nullptr) {
        return error;
    }
    if (options->receive_buffer) {
        set(net::socket_base::receive_buffer_size(*options->receive_buffer));
    }
    if (options->send_buffer) {
        set(net::socket_base::send_buffer_size(*options->send_buffer));
    }
    if (options->tcp_keepalive) {
        set(net::socket_base::keep_alive(true));
    }
    // A local address of the IP kind says nothing about a Unix domain socket.
    const std::optional<Endpoint>& local = options->local_address;
    if (!error && local && ip == (local->family != Endpoint::Family::local)) {
        return bind(socket, *local);
    }
    return error;
}

}  // namespace ferry::asio
