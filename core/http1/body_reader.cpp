// The part of Reader that reads bodies. llhttp reads the chunked coding; the codec cuts its lines, holds them against
// limits, and refuses the forms that llhttp tolerates.
#include "core/http1/chunk.hpp"
#include "core/http1/line.hpp"
#include "core/http1/reader.hpp"
#include "core/message/ascii.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ferry::http1 {

void Reader::read_length_body() {
    exchange_.continue_asked = false;  // RFC 9110 section 10.1.1: they wait no longer.
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, static_cast<std::size_t>(end_ - at_)));
    emit(Event::Type::data, as_bytes({at_, size}));
    at_ += size;
    remaining_ -= size;
    if (remaining_ == 0) {
        end_body();
    }
}

Fault Reader::chunk_line_fault(std::string_view begin) const noexcept {
    const std::size_t digits = leading_hex(begin);
    if (digits > chunk_size_digits) {
        return {Errc::bad_chunk, "the size of a chunk has too many digits"};
    }
    const std::string_view rest = begin.substr(digits);
    if (rest.empty()) {
        return {};
    }
    if (rest.front() != ';' && rest.front() != '\r' && rest.front() != '\n') {
        return {Errc::bad_chunk, "the size of a chunk is not a hexadecimal number"};
    }
    const std::size_t limit = exchange_.limits.chunk_extensions - extension_bytes_;
    if (overrun(rest, limit) != std::string_view::npos) {
        return {Errc::chunk_extensions_too_large, "there are more bytes of chunk extensions than the limit"};
    }
    return {};
}

// llhttp is fed once for all the chunks of an input, up to the last line that has been judged. It never disagrees with
// parse_chunk_line(), which is stricter; if it did, that would be an error.
bool Reader::feed_chunks(const char* until) {
    if (unfed_ == nullptr) {
        return true;
    }
    const char* const begin = std::exchange(unfed_, nullptr);
    return feed_chunked({begin, static_cast<std::size_t>(until - begin)}, offset_of(begin));
}

bool Reader::feed_chunked(std::string_view bytes, std::uint64_t offset) {
    if (parser_.feed(bytes)) {
        return true;
    }
    fail({Errc::bad_chunk, "the chunked coding is malformed"}, offset);
    return false;
}

// The usual chunks, without extensions and wholly in the input, in one step each.
void Reader::read_whole_chunks() {
    constexpr std::ptrdiff_t most_digits = 15;  // So that the size fits.
    const char* at = at_;
    for (;;) {
        const char* const last = at + std::min(end_ - at, most_digits);
        const char* digit = at;
        std::uint64_t size = 0;
        for (int value = 0; digit != last && (value = detail::hex_value(*digit)) >= 0; ++digit) {
            size = size << 4 | static_cast<std::uint64_t>(value);
        }
        // With the size's CRLF and the data's.
        if (size == 0 || end_ - digit < 4 || static_cast<std::uint64_t>(end_ - digit - 4) < size ||
            std::memcmp(digit, "\r\n", 2) != 0) {
            break;
        }
        const char* const data = digit + 2;
        if (std::memcmp(data + size, "\r\n", 2) != 0) {
            break;
        }
        emit(Event::Type::data, as_bytes({data, static_cast<std::size_t>(size)}));
        at = data + size + 2;
    }
    at_ = at;
}

void Reader::read_chunk_line() {
    exchange_.continue_asked = false;  // RFC 9110 section 10.1.1: they wait no longer.
    const bool pieced = !line_.empty();
    if (unfed_ == nullptr && !pieced) {
        unfed_ = at_;
    }
    if (!pieced) {
        read_whole_chunks();
        if (at_ == end_) {
            return;
        }
    }
    const char* const begin = at_;
    std::string_view line;
    if (!take_line(line)) {
        if (phase_ != Phase::dead) {
            (void)feed_chunks(begin);
        }
        return;
    }
    const ChunkLine chunk = parse_chunk_line(line);
    if (chunk.fault) {
        return fail(chunk.fault, line_offset_);
    }
    if (pieced && !feed_chunked(line, line_offset_)) {
        return;
    }
    line_.clear();
    extension_bytes_ += static_cast<std::uint32_t>(chunk.extensions);
    remaining_ = chunk.size;
    if (chunk.size > 0) {
        phase_ = Phase::chunk_data;
    } else if (feed_chunks(at_)) {
        phase_ = Phase::trailers;
    }
}

void Reader::read_chunk_data() {
    if (unfed_ == nullptr) {
        unfed_ = at_;
    }
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, static_cast<std::size_t>(end_ - at_)));
    emit(Event::Type::data, as_bytes({at_, size}));
    at_ += size;
    remaining_ -= size;
    if (remaining_ == 0) {
        chunk_end_ = 0;
        phase_ = Phase::chunk_end;
    }
}

// RFC 9112 section 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF.
void Reader::read_chunk_end() {
    constexpr std::string_view ending = "\r\n";
    if (unfed_ == nullptr) {
        unfed_ = at_;
    }
    while (at_ != end_ && chunk_end_ < ending.size()) {
        if (*at_ != ending[chunk_end_]) {
            const bool line_end = chunk_end_ > 0 || *at_ == '\n';
            return fail(line_end ? Fault{Errc::bad_line_ending, "the data of a chunk does not end with CRLF"}
                                 : Fault{Errc::bad_chunk, "the data of a chunk is longer than its size"},
                        offset_of(at_));
        }
        ++at_;
        ++chunk_end_;
    }
    if (chunk_end_ == ending.size()) {
        phase_ = Phase::chunk_line;
    }
}

void Reader::end_body() {
    exchange_.receive(Cause::end);
    end_message();
}

void Reader::end_message() {
    phase_ = Phase::complete;
    emit(Event::Type::end);
}

}  // namespace ferry::http1
