// The receiving half of a Machine: bytes of a stream become events.
//
// Everything but bodies is read line by line. A line is cut out of the input (or, where it came in pieces, put together
// in line_), held against the limits that it could break, and only then looked at: so an error is found at the same byte
// however the stream is split. The order for each line is: its first bytes, its length, its ending, its content.
// Bodies are never copied: data events are spans of the input.
#pragma once

#include "core/http1/exchange.hpp"
#include "core/http1/fault.hpp"
#include "core/http1/field_parser.hpp"

#include <ferry/http1.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::http1 {

struct StatusLine;

class Reader {
public:
    explicit Reader(Exchange& exchange);

    [[nodiscard]] std::span<const Event> receive(ConstBuffer bytes);
    [[nodiscard]] std::span<const Event> eof();
    /// Makes ready for the next message; what is held back is read by the next receive().
    void next() noexcept;
    /// The connection is no longer HTTP: what is held back and what comes is raw.
    void switch_protocols() noexcept { phase_ = Phase::switching; }

    [[nodiscard]] ResponseHead& response_head(const Event& event) noexcept { return responses_[event.index]; }
    [[nodiscard]] RequestHead& request_head() noexcept { return request_; }
    [[nodiscard]] Headers& trailers() noexcept { return trailers_; }
    [[nodiscard]] std::optional<std::uint64_t> body_remaining() const noexcept;
    [[nodiscard]] const Error& error() const noexcept { return error_; }
    [[nodiscard]] std::uint64_t error_offset() const noexcept { return error_offset_; }
    [[nodiscard]] int error_status() const noexcept { return error_status_; }
    [[nodiscard]] std::size_t held_back() const noexcept { return held_.size() - held_begin_; }
    void hold_back(bool enabled) noexcept { holds_back_ = enabled; }

private:
    enum class Phase : std::uint8_t {
        start_line,
        fields,
        length_body,
        close_body,
        chunk_line,
        chunk_data,
        chunk_end,
        trailers,
        complete,   // The message is; what comes is held back, or a fault.
        switching,  // The connection is no longer HTTP, and the upgrade event is still to come.
        raw,        // It has come.
        dead,
    };

    void begin_batch();
    void give_back() noexcept;
    void run();
    void step();
    void emit(Event::Type type, ConstBuffer data = {}) { events_.push_back({type, 0, data}); }
    [[gnu::cold]] void fail(Fault fault, std::uint64_t offset);
    void end_of_stream();

    // Cutting lines.
    [[nodiscard]] std::size_t longest_line() const noexcept;
    [[nodiscard]] bool take_line(std::string_view& line);
    [[nodiscard]] bool refuse_line(std::string_view begin);
    [[nodiscard]] Fault start_line_fault(std::string_view begin) const;
    [[nodiscard]] Fault chunk_line_fault(std::string_view begin) const noexcept;
    [[nodiscard]] std::uint64_t offset_of(const char* at) const noexcept {
        return input_offset_ + static_cast<std::uint64_t>(at - input_);
    }

    // Heads.
    void note_begin() noexcept;
    void read_start_line();
    [[nodiscard]] bool read_usual_status_line();
    void read_status_line(std::string_view line);
    void begin_response(const StatusLine& parsed);
    void read_request_line(std::string_view line);
    void begin_fields();
    void read_fields();
    [[nodiscard]] bool read_usual_lines();
    void read_field_line();
    void end_fields();
    void end_response_head();
    void end_request_head();
    void begin_body(const Framing& framing);
    [[nodiscard]] Headers& fields() noexcept;
    [[nodiscard]] std::uint64_t line_offset(std::size_t line) noexcept;

    // Bodies.
    void read_length_body();
    void read_chunk_line();
    void read_whole_chunks();
    [[nodiscard]] bool feed_chunks(const char* until);
    [[nodiscard]] bool feed_chunked(std::string_view bytes, std::uint64_t offset);
    void read_chunk_data();
    void read_chunk_end();
    void end_body();
    void end_message();

    Exchange& exchange_;
    FieldParser parser_;
    Phase phase_ = Phase::start_line;
    bool holds_back_;              // What follows a message is kept for the next one.
    bool eof_seen_ = false;        // While something was held back.
    std::uint8_t chunk_end_ = 0;   // Bytes seen of the CRLF behind a chunk's data.
    const char* unfed_ = nullptr;  // From here on the bytes of a chunked body are still to be fed to llhttp.

    // The input of this call, and the offset of its first byte in the stream.
    const char* input_ = nullptr;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    std::uint64_t input_offset_ = 0;

    std::string line_;               // A line that came in pieces, so far.
    std::uint64_t line_offset_ = 0;  // Where the line under way begins.
    std::string held_;               // Bytes behind a complete message, from held_begin_ on.
    std::size_t held_begin_ = 0;

    // This message.
    std::uint64_t head_offset_ = 0;    // Of its start line.
    std::uint64_t fields_offset_ = 0;  // Of its first field line.
    std::uint32_t head_bytes_ = 0;     // Of the head and trailers, and of empty lines before a request.
    std::uint32_t field_lines_ = 0;    // Of the head and trailers.
    std::uint32_t extension_bytes_ = 0;
    std::uint32_t informational_ = 0;  // 1xx responses before the final one.
    std::uint64_t remaining_ = 0;      // Of a body or chunk whose length is known.

    // From this field line on, lines lie so many bytes (modulo 2^64) further on in the stream than in the list.
    struct Shift {
        std::size_t from = 0;
        std::uint64_t by = 0;
    };
    std::vector<Shift> shifts_;

    // This batch.
    std::vector<Event> events_;
    std::vector<ResponseHead> responses_;  // Of its events, and the one under way.
    std::size_t response_ = 0;             // The one under way.
    RequestHead request_;
    Headers trailers_;

    Error error_;
    std::uint64_t error_offset_ = 0;
    int error_status_ = 400;
};

}  // namespace ferry::http1
