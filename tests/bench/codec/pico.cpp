#include "tests/bench/codec/pico.hpp"

#include <strings.h>

#include <charconv>

namespace bench {

namespace {

bool is(const phr_header& header, std::string_view name) {
    return header.name_len == name.size() && ::strncasecmp(header.name, name.data(), name.size()) == 0;
}

}  // namespace

std::size_t Pico::read(std::string_view message) {
    int minor = 0;
    int status = 0;
    const char* reason = nullptr;
    std::size_t reason_size = 0;
    std::size_t count = headers_.size();
    const int head = ::phr_parse_response(message.data(), message.size(), &minor, &status, &reason, &reason_size,
                                          headers_.data(), &count, 0);
    if (head < 0) {
        return 0;
    }
    const std::string_view rest = message.substr(static_cast<std::size_t>(head));
    std::size_t length = 0;
    bool chunked = false;
    for (std::size_t i = 0; i < count; ++i) {
        const phr_header& header = headers_[i];
        if (is(header, "content-length")) {
            std::from_chars(header.value, header.value + header.value_len, length);
        } else if (is(header, "transfer-encoding")) {
            chunked = std::string_view(header.value, header.value_len) == "chunked";
        }
    }
    if (chunked) {
        body_.assign(rest);
        length = body_.size();
        phr_chunked_decoder decoder{};
        decoder.consume_trailer = 1;
        if (::phr_decode_chunked(&decoder, body_.data(), &length) != 0) {
            return 0;
        }
    } else if (length != rest.size()) {
        return 0;
    }
    return count + reason_size + length;
}

}  // namespace bench
