#include "transports/uv/handle.hpp"

namespace ferry::uv {

std::error_code to_error(int status) {
    if (status >= 0) {
        return {};
    }
    // Libuv's own codes, which are no numbers of the system's, begin at 3000.
    return status > -3000 ? std::error_code(-status, std::system_category())
                          : std::make_error_code(std::errc::io_error);
}

void Handle::close() {
    uv_close(&uv.handle, [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

}  // namespace ferry::uv
