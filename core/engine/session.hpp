// A session: what speaks HTTP on one connection. http1 serves one request at a time; http2 will serve many.
//
// A session turns requests into output and input into calls of a StreamSink. It knows nothing of pools, timers or
// retries, and never asks for time.
#pragma once

#include "core/engine/out_queue.hpp"

#include <ferry/buffer.hpp>
#include <ferry/error.hpp>
#include <ferry/http1.hpp>
#include <ferry/id.hpp>
#include <ferry/message.hpp>
#include <ferry/request.hpp>
#include <ferry/stats.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace ferry {

/// Where a session tells what came in. It must not destroy the session that is calling.
class StreamSink {
public:
    virtual ~StreamSink() = default;
    /// Whoever keeps a head moves it out; the session takes memory that is moved in for the next one.
    virtual void on_informational(RequestId id, ResponseHead&& head) = 0;
    virtual void on_head(RequestId id, ResponseHead&& head) = 0;
    virtual void on_data(RequestId id, ConstBuffer data) = 0;
    virtual void on_trailers(RequestId id, Headers trailers) = 0;
    virtual void on_end(RequestId id) = 0;
    /// The connection is no longer HTTP; `data` came behind the head.
    virtual void on_upgrade(RequestId id, ConstBuffer data) = 0;
    /// The exchange is broken, and the connection with it.
    virtual void on_broken(RequestId id, const Error& error) = 0;
};

class Session {
public:
    virtual ~Session() = default;

    /// How many requests more it can take now.
    [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;

    /// Writes a request's head. `request` stays where it is until its end.
    [[nodiscard]] virtual Result<void> start(RequestId id, const Request& request, OutQueue& out) = 0;
    /// Writes all of a body that is not streamed, and its end.
    [[nodiscard]] virtual Result<void> write_content(RequestId id, const Request& request, OutQueue& out) = 0;
    /// Some of a streamed body.
    [[nodiscard]] virtual Result<void> write(RequestId id, Buffer data, OutQueue& out) = 0;
    /// The end of a streamed body.
    [[nodiscard]] virtual Result<void> finish(RequestId id, const Headers& trailers, OutQueue& out) = 0;

    /// Nothing of the request is left to write: it was finished, or has reached the length that it announced.
    [[nodiscard]] virtual bool request_written() const = 0;

    virtual void receive(ConstBuffer bytes, StreamSink& sink) = 0;
    virtual void eof(StreamSink& sink) = 0;

    /// Bytes of the present response's body that are still to come, if that is known.
    [[nodiscard]] virtual std::optional<std::uint64_t> body_remaining() const = 0;

    /// After both messages are complete, and not from inside a sink: makes ready for the next request, on this connection
    /// or another. False if there can be none.
    [[nodiscard]] virtual bool next() = 0;
    /// Why there can be no next request, if the session knows it.
    [[nodiscard]] virtual std::optional<CloseReason> why_not_reusable() const = 0;
};

/// HTTP/1.1 over ferry/http1.hpp.
[[nodiscard]] std::unique_ptr<Session> make_http1_session(const http1::Limits& limits);

}  // namespace ferry
