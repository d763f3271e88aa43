// -T: a file as the body of a request.
#pragma once

#include <ferry/body.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace ferry::tools {

/// How far the reading of a file came. Written where the body is asked for, read where the request is waited for.
struct Reading {
    std::atomic<std::uint64_t> bytes = 0;  ///< Read and handed over, since the beginning or the last rewind.
    std::string failure{};                 ///< A sentence, set before the request ends with Errc::invalid_body.
};

struct Upload {
    BodySource body{};
    std::shared_ptr<const Reading> reading{};  ///< Null: there is no file.
};

/// Reads it while it is sent; "-" is standard input. The length of a regular file is known, and it can be sent again;
/// of one that grows meanwhile the rest is not sent. Throws FetchFailure (read_error) that names a file that cannot be
/// opened.
[[nodiscard]] Upload upload_from(const std::string& name);

}  // namespace ferry::tools
