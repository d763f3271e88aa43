#include "core/http1/reader.hpp"

#include "core/http1/line.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ferry::http1 {

namespace {

ConstBuffer bytes_of(const char* begin, const char* end) noexcept {
    return as_bytes({begin, static_cast<std::size_t>(end - begin)});
}

}  // namespace

Reader::Reader(Exchange& exchange)
    : exchange_(exchange), parser_(exchange.role), holds_back_(exchange.role == Role::server) {
    events_.reserve(8);
    if (exchange.role == Role::client) {
        responses_.resize(1);
    }
}

std::span<const Event> Reader::receive(ConstBuffer bytes) {
    begin_batch();
    if (phase_ == Phase::dead || exchange_.receiving == Receiving::closed) {
        return {};
    }
    const bool from_held = held_back() > 0;
    if (from_held) {
        if (!bytes.empty()) {
            held_.erase(0, held_begin_);
            held_begin_ = 0;
            held_.append(as_text(bytes));
        }
        input_ = held_.data() + held_begin_;
        end_ = held_.data() + held_.size();
    } else {
        held_.clear();
        held_begin_ = 0;
        input_ = as_text(bytes).data();
        end_ = input_ + bytes.size();
    }
    at_ = input_;
    run();

    const auto consumed = static_cast<std::size_t>(at_ - input_);
    input_offset_ += consumed;
    if (from_held) {
        held_begin_ += consumed;
    } else if (at_ != end_) {
        held_.assign(at_, end_);
    }
    if (eof_seen_ && held_back() == 0 && phase_ != Phase::dead) {
        end_of_stream();
    }
    return events_;
}

std::span<const Event> Reader::eof() {
    begin_batch();
    if (phase_ == Phase::dead || exchange_.receiving == Receiving::closed) {
        return {};
    }
    if (held_back() > 0) {
        eof_seen_ = true;
        return {};
    }
    input_ = at_ = end_ = nullptr;
    run();
    end_of_stream();
    return events_;
}

void Reader::next() noexcept {
    phase_ = Phase::start_line;
    head_bytes_ = field_lines_ = extension_bytes_ = informational_ = 0;
}

std::optional<std::uint64_t> Reader::body_remaining() const noexcept {
    if (phase_ == Phase::length_body) {
        return remaining_;
    }
    return std::nullopt;
}

void Reader::begin_batch() {
    events_.clear();
    if (response_ > 0) {
        std::swap(responses_.front(), responses_[response_]);
        response_ = 0;
    }
}

void Reader::run() {
    while (at_ != end_ || phase_ == Phase::switching) {
        const bool idle = phase_ == Phase::start_line && exchange_.role == Role::client &&
                          exchange_.receiving == Receiving::idle && exchange_.sending == Sending::idle;
        if (phase_ == Phase::complete || idle) {
            if (holds_back_) {
                return;
            }
            // RFC 9112 section 9.3: never to be taken as the next response.
            fail({Errc::unexpected_bytes, idle ? "the server sent bytes without having been asked"
                                               : "the server sent bytes behind its response"},
                 offset_of(at_));
            return;
        }
        step();
        if (phase_ == Phase::dead) {
            return;
        }
    }
}

void Reader::step() {
    switch (phase_) {
        case Phase::start_line: return read_start_line();
        case Phase::fields:
        case Phase::trailers: return read_fields();
        case Phase::length_body: return read_length_body();
        case Phase::close_body:
        case Phase::raw:
            emit(Event::Type::data, bytes_of(at_, end_));
            at_ = end_;
            return;
        case Phase::chunk_line: return read_chunk_line();
        case Phase::chunk_data: return read_chunk_data();
        case Phase::chunk_end: return read_chunk_end();
        case Phase::switching:
            emit(Event::Type::upgrade, bytes_of(at_, end_));
            at_ = end_;
            phase_ = Phase::raw;
            return;
        case Phase::complete:
        case Phase::dead: return;
    }
}

