#include "core/http1/chunk.hpp"

#include "core/http1/line.hpp"
#include "core/message/ascii.hpp"
#include "core/message/list.hpp"

#include <ferry/headers.hpp>

#include <limits>

namespace ferry::http1 {

namespace {

constexpr std::uint64_t largest_chunk = std::numeric_limits<std::int64_t>::max();

// RFC 9112 section 7.1.1: chunk-ext = *( ";" chunk-ext-name [ "=" chunk-ext-val ] ). The "bad" white space that the
// grammar tolerates is refused: it has hidden smuggled requests, and no sender needs it.
bool are_extensions(std::string_view text) noexcept {
    while (!text.empty()) {
        if (text.front() != ';') {
            return false;
        }
        std::size_t end = 1;
        while (end < text.size() && text[end] != ';') {
            end = text[end] == '"' ? detail::end_of_quoted(text, end) : end + 1;
            if (end == std::string_view::npos) {
                return false;
            }
        }
        const std::string_view extension = text.substr(1, end - 1);
        const std::size_t equals = extension.find('=');
        if (!is_token(extension.substr(0, equals))) {
            return false;
        }
        if (equals != std::string_view::npos && !is_token_or_quoted(extension.substr(equals + 1))) {
            return false;
        }
        text.remove_prefix(end);
    }
    return true;
}

}  // namespace

std::size_t leading_hex(std::string_view begin) noexcept {
    std::size_t digits = 0;
    while (digits < begin.size() && detail::hex_value(begin[digits]) >= 0) {
        ++digits;
    }
    return digits;
}

ChunkLine parse_chunk_line(std::string_view line) noexcept {
    ChunkLine result;
    if ((result.fault = ending_fault(line))) {
        return result;
    }
    const std::string_view text = line.substr(0, line.size() - 2);
    const std::size_t digits = leading_hex(text);
    if (digits == 0) {
        result.fault = {Errc::bad_chunk, "a chunk does not begin with its size"};
        return result;
    }
    for (const char c : text.substr(0, digits)) {
        if (result.size > largest_chunk >> 4) {
            // RFC 9112 section 7.1: "MUST anticipate potentially large hexadecimal numerals".
            result.fault = {Errc::bad_chunk, "the size of a chunk is larger than 63 bits hold"};
            return result;
        }
        result.size = result.size << 4 | static_cast<std::uint64_t>(detail::hex_value(c));
    }
    const std::string_view extensions = text.substr(digits);
    result.extensions = extensions.size();
    if (!extensions.empty() && !are_extensions(extensions)) {
        result.fault = {Errc::bad_chunk, extensions.front() == ';' ? "the extensions of a chunk are malformed"
                                                                   : "the size of a chunk is not a hexadecimal number"};
    }
    return result;
}

}  // namespace ferry::http1
