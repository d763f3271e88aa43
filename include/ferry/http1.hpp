// The HTTP/1.1 codec (RFC 9112): a pure machine for one connection, in either role.
//
// Bytes go in, events come out; messages go in, bytes come out. No I/O, no clock, no exceptions thrown, and no memory
// taken on the hot path beyond the field list of a head. One Machine serves one connection, message after message:
//
//     Machine m(Role::client);
//     write(m.send_request("GET", "/", {{"host", "example.com"}}).value());
//     for (const Event& e : m.receive(bytes)) …            // until Event::Type::end
//     if (m.persistence().keep_alive()) m.next();           // ready for the next request
//
// After an error event the machine is dead: the rest of the stream has no meaning.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/headers.hpp>
#include <ferry/message.hpp>
#include <ferry/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::http1 {

/// Which side of the connection this machine is.
enum class Role : std::uint8_t {
    client,  ///< Writes requests, reads responses.
    server,  ///< Reads requests, writes responses.
};

/// Bounds on what a peer may send. Each is a rule of its own with an error code of its own. Two have a least value, below
/// which they would refuse every message: a smaller `start_line` counts as 16, a smaller `header_block` as 20.
struct Limits {
    /// Bytes of a head, start line included, and of trailers: what a peer may make us keep. httpcore's value.
    std::uint32_t header_block = 100 * 1024;
    /// Field lines of a message, trailers included: what each look at the fields may cost. aiohttp's value.
    std::uint32_t fields = 128;
    /// Bytes of the start line without its CRLF: twice what nginx and Apache take, and longer targets are accidents or
    /// attacks. 64 KiB + 32 lets a target of 64 KiB through.
    std::uint32_t start_line = 16 * 1024;
    /// Bytes of chunk extensions in a message: nobody uses them, and a peer could send them for ever. Node's value.
    std::uint32_t chunk_extensions = 16 * 1024;
    /// 1xx responses before the final one: a server may send hints, but not for ever in place of an answer.
    std::uint32_t informational = 100;
};

/// What our side of the connection is doing.
enum class Sending : std::uint8_t {
    idle,      ///< Nothing sent of this exchange yet; in the server role 1xx may have been.
    body,      ///< The head is sent, the body is not.
    done,      ///< Our message is complete.
    switched,  ///< The connection is no longer HTTP: upgraded, or a tunnel.
    failed,    ///< Client role: the peer broke the protocol, so nothing more can be sent.
};

/// What the peer's side of the connection is doing.
enum class Receiving : std::uint8_t {
    idle,      ///< Nothing received of this exchange yet.
    head,      ///< Inside a head, or between 1xx responses.
    body,      ///< The head is complete, the message is not.
    done,      ///< Their message is complete.
    switched,  ///< The connection is no longer HTTP.
    closed,    ///< They ended the connection between messages.
    failed,    ///< They broke the protocol; see Machine::error().
};

/// Something received. `data` is borrowed from the input (or, for held-back bytes, from the machine) and valid until the
/// next call of receive, eof or next.
struct Event {
    enum class Type : std::uint8_t {
        informational,  ///< A 1xx response but 101: response_head(event).
        head,           ///< The head: response_head(event) or request_head(event).
        data,           ///< Some of the body, without framing: `data`, never empty.
        trailers,       ///< Trailer fields, if there were any: trailers(event).
        end,            ///< The message is complete.
        upgrade,        ///< After the head of a 101, of a 2xx to CONNECT: `data` has the bytes that are no longer HTTP.
        closed,         ///< The connection ended between messages.
        error,          ///< The stream is broken: error(), error_offset().
    };
    Type type = Type::error;
    std::uint32_t index = 0;  ///< Which of the heads of this batch; used by the accessors.
    ConstBuffer data{};
};

/// Why a connection cannot carry another message.
enum class CloseReason : std::uint8_t {
    we_sent_connection_close,    ///< We sent "Connection: close".
    peer_sent_connection_close,  ///< They sent "Connection: close".
    http_1_0,                    ///< One side speaks HTTP/1.0 without "keep-alive" (RFC 9112 section 9.3).
    ended_by_close,              ///< The body ended with the connection.
    unfinished_send,             ///< They answered before our message was complete, and it never was.
    switched,                    ///< The connection is no longer HTTP.
    unexpected_bytes,            ///< Bytes came that belong to no message.
    failed,                      ///< An error on either side.
    peer_closed,                 ///< They ended the connection behind their message.
};

/// "peer sent Connection: close".
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

/// Whether the connection can carry another message, and if not, every reason why.
class Persistence {
public:
    [[nodiscard]] bool keep_alive() const noexcept { return reasons_ == 0; }
    [[nodiscard]] bool has(CloseReason reason) const noexcept { return (reasons_ & bit(reason)) != 0; }
    void add(CloseReason reason) noexcept { reasons_ = static_cast<std::uint16_t>(reasons_ | bit(reason)); }
    /// All reasons in the order of the enum.
    [[nodiscard]] std::vector<CloseReason> reasons() const;
    /// "peer sent Connection: close; HTTP/1.0", or "keep-alive".
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Persistence&, const Persistence&) noexcept = default;

