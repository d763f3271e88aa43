// A request as the engine takes it: complete, resolved, owning everything.
#pragma once

#include <ferry/body.hpp>
#include <ferry/buffer.hpp>
#include <ferry/headers.hpp>
#include <ferry/result.hpp>
#include <ferry/retry.hpp>
#include <ferry/time.hpp>
#include <ferry/url.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ferry {

/// The five limits of a request in force; nothing means never. Each restarts or pauses by a rule of its own.
struct Deadlines {
    std::optional<Duration> connect = std::chrono::seconds(5);  ///< Lookup + connect + handshakes, one budget.
    std::optional<Duration> read = std::chrono::seconds(5);     ///< Silence while we wait for the response's bytes.
    std::optional<Duration> write = std::chrono::seconds(5);    ///< Output waiting, and no byte of it accepted.
    std::optional<Duration> pool = std::chrono::seconds(5);  ///< Waiting for a connection; 0: only if none is needed.
    std::optional<Duration> total{};                         ///< From submit() to the end.
};

/// What Engine::submit() takes. The engine checks all of it before anything is sent, and adds what is missing: Host
/// (first), and the framing fields that belong to the body.
struct Request {
    /// Where the body comes from.
    enum class Body : std::uint8_t {
        none,      ///< No body. POST, PUT and PATCH say "Content-Length: 0".
        buffered,  ///< `content`, of known length; it can be sent again.
        streamed,  ///< Engine::write_body() and finish_body(); `content_length` if known, else chunked.
    };

    std::string method = "GET";
    Url url{};
    std::string target{};  ///< The request target, where it is not the URL's path and query: "*", an absolute form.
    Headers headers{};
    Body body = Body::none;
    Buffer content{};
    std::optional<std::uint64_t> content_length{};
    Deadlines deadlines{};

    /// True: the engine gathers the body and take_body() gives it at Done. False: event::Body, with flow control.
    bool collect = true;
    /// A larger body, counted as it is received, ends in Errc::body_too_large.
    std::uint64_t max_body = std::uint64_t{1} << 30;
    /// Of an uncollected body: reading stops while this many bytes are delivered and not consume()d. What one read has
    /// brought is delivered whole, so as much more may come at once.
    std::size_t window = 256 * 1024;
    /// How often connecting is tried again when it fails: at once, then after 0.5 s, 1 s, 2 s …, at most 1 minute. Each
    /// attempt has a `deadlines.connect` of its own.
    std::uint64_t connect_retries = 0;

    /// Asks with "Expect: 100-continue", and holds the body back until the answer, at most for so long (RFC 9110 section
    /// 10.1.1). Without effect if there is no body.
    std::optional<Duration> expect_continue{};
    /// A streamed body can be written once more from its beginning: when it must be, event::Rewind says so.
    bool rewindable = false;
    /// When the request is made again; null: never.
    std::shared_ptr<const RetryPolicy> retry_policy{};
    /// What a face writes a streamed body from. The engine only keeps it.
    std::shared_ptr<BodySource> source{};
};

/// Checks a request and adds Host and framing fields; Errc::invalid_method, invalid_target, invalid_header,
/// invalid_body, unsupported_protocol or invalid_option with a sentence that names what is wrong.
/// Engine::submit() does this itself; faces call it to fail early.
[[nodiscard]] Result<void> complete(Request& request);

}  // namespace ferry
