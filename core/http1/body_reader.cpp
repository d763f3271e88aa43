// The part of Reader that reads bodies. llhttp reads the chunked coding; the codec cuts its lines, holds them against
// limits, and refuses the forms that llhttp tolerates.
#include "core/http1/chunk.hpp"
#include "core/http1/line.hpp"
#include "core/http1/reader.hpp"

#include <algorithm>

namespace ferry::http1 {

void Reader::read_length_body() {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, static_cast<std::size_t>(end_ - at_)));
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

void Reader::read_chunk_line() {
    std::string_view line;
    if (!take_line(line)) {
        return;
    }
    const ChunkLine chunk = parse_chunk_line(line);
    if (chunk.fault) {
        return fail(chunk.fault, line_offset_);
    }
    if (!parser_.feed(line) || parser_.chunk_size() != chunk.size) {
        return fail({Errc::bad_chunk, "the line of a chunk is malformed"}, line_offset_);
    }
    line_.clear();
    extension_bytes_ += static_cast<std::uint32_t>(chunk.extensions);
    remaining_ = chunk.size;
    section_lines_ = 0;
    phase_ = chunk.size > 0 ? Phase::chunk_data : Phase::trailers;
}

void Reader::read_chunk_data() {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, static_cast<std::size_t>(end_ - at_)));
    const std::string_view data(at_, size);
    emit(Event::Type::data, as_bytes(data));
    at_ += size;
    remaining_ -= size;
    if (!parser_.feed(data)) {
        return fail({Errc::bad_chunk, "the data of a chunk is malformed"}, offset_of(data.data()));
    }
    if (remaining_ == 0) {
        chunk_end_ = 0;
        phase_ = Phase::chunk_end;
    }
}

// RFC 9112 section 7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF.
void Reader::read_chunk_end() {
    constexpr std::string_view ending = "\r\n";
    const char* const begin = at_;
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
    if (!parser_.feed({begin, static_cast<std::size_t>(at_ - begin)})) {
        return fail({Errc::bad_chunk, "the end of a chunk is malformed"}, offset_of(begin));
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