void Reader::fail(Fault fault, std::uint64_t offset) {
    phase_ = Phase::dead;
    at_ = end_;
    line_.clear();
    exchange_.receive(Cause::fault);
    if (const auto failed = next_state(exchange_.role, exchange_.sending, Cause::fault)) {
        exchange_.sending = *failed;
    }
    exchange_.persistence.add(fault.code == Errc::unexpected_bytes ? CloseReason::unexpected_bytes
                                                                   : CloseReason::failed);
    error_ = {};
    error_.code = fault.code;
    error_.message = fault.why;
    error_offset_ = offset;
    error_status_ = status_for(fault);
    emit(Event::Type::error);
}

void Reader::end_of_stream() {
    // In a line, the line is at fault; in a body, the byte that did not come.
    const std::uint64_t offset = line_.empty() ? input_offset_ : line_offset_;
    switch (phase_) {
        case Phase::start_line:
            if (exchange_.receiving == Receiving::idle) {
                if (exchange_.role == Role::client && exchange_.sending != Sending::idle) {
                    fail({Errc::server_disconnected, "the server ended the connection without sending a response"},
                         offset);
                    return;
                }
                break;
            }
            [[fallthrough]];
        case Phase::fields:
            fail({Errc::truncated_head, "the connection ended inside a message's head"}, offset);
            return;
        case Phase::length_body:
        case Phase::chunk_line:
        case Phase::chunk_data:
        case Phase::chunk_end:
        case Phase::trailers:
            // RFC 9112 section 8: such a message is incomplete.
            fail({Errc::truncated_body, "the connection ended inside a message's body"}, offset);
            return;
        case Phase::close_body: return end_body();
        case Phase::complete: exchange_.persistence.add(CloseReason::peer_closed); break;
        case Phase::switching:
        case Phase::raw: break;
        case Phase::dead: return;
    }
    exchange_.receive(Cause::eof);
    emit(Event::Type::closed);
}

// ── Lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────

// The next line, if it is complete and not too long; it may lie in line_, which the caller clears.
bool Reader::take_line(std::string_view& line) {
    const auto* const feed = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
    const char* const stop = feed != nullptr ? feed + 1 : end_;
    const std::string_view piece(at_, static_cast<std::size_t>(stop - at_));
    if (line_.empty()) {
        line_offset_ = offset_of(at_);
        line = piece;
    }
    if (feed == nullptr || !line_.empty()) {
        line_.append(piece);
        line = line_;
    }
    at_ = stop;
    return !refuse_line(line) && feed != nullptr;
}

// Judges what is there of a line by its first bytes and its length: the same for a line that is whole and one that is
// not yet, so that a limit is hit at the same byte for every split.
bool Reader::refuse_line(std::string_view begin) {
    Fault fault;
    switch (phase_) {
        case Phase::start_line: fault = start_line_fault(begin); break;
        case Phase::chunk_line: fault = chunk_line_fault(begin); break;
        default:
            if (begin.size() > exchange_.limits.header_block - head_bytes_) {
                fault = {Errc::header_block_too_large, "the header block is larger than its limit"};
            }
    }
    if (fault) {
        fail(fault, line_offset_);
    }
    return static_cast<bool>(fault);
}

Fault Reader::start_line_fault(std::string_view begin) {
    const bool client = exchange_.role == Role::client;
    if (const Fault fault = client ? status_prefix_fault(begin) : request_prefix_fault(begin)) {
        return fault;
    }
    const Limits& limits = exchange_.limits;
    const std::size_t line = overrun(begin, limits.start_line);
    const std::size_t room = limits.header_block - head_bytes_;
    if (line != std::string_view::npos && line <= room + 1) {
        // RFC 9112 section 3: 501 for a method longer than any, 414 for a target longer than any.
        const bool has_target = begin.substr(0, limits.start_line).find(' ') != std::string_view::npos;
        return {Errc::start_line_too_long, "the start line is longer than its limit", has_target ? 414 : 501};
    }
    if (begin.size() > room) {
        return {Errc::header_block_too_large, "the header block is larger than its limit"};
    }
    return {};
}

