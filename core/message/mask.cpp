#include "core/message/mask.hpp"

#include <cstddef>

namespace ferry::detail {

std::string mask_password(std::string_view text) {
    std::size_t begin = 0;
    if (text.starts_with("//")) {
        begin = 2;
    } else if (const std::size_t colon = text.find(':');
               colon != std::string_view::npos && text.substr(colon + 1).starts_with("//")) {
        begin = colon + 3;
    }
    const std::size_t colon = text.find(':', begin);
    const std::size_t at = text.rfind('@');
    std::string out(text);
    if (colon != std::string_view::npos && at != std::string_view::npos && colon < at) {
        out.replace(colon + 1, at - colon - 1, secure);
    }
    return out;
}

}  // namespace ferry::detail
