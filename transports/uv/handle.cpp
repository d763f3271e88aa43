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

void Handle::close() {
    uv_close(&uv.handle, [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

}  // namespace ferry::uv