// ── Heads ────────────────────────────────────────────────────────────────────────────────────────────────────────────

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
    line_starts_.clear();
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
    return head_offset_ + (line < line_starts_.size() ? line_starts_[line] : 0);
}

// Holds a whole field line against what can be said without reading it, and counts it.
Fault Reader::count_field_line(std::string_view line) {
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
    if (line.size() < 2 || line[line.size() - 2] != '\r' || line.front() == ' ' || line.front() == '\t') {
        return parse_field_line(line, section_lines_ == 0).fault;
    }
    ++field_lines_;
    ++section_lines_;
    return {};
}

// As many whole lines as there are go to llhttp in one piece.
void Reader::read_fields() {
    const bool pieced = !line_.empty();
    const char* const begin = at_;
    std::string_view lines;
    std::uint64_t offset = 0;
    Fault fault;
    bool ended = false;
    const bool head = phase_ == Phase::fields;
    if (pieced) {
        if (!take_line(lines)) {
            return;
        }
        offset = line_offset_;
        if (head) {
            line_starts_.push_back(static_cast<std::uint32_t>(offset - head_offset_));
        }
        fault = count_field_line(lines);
        ended = lines == "\r\n";
        if (fault) {
            lines = {};
        }
    } else {
        offset = offset_of(begin);
        while (!ended) {
            const auto* const feed =
                static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
            if (feed == nullptr) {
                break;
            }
            const std::string_view line(at_, static_cast<std::size_t>(feed + 1 - at_));
            line_offset_ = offset_of(at_);
            if (head) {
                line_starts_.push_back(static_cast<std::uint32_t>(line_offset_ - head_offset_));
            }
            fault = count_field_line(line);
            if (fault) {
                break;
            }
            ended = line.size() == 2;
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

bool Reader::read_run(std::string_view lines, std::uint64_t offset) {
    if (!slow_) {
        if (parser_.feed_lines(lines) && store_views()) {
            return true;
        }
        slow_ = true;
    }
    return read_run_slowly(lines, offset);
}

// False if a field cannot be stored; nothing is, then.
bool Reader::store_views() {
    std::size_t bytes = 0;
    for (const FieldParser::View& view : parser_.views()) {
        if (view.name_size > longest_field_name) {
            return false;
        }
        bytes += view.name_size + view.value_size;
    }
    Headers& list = fields();
    list.reserve(parser_.views().size(), bytes);
    for (const FieldParser::View& view : parser_.views()) {
        std::uint32_t size = view.value_size;
        while (size > 0 && (view.value[size - 1] == ' ' || view.value[size - 1] == '\t')) {
            --size;
        }
        list.add({view.name, view.name_size}, {view.value, size});
    }
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
        return fail(fault, line_offset(line < headers.size() ? line : line_starts_.size()));
    }
    const Framing framing = request_framing(request_.method, request_.version, headers);
    if (framing.fault) {
        return fail(framing.fault, line_offset(framing.line));
    }
    note_persistence(exchange_.persistence, request_.version, headers, CloseReason::peer_sent_connection_close);
    exchange_.request = traits_of(request_.method);
    exchange_.request_version = request_.version;
    exchange_.keep_alive_asked =
        request_.version < Version{1, 1} && !exchange_.persistence.has(CloseReason::http_1_0);
    exchange_.upgrade_asked = asks_for_upgrade(request_.version, headers);
    exchange_.continue_asked =
        framing.delimiter != Delimiter::none && asks_for_continue(request_.version, headers);
    begin_body(framing);
}

void Reader::begin_body(const Framing& framing) {
    emit(Event::Type::head);
    events_.back().index = static_cast<std::uint32_t>(response_);
    switch (framing.delimiter) {
        case Delimiter::none:
            exchange_.receive(Cause::head_alone);
            return end_message();
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
