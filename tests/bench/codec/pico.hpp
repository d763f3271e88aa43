// picohttpparser as a peer of the codec's benchmark. No package has it alone: H2O's library exports it, without a header.
#pragma once

#include <sys/types.h>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

extern "C" {

struct phr_header {
    const char* name;
    std::size_t name_len;
    const char* value;
    std::size_t value_len;
};

struct phr_chunked_decoder {
    std::size_t bytes_left_in_chunk;
    char consume_trailer;
    char hex_count;
    char state;
};

int phr_parse_response(const char* buf, std::size_t len, int* minor_version, int* status, const char** msg,
                       std::size_t* msg_len, phr_header* headers, std::size_t* num_headers, std::size_t last_len);
ssize_t phr_decode_chunked(phr_chunked_decoder* decoder, char* buf, std::size_t* bufsz);

}  // extern "C"

namespace bench {

/// Reads responses into an array of its headers. The framing is left to its users: the fields for it are looked up here.
/// Its chunked decoder works in place, so such a message is copied first, as a read from a socket would do.
class Pico {
public:
    /// Reads one whole message; how much was stored, 0 if it was refused.
    [[nodiscard]] std::size_t read(std::string_view message);

private:
    std::array<phr_header, 100> headers_{};
    std::string body_{};
};

}  // namespace bench
