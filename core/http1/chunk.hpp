// The line that begins a chunk (RFC 9112 section 7.1).
#pragma once

#include "core/http1/fault.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferry::http1 {

/// Hexadecimal digits of a chunk size, leading zeros included; h11's value. More are an attack on the reader's patience.
inline constexpr std::size_t chunk_size_digits = 20;

struct ChunkLine {
    std::uint64_t size = 0;
    std::size_t extensions = 0;  ///< Bytes from the first semicolon on.
    Fault fault{};
};

/// Takes a line with its line feed.
[[nodiscard]] ChunkLine parse_chunk_line(std::string_view line) noexcept;

/// How many leading bytes of a line, complete or not, are digits of the size.
[[nodiscard]] std::size_t leading_hex(std::string_view begin) noexcept;

}  // namespace ferry::http1
