// The little of JSON that the echo routes write, without building a document.
#pragma once

#include <string>
#include <string_view>

namespace ferry::tools {

/// Appends `text` as a JSON string. What is not UTF-8 is taken as Latin-1, as header fields have it.
void append_json(std::string& out, std::string_view text);

}  // namespace ferry::tools
