// The part of Reader that reads heads and trailers.
#include "core/http1/line.hpp"
#include "core/http1/reader.hpp"

#include <algorithm>
#include <cstring>

namespace ferry::http1 {

namespace {

// llhttp reads out of these two how the message is framed, in its own way; that is decided in framing.cpp.
bool has_forced_value(std::string_view name) noexcept {
    const KnownField field = known_field(name);
    return field == KnownField::content_length || field == KnownField::transfer_encoding;
}

}  // namespace

void Reader::note_begin() noexcept {
    if (exchange_.receiving == Receiving::idle) {
        exchange_.receive(Cause::first_byte);
    }
}

void Reader::read_start_line() {
    const bool client = exchange_.role == Role::client;
    if (client && line_.empty() && read_usual_status_line()) {
        return;
    }
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
    begin_fields();
}

void Reader::begin_fields() {
    fields_offset_ = offset_of(at_);
    shifts_.clear();
    phase_ = Phase::fields;
}

// That of a final response, complete, within limits, and like nearly all. False if this is another; nothing is read then.
bool Reader::read_usual_status_line() {
    const Limits& limits = exchange_.limits;
    const std::size_t longest = std::min<std::size_t>(limits.start_line, limits.header_block);
    const auto most = std::min(static_cast<std::size_t>(end_ - at_), longest);
    const auto* const feed = static_cast<const char*>(std::memchr(at_, '\n', most));
    StatusLine parsed;
    if (feed == nullptr || !parse_usual_status_line({at_, static_cast<std::size_t>(feed + 1 - at_)}, parsed) ||
        parsed.status < 200) {
        return false;
    }
    note_begin();
    head_offset_ = offset_of(at_);
    head_bytes_ = static_cast<std::uint32_t>(feed + 1 - at_);
    at_ = feed + 1;
    begin_response(parsed);
    begin_fields();
    return true;
}

void Reader::read_status_line(std::string_view line) {
    const StatusLine parsed = parse_status_line(line);
    Fault fault = parsed.fault;
    if (!fault && parsed.status == 101) {
        // RFC 9110 section 7.8: only if the request had an Upgrade, and behind the whole request; and Upgrade is HTTP/1.1's.
        // That the protocol is one of those asked for is left to the user, who knows how their names are compared.
        if (!exchange_.upgrade_asked || exchange_.sending != Sending::done) {
            fault = {Errc::unexpected_upgrade, "the server switches protocols without having been asked"};
        } else if (parsed.version < Version{1, 1}) {
            fault = {Errc::unexpected_upgrade, "the server switches protocols in HTTP/1.0, which cannot"};
        }
    }
    if (!fault && parsed.status < 200 && parsed.status != 101 && informational_ == exchange_.limits.informational) {
        fault = {Errc::too_many_informational, "there are more 1xx responses than the limit"};
    }
    if (fault) {
        return fail(fault, line_offset_);
    }
    begin_response(parsed);
}

void Reader::begin_response(const StatusLine& parsed) {
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

// Of a field line of the head; size() stands for the start line.
std::uint64_t Reader::line_offset(std::size_t line) noexcept {
    const Headers& list = fields();
    if (line == list.size()) {
        return head_offset_;
    }
    std::uint64_t offset = fields_offset_ + static_cast<std::size_t>(list[line].name.data() - list.wire().data());
    for (const Shift& shift : shifts_) {
        offset += shift.from <= line ? shift.by : 0;
    }
    return offset;
}

// Lines that are like nearly all are recognised and stored together, another is read by itself.
void Reader::read_fields() {
    if (line_.empty() && read_usual_lines()) {
        return;
    }
    if (at_ != end_) {
        read_field_line();
    }
}

// True if what follows them is to be looked at anew.
bool Reader::read_usual_lines() {
    const std::size_t size =
        std::min<std::size_t>(static_cast<std::size_t>(end_ - at_), exchange_.limits.header_block - head_bytes_);
    const std::string_view bytes(at_, size);
    parser_.note_lines(bytes, exchange_.limits.fields - field_lines_);
    const auto lines = parser_.lines();
    const auto read = static_cast<std::size_t>(parser_.lines_end() - at_);
    if (read > 0) {
        fields().add_wire({at_, read}, lines);
    }
    field_lines_ += static_cast<std::uint32_t>(lines.size());
    head_bytes_ += static_cast<std::uint32_t>(read);
    at_ += read;
    constexpr std::string_view empty_line = "\r\n";
    if (!bytes.substr(read).starts_with(empty_line)) {
        return lines.size() == FieldParser::most_lines;
    }
    at_ += empty_line.size();
    head_bytes_ += static_cast<std::uint32_t>(empty_line.size());
    end_fields();
    return true;
}

void Reader::read_field_line() {
    std::string_view line;
    if (!take_line(line)) {
        return;
    }
    head_bytes_ += static_cast<std::uint32_t>(line.size());
    if (line == "\r\n") {
        line_.clear();
        return end_fields();
    }
    Headers& list = fields();
    FieldLine field = field_lines_ == exchange_.limits.fields
                          ? FieldLine{{}, {}, {Errc::too_many_fields, "there are more field lines than the limit"}}
                          : parse_field_line(line, list.empty());
    if (!field.fault && !parser_.accepts(line) && !has_forced_value(field.name)) {
        // It never disagrees about other lines; if it did, no one should have to guess who is right.
        field.fault = {Errc::bad_header_value, "a field line is malformed"};
    }
    if (field.fault) {
        return fail(field.fault, line_offset_);
    }
    ++field_lines_;
    const std::size_t stored = list.wire().size();
    list.add(field.name, field.value);
    if (const std::size_t added = list.wire().size() - stored; added != line.size()) {
        shifts_.push_back({list.size(), line.size() - added});
    }
    line_.clear();
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
        return fail(fault, line_offset(line));
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
