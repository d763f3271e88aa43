// The inputs of the targets that read byte streams: one byte that says how, then the stream.
//
// The byte is a letter, so that a corpus file is a capture with one letter in front: '@' plus
//     1  HEAD      2  CONNECT (both: a request that asks for an upgrade)      4  the stream ends behind the bytes
//     8  small limits      16  several requests are outstanding
// Server-role streams use only 4 and 8.
#pragma once

#include "tests/unit/http1/trace.hpp"

#include <string_view>

namespace ferry::fuzz {

[[nodiscard]] inline http1::test::Script script_of(http1::Role role, unsigned letter) {
    http1::test::Script script;
    script.role = role;
    const unsigned method = letter & 3U;
    script.methods = {method == 1 ? "HEAD" : method == 2 ? "CONNECT" : "GET"};
    if (method == 3) {
        script.upgrade = {"x"};
    }
    script.eof = (letter & 4U) != 0;
    if ((letter & 8U) != 0) {
        script.limits = {
            .header_block = 200, .fields = 6, .start_line = 40, .chunk_extensions = 12, .informational = 2};
    }
    if ((letter & 16U) != 0) {
        script.methods.insert(script.methods.end(), {"GET", "HEAD", "POST"});
    }
    return script;
}

/// What holds of every trace: nothing behind an error, a body only inside a message, offsets inside the stream.
void check_trace(std::string_view trace, std::size_t stream_size);

}  // namespace ferry::fuzz