private:
    [[nodiscard]] static constexpr std::uint16_t bit(CloseReason reason) noexcept {
        return static_cast<std::uint16_t>(1U << static_cast<unsigned>(reason));
    }
    std::uint16_t reasons_ = 0;
};

/// Bytes to be written, in up to three pieces, the body among them uncopied.
struct Segments {
    std::array<ConstBuffer, 3> pieces{};
    std::uint8_t count = 0;

    [[nodiscard]] auto begin() const noexcept { return pieces.begin(); }
    [[nodiscard]] auto end() const noexcept { return pieces.begin() + count; }
};

/// One connection's codec. Movable, not copyable, not thread-safe. Calls that are not legal in the present state give
/// Errc::invalid_state and change nothing; messages that must not be sent give their own code and change nothing.
class Machine {
public:
    explicit Machine(Role role);
    Machine(Role role, const Limits& limits);
    Machine(Machine&&) noexcept;
    Machine& operator=(Machine&&) noexcept;
    ~Machine();

    // ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────
    // The bytes given back are to be written in order. Those of a head are valid until the next send_request or
    // send_response; those of data and end until the next call of any send function, the body's as long as the caller's.

    /// Client role: starts a request (RFC 9112 section 3). The framing is what the fields say: Content-Length, or
    /// Transfer-Encoding ending in chunked, or neither for a request without body. Refused: methods that are no token,
    /// targets with white space or controls, fields that field_fault() faults, both framings, a bad Content-Length.
    [[nodiscard]] Result<ConstBuffer> send_request(std::string_view method, std::string_view target,
                                                   const Headers& headers);
    /// Server role: a 1xx (any number of them) or the final response. The framing is what the fields say; with neither
    /// Content-Length nor Transfer-Encoding the body ends with the connection, unless status or method exclude a body.
    /// 101 needs a request that asked for it, and an Upgrade of its own (RFC 9110 section 7.8).
    [[nodiscard]] Result<ConstBuffer> send_response(int status, std::string_view reason, const Headers& headers);
    /// Some of the body. More than Content-Length is refused; an empty piece is allowed and writes nothing.
    [[nodiscard]] Result<Segments> send_data(ConstBuffer data);
    /// Ends the message. Refused if Content-Length promised more. Trailers are allowed only with chunked. A message without
    /// body, or whose Content-Length has been reached, has ended already (RFC 9112 section 6.2): then this writes nothing.
    [[nodiscard]] Result<Segments> send_end();
    [[nodiscard]] Result<Segments> send_end(const Headers& trailers);

    // ── Receiving ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes the next bytes of the stream, in any split. The events are valid until the next call of receive, eof or
    /// next. In the server role, bytes behind a request are kept until next(), and then come with receive({}). There is no
    /// limit on how many: read no more from the peer while held_back() > 0, and it is never more than one read.
    [[nodiscard]] std::span<const Event> receive(ConstBuffer bytes);
    /// The peer ended the stream: ends a body that is delimited by it, `closed` between messages, else an error.
    [[nodiscard]] std::span<const Event> eof();

    /// The head of an informational or head event, until the next receive, eof or next. It may be moved from.
    [[nodiscard]] ResponseHead& response_head(const Event& event) noexcept;
    [[nodiscard]] RequestHead& request_head(const Event& event) noexcept;
    /// The fields of a trailers event, likewise.
    [[nodiscard]] Headers& trailers(const Event& event) noexcept;

    /// Client role: whether bytes behind a complete response are kept until the next request has been sent, as pipelining
    /// and captures need it. Off at first: such bytes are Errc::unexpected_bytes (RFC 9112 section 9.3.2). The server role
    /// always keeps them.
    void hold_back(bool enabled) noexcept;
    /// Bytes that are kept.
    [[nodiscard]] std::size_t held_back() const noexcept;

    // ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] Role role() const noexcept;
    [[nodiscard]] Sending sending() const noexcept;
    [[nodiscard]] Receiving receiving() const noexcept;
    /// Valid when both sides are done, or something failed; before that it tells the reasons known so far.
    [[nodiscard]] const Persistence& persistence() const noexcept;
    /// Bytes of the present body that are still to come, where its length is known: nothing for chunked bodies and
    /// bodies that end with the connection, and outside of a body.
    [[nodiscard]] std::optional<std::uint64_t> body_remaining() const noexcept;
    /// Server role: the request asked for 100-continue, nothing has been sent yet, and nothing of the body has come, which
    /// says that the client waits no longer (RFC 9110 section 10.1.1).
    [[nodiscard]] bool expects_continue() const noexcept;
    /// What broke the stream; meaningful after an error event.
    [[nodiscard]] const Error& error() const noexcept;
    /// Where: the offset, from the first byte ever received, of the first byte of the line at fault, or of the byte at
    /// fault in a body. The same for every split.
    [[nodiscard]] std::uint64_t error_offset() const noexcept;
    /// Server role: the status to answer the error with (400, 413, 414, 431, 501, 505).
    [[nodiscard]] int error_status() const noexcept;

    /// Both messages are complete and the connection is persistent: makes ready for the next exchange.
    [[nodiscard]] Result<void> next();

private:
    friend struct Judged;  // core/http1/judged.hpp

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::http1
