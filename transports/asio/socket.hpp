// A stream socket of Asio's, for TCP and for Unix domain sockets alike.
#pragma once

#include <ferry/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <system_error>

namespace ferry::asio {

using Socket =
    ::boost::asio::basic_stream_socket<::boost::asio::generic::stream_protocol, ::boost::asio::any_io_executor>;

/// Opens a socket that does not block, of AF_INET, AF_INET6 or AF_UNIX, and sets it up; `options` may be null.
[[nodiscard]] std::error_code open_socket(Socket& socket, int family, const SocketOptions* options);

[[nodiscard]] inline std::error_code system_error(int error) { return {error, std::system_category()}; }

}  // namespace ferry::asio
