// The part of Reader that reads heads and trailers.
#include "core/http1/line.hpp"
#include "core/http1/reader.hpp"

#include <algorithm>
#include <cstring>

namespace ferry::http1 {

namespace {

// Longer names are read one by one.
constexpr std::size_t longest_usual_name = 256;

// At most so many lines are taken at once.
constexpr std::uint32_t usual_lines = 32;

}  // namespace

void Reader::read_start_line() {
    const bool client = exchange_.role == Role::client;
    const auto note_begin = [this] {
        if (exchange_.receiving == Receiving::idle) {
            exchange_.receive(Cause::first_byte);
        }
    };
    if (client || (line_.empty() && *at_ != '\r' && *at_ != '\n')) {
        note_begin();
    }
    std::string_view line;
    if (!take_line(line)) {
        return;
    }
    head_bytes_ += static_cast<std::uint32_t>(line.size());
    if (!client && line == "\r\n") {
        // RFC 9112 section 2.2: "SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
        line_.clear();
        return;
    }
    note_begin();
    head_offset_ = line_offset_;
    if (client) {
        read_status_line(line);
    } else {
        read_request_line(line);
    }
    if (phase_ == Phase::dead) {
        return;
    }
    line_.clear();
    line_count_ = 0;
    section_lines_ = 0;
    slow_ = false;
    parser_.begin_head();
    phase_ = Phase::fields;
}

void Reader::read_status_line(std::string_view line) {
    const StatusLine parsed = parse_status_line(line);
    Fault fault = parsed.fault;
    if (!fault && parsed.status == 101 && (!exchange_.upgrade_asked || exchange_.sending != Sending::done)) {
        // RFC 9110 section 7.8: only to a protocol of the request's Upgrade, and behind the whole request.
        fault = {Errc::unexpected_upgrade, "the server switches protocols without having been asked"};
    }
    if (!fault && parsed.status < 200 && parsed.status != 101 && informational_ == exchange_.limits.informational) {
        fault = {Errc::too_many_informational, "there are more 1xx responses than the limit"};
    }
    if (fault) {
        return fail(fault, line_offset_);
    }
    ResponseHead& head = responses_[response_];
    head.status = parsed.status;
    head.version = parsed.version;
    head.reason.assign(parsed.reason);
    head.headers.clear();
}

void Reader::read_request_line(std::string_view line) {
    const RequestLine parsed = parse_request_line(line);
    if (parsed.fault) {
        return fail(parsed.fault, line_offset_);
    }
    request_.method.assign(parsed.method);
    request_.target.assign(parsed.target);
    request_.version = parsed.version;
    request_.headers.clear();
}

Headers& Reader::fields() noexcept {
    if (phase_ == Phase::trailers) {
        return trailers_;
    }
    return exchange_.role == Role::client ? responses_[response_].headers : request_.headers;
}

std::uint64_t Reader::line_offset(std::size_t line) const noexcept {
    return head_offset_ + (line < line_count_ ? line_starts_[line] : 0);
}

// As many whole lines as there are go to llhttp in one piece.
void Reader::read_fields() {
    const bool pieced = !line_.empty();
    const char* const begin = at_;
    std::string_view lines;
    std::uint64_t offset = 0;
    Fault fault;
    bool ended = false;
    wire_count_ = 0;
    wire_form_ = true;
    if (pieced) {
        if (!take_line(lines)) {
            return;
        }
        offset = line_offset_;
        wire_form_ = false;
        fault = take_field_line(lines);
        ended = lines == "\r\n";
        if (fault) {
            lines = {};
        }
    } else {
        offset = offset_of(begin);
        while (!ended) {
            while (take_usual_lines()) {
            }
            const auto* const feed =
                static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
            if (feed == nullptr) {
                break;
            }
            line_offset_ = offset_of(at_);
            fault = take_field_line({at_, static_cast<std::size_t>(feed + 1 - at_)});
            if (fault) {
                break;
            }
            ended = feed - at_ == 1;
            at_ = feed + 1;
        }
        lines = {begin, static_cast<std::size_t>(at_ - begin)};
    }
    if (!lines.empty() && !read_run(lines, offset)) {
        return;
    }
    if (fault) {
        return fail(fault, line_offset_);
    }
    line_.clear();
    if (ended) {
        return end_fields();
    }
    if (!pieced && at_ != end_) {
        std::string_view rest;
        (void)take_line(rest);
    }
}

// Takes lines that are like nearly all: complete, within limits, "Name: value" with one space and no more white space
// around the value. Those are stored as they are. Everything else is for take_field_line(). True if there may be more.
bool Reader::take_usual_lines() {
    if (!wire_form_) {
        return false;
    }
    line_starts_.resize(std::max(line_starts_.size(), line_count_ + usual_lines));
    wire_lines_.resize(std::max(wire_lines_.size(), wire_count_ + usual_lines));
    // In trailers, which are judged line by line, the starts of lines mean nothing.
    std::uint32_t* const starts = line_starts_.data() + line_count_;
    Headers::Line* const lines = wire_lines_.data() + wire_count_;
    const auto first = static_cast<std::uint32_t>(offset_of(at_) - head_offset_);
    const std::uint32_t most = std::min(usual_lines, exchange_.limits.fields - field_lines_);
    const auto is_white = [](char c) { return c == ' ' || c == '\t'; };
    const char* const begin = at_;
    const char* const end = begin + std::min<std::ptrdiff_t>(end_ - begin, exchange_.limits.header_block - head_bytes_);
    const char* at = begin;
    std::uint32_t count = 0;
    for (; count < most; ++count) {
        const auto left = static_cast<std::size_t>(end - at);
        const auto* const colon = static_cast<const char*>(std::memchr(at, ':', std::min(left, longest_usual_name)));
        if (colon == nullptr) {
            break;
        }
        const auto* const feed =
            static_cast<const char*>(std::memchr(colon, '\n', static_cast<std::size_t>(end - colon)));
        if (feed == nullptr || feed - colon < 4 || colon[1] != ' ' || feed[-1] != '\r' || is_white(colon[2]) ||
            is_white(feed[-2]) || *at <= ' ') {
            break;
        }
        starts[count] = first + static_cast<std::uint32_t>(at - begin);
        lines[count] = {static_cast<std::uint32_t>(colon - at), static_cast<std::uint32_t>(feed - colon - 3)};
        at = feed + 1;
    }
    line_count_ += count;
    wire_count_ += count;
    field_lines_ += count;
    section_lines_ += count;
    head_bytes_ += static_cast<std::uint32_t>(at - begin);
    at_ = at;
    return count == usual_lines;
}

// Judges a whole line by what can be said without reading it, and counts it.
Fault Reader::take_field_line(std::string_view line) {
    if (line.size() > exchange_.limits.header_block - head_bytes_) {
        return {Errc::header_block_too_large, "the header block is larger than its limit"};
    }
    head_bytes_ += static_cast<std::uint32_t>(line.size());
    if (line == "\r\n") {
        return {};
    }
    if (field_lines_ == exchange_.limits.fields) {
        return {Errc::too_many_fields, "there are more field lines than the limit"};
    }
    wire_form_ = false;
    if (line_count_ == line_starts_.size()) {
        line_starts_.resize(line_count_ + 32);
    }
    line_starts_[line_count_++] = static_cast<std::uint32_t>(line_offset_ - head_offset_);
    ++field_lines_;
    ++section_lines_;
    if (line.size() < 2 || line[line.size() - 2] != '\r' || line.front() == ' ' || line.front() == '\t') {
        return parse_field_line(line, section_lines_ == 1).fault;
    }
    return {};
}

// llhttp judges the lines. Those in wire form are then stored in one piece; others, and those that it refuses, are read
// one by one.
bool Reader::read_run(std::string_view lines, std::uint64_t offset) {
    slow_ = slow_ || !parser_.feed(lines);
    if (slow_ || !wire_form_) {
        return read_run_slowly(lines, offset);
    }
    std::size_t size = lines.size();
    if (lines.ends_with("\n\r\n") || size == 2) {
        size -= 2;
    }
    fields().add_wire(lines.substr(0, size), std::span(wire_lines_).first(wire_count_));
    return true;
}

bool Reader::read_run_slowly(std::string_view lines, std::uint64_t offset) {
    Headers& list = fields();
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n') + 1);
        if (line != "\r\n") {
            const FieldLine parsed = parse_field_line(line, list.empty());
            if (parsed.fault) {
                fail(parsed.fault, offset);
                return false;
            }
            list.add(parsed.name, parsed.value);
        }
        offset += line.size();
        lines.remove_prefix(line.size());
    }
    return true;
}

