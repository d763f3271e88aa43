#include "transports/uv/handle.hpp"

#include "transports/loop/socket.hpp"

#include <cerrno>

namespace ferry::uv {

std::error_code to_error(int status) {
    if (status >= 0) {
        return {};
    }
    // Libuv's own codes, which are no numbers of the system's, begin at 3000.
    return loop::system_error(status > -3000 ? -status : EIO);
}

void Handle::close(uv_handle_t* handle) {
    uv_close(handle, [](uv_handle_t* closed) { delete static_cast<Handle*>(closed->data); });
}

}  // namespace ferry::uv
