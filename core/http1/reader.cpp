#include "core/http1/reader.hpp"

#include "core/http1/chunk.hpp"
#include "core/http1/line.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ferry::http1 {

namespace {

// Kept from batch to batch, so that a connection takes no memory once warm: a read of 1 MiB in chunks of 8 KiB gives 130
// events, and few servers send more than one hint.
constexpr std::size_t usual_events = 256;
constexpr std::size_t usual_responses = 4;
constexpr std::size_t usual_bytes = 4096;

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
            // Not for each message: as many bytes have been read as are moved.
            if (held_begin_ > held_.size() / 2) {
                held_.erase(0, held_begin_);
                held_begin_ = 0;
            }
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
    give_back();
}

// What a burst has taken beyond what is usual.
void Reader::give_back() noexcept {
    if (events_.capacity() > usual_events) {
        std::vector<Event>().swap(events_);
    }
    if (responses_.size() > usual_responses) {
        responses_.resize(usual_responses);
    }
    if (line_.capacity() > usual_bytes && line_.empty()) {
        std::string().swap(line_);
    }
    if (held_.capacity() > usual_bytes && held_back() == 0) {
        std::string().swap(held_);
        held_begin_ = 0;
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
    (void)feed_chunks(at_);
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
    unfed_ = nullptr;
    line_.clear();
    exchange_.receive(Cause::fault);
    if (next_state(exchange_.role, exchange_.sending, Cause::fault)) {
        exchange_.send(Cause::fault);
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
            // RFC 9112 section 2.2: half an empty line before a request is as good as none.
            if (exchange_.receiving == Receiving::idle && (line_.empty() || line_ == "\r")) {
                if (exchange_.role == Role::client && exchange_.sending != Sending::idle) {
                    // RFC 9112 section 8: a response that has not even begun is incomplete too.
                    fail({Errc::server_disconnected, "the server ended the connection without sending a response"},
                         offset);
                    return;
                }
                break;
            }
            [[fallthrough]];
        case Phase::fields:
            // RFC 9112 section 8: before the empty line, a head's "full meaning" has not been conveyed.
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

// So many bytes of a line without its end show that it is too long; more are not kept.
std::size_t Reader::longest_line() const noexcept {
    constexpr std::size_t ending = 2;
    const Limits& limits = exchange_.limits;
    if (phase_ == Phase::chunk_line) {
        return chunk_size_digits + (limits.chunk_extensions - extension_bytes_) + ending;
    }
    const std::size_t beyond_block = limits.header_block - head_bytes_ + std::size_t{1};
    return phase_ == Phase::start_line ? std::min(limits.start_line + ending, beyond_block) : beyond_block;
}

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
        line_.append(piece.substr(0, longest_line() - line_.size()));
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

Fault Reader::start_line_fault(std::string_view begin) const {
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

}  // namespace ferry::http1