void Reader::end_fields() {
    if (phase_ == Phase::trailers) {
        if (!trailers_.empty()) {
            emit(Event::Type::trailers);
        }
        return end_body();
    }
    if (exchange_.role == Role::client) {
        end_response_head();
    } else {
        end_request_head();
    }
}

void Reader::end_response_head() {
    const ResponseHead& head = responses_[response_];
    const Framing framing = response_framing(head.status, head.headers, exchange_.request);
    if (framing.fault) {
        return fail(framing.fault, line_offset(framing.line));
    }
    if (head.status < 200 && head.status != 101) {
        // RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses".
        emit(Event::Type::informational);
        events_.back().index = static_cast<std::uint32_t>(response_);
        exchange_.receive(Cause::informational);
        ++informational_;
        ++response_;
        if (response_ == responses_.size()) {
            responses_.emplace_back();
        }
        head_bytes_ = field_lines_ = 0;
        phase_ = Phase::start_line;
        return;
    }
    note_persistence(exchange_.persistence, head.version, head.headers, CloseReason::peer_sent_connection_close);
    if (head.version < Version{1, 1} && head.headers.count(KnownField::transfer_encoding) > 0) {
        // RFC 9112 section 6.1: "MUST treat the message as if the framing is faulty … and close the connection".
        exchange_.persistence.add(CloseReason::http_1_0);
    }
    begin_body(framing);
}

