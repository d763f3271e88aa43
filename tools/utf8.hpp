// Text of whatever encoding, for output that is UTF-8.
#pragma once

#include "core/message/text.hpp"

#include <string>
#include <string_view>

namespace ferry::tools {

/// The same if it is UTF-8; else it is taken as Latin-1, as header fields have it.
[[nodiscard]] inline std::string as_utf8(std::string_view text) {
    return is_utf8(as_bytes(text)) ? std::string(text) : to_utf8(as_bytes(text), Charset::iso8859_1);
}

}  // namespace ferry::tools
