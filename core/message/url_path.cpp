#include "core/message/url_path.hpp"

#include <algorithm>
#include <cstddef>

namespace ferry::detail {

std::string without_dot_segments(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        const std::size_t size = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(1, size - 1);
        const bool last = size == path.size();
        if (segment == "..") {
            // Above the root there is nothing (RFC 3986 section 5.4.2).
            out.resize(std::min(out.rfind('/'), out.size()));
        }
        if (segment != "." && segment != "..") {
            out += path.substr(0, size);
        } else if (last) {
            out += '/';
        }
        path.remove_prefix(size);
    }
    return out;
}

std::string merged_path(std::string_view base, bool base_has_authority, std::string_view reference) {
    std::string merged;
    if (base_has_authority && base.empty()) {
        merged = '/';
    } else {
        merged = base.substr(0, base.rfind('/') + 1);
    }
    merged += reference;
    return merged;
}

}  // namespace ferry::detail