void Reader::end_request_head() {
    const Headers& headers = request_.headers;
    std::size_t line = 0;
    if (const Fault fault = host_fault(request_.version, headers, line)) {
        return fail(fault, line_offset(line < headers.size() ? line : line_count_));
    }
    const Framing framing = request_framing(request_.method, request_.version, headers);
    if (framing.fault) {
        return fail(framing.fault, line_offset(framing.line));
    }
    note_persistence(exchange_.persistence, request_.version, headers, CloseReason::peer_sent_connection_close);
    exchange_.request = traits_of(request_.method);
    exchange_.request_version = request_.version;
    exchange_.keep_alive_asked = request_.version < Version{1, 1} && !exchange_.persistence.has(CloseReason::http_1_0);
    exchange_.upgrade_asked = asks_for_upgrade(request_.version, headers);
    exchange_.continue_asked = framing.delimiter != Delimiter::none && asks_for_continue(request_.version, headers);
    begin_body(framing);
}

void Reader::begin_body(const Framing& framing) {
    emit(Event::Type::head);
    events_.back().index = static_cast<std::uint32_t>(response_);
    switch (framing.delimiter) {
        case Delimiter::none: exchange_.receive(Cause::head_alone); return end_message();
        case Delimiter::switched:
            exchange_.receive(Cause::switch_protocols);
            exchange_.send(Cause::switch_protocols);
            exchange_.persistence.add(CloseReason::switched);
            return switch_protocols();
        case Delimiter::length:
            remaining_ = framing.length;
            phase_ = Phase::length_body;
            break;
        case Delimiter::chunked:
            parser_.begin_chunked();
            trailers_.clear();
            slow_ = false;
            extension_bytes_ = 0;
            phase_ = Phase::chunk_line;
            break;
        case Delimiter::close:
            exchange_.persistence.add(CloseReason::ended_by_close);
            phase_ = Phase::close_body;
            break;
    }
    exchange_.receive(Cause::head_with_body);
}

}  // namespace ferry::http1
