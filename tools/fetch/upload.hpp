// -T: a file as the body of a request.
#pragma once

#include <ferry/body.hpp>

#include <string>

namespace ferry::tools {

/// Reads it while it is sent; "-" is standard input. The length of a regular file is known, and it can be sent again.
/// Throws FetchFailure (read_error) that names a file that cannot be opened.
[[nodiscard]] BodySource upload_from(const std::string& name);

}  // namespace ferry::tools
