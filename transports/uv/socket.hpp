// What libuv does not do for a socket, or not well enough.
#pragma once

#include <ferry/endpoint.hpp>

#include "transports/loop/address.hpp"

#include <uv.h>

#include <system_error>

namespace ferry::uv {

/// Buffers, keep-alive and the local address of a socket that is open and not connected.
[[nodiscard]] std::error_code set_up(uv_handle_t& handle, int fd, const SocketOptions& options);

/// Opens `pipe` with a connected socket, `fd`: local sockets connect at once. uv_pipe_connect() would cut long paths and
/// knows no abstract names.
[[nodiscard]] std::error_code connect_local(uv_pipe_t& pipe, const loop::Address& to, const SocketOptions* options,
                                            int& fd);

}  // namespace ferry::uv
