#include "core/message/mask.hpp"

#include <ferry/url.hpp>

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

std::string mask_reference(std::string_view text) {
    const Result<Url> url = Url::parse(text);
    if (!url) {
        return mask_password(text);
    }
    return url->userinfo().empty() ? std::string(text) : url->display();
}

}  // namespace ferry::detail
