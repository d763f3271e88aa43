// Responses that are read piece by piece, and raw streams, on Boost.Asio: what Client::stream() of ferry/asio.hpp gives.
#pragma once

#include <ferry/asio_token.hpp>
#include <ferry/buffer.hpp>
#include <ferry/error.hpp>
#include <ferry/headers.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ferry::asio {

class Duplex;

namespace detail {

/// A response that is read piece by piece, or the raw stream behind it.
class StreamState;
using SharedStream = std::shared_ptr<StreamState>;

void start_read(const SharedStream& stream, Handler<TryReadSignature> handler);
void start_read_all(const SharedStream& stream, Handler<TryReadAllSignature> handler);
void start_write(const SharedStream& stream, Handler<TryWriteSignature> handler, Buffer bytes);
void start_read_some(const SharedStream& stream, Handler<IoSignature> handler, ::boost::asio::mutable_buffer memory);
void start_write_some(const SharedStream& stream, Handler<IoSignature> handler, ::boost::asio::const_buffer bytes);
[[nodiscard]] ::boost::asio::any_io_executor executor_of(const SharedStream& stream);
[[nodiscard]] std::exception_ptr exception_of(const SharedStream& stream, Error error);

/// Makes of a handler that takes an exception one that takes a Result.
template <class T, class H>
struct Throwing {
    H handler;
    SharedStream stream;

    void operator()(Result<T> result) {
        std::exception_ptr exception = result ? nullptr : exception_of(stream, std::move(result).error());
        stream.reset();
        if constexpr (std::is_void_v<T>) {
            std::move(handler)(std::move(exception));
        } else {
            std::move(handler)(std::move(exception), result ? *std::move(result) : T());
        }
    }
};

/// Begins a call on a stream when Asio says so. `start` takes a handler for Result<T>; the one of `S` may take an exception.
template <class S, class T, class Start>
class Call {
public:
    using executor_type = ::boost::asio::any_io_executor;

    Call(SharedStream stream, Start start) noexcept : stream_(std::move(stream)), start_(start) {}

    [[nodiscard]] executor_type get_executor() const { return executor_of(stream_); }

    template <class H, class... Arguments>
    void operator()(H&& handler, Arguments... arguments) const {
        if constexpr (std::same_as<S, WriteSignature> || std::same_as<S, ReadSignature> ||
                      std::same_as<S, ReadAllSignature>) {
            using Throws = Throwing<T, std::decay_t<H>>;
            start_(stream_, erased<void(Result<T>)>(Throws{std::forward<H>(handler), stream_}, get_executor()),
                   std::move(arguments)...);
        } else {
            start_(stream_, erased<S>(std::forward<H>(handler), get_executor()), std::move(arguments)...);
        }
    }

private:
    SharedStream stream_;
    Start start_;
};

template <class S, class T, class Start, class Token, class... Arguments>
auto initiate(const SharedStream& stream, Start start, Token&& token, Arguments... arguments) {
    return ::boost::asio::async_initiate<Token, S>(Call<S, T, Start>(stream, start), token, std::move(arguments)...);
}

/// The first piece of a sequence that has bytes.
template <class Piece, class Sequence>
[[nodiscard]] Piece first_of(const Sequence& sequence) {
    const auto end = ::boost::asio::buffer_sequence_end(sequence);
    for (auto at = ::boost::asio::buffer_sequence_begin(sequence); at != end; ++at) {
        if (const Piece piece(*at); piece.size() > 0) {
            return piece;
        }
    }
    return Piece();
}

/// What StreamingResponse and Duplex have in common. Its end is the stream's.
class StreamHandle {
public:
    using executor_type = ::boost::asio::any_io_executor;

    /// As one that was moved from, which can only be assigned to or destroyed.
    StreamHandle() noexcept = default;
    explicit StreamHandle(SharedStream stream) noexcept : stream_(std::move(stream)) {}
    StreamHandle(StreamHandle&& other) noexcept = default;
    StreamHandle& operator=(StreamHandle&& other) noexcept;
    ~StreamHandle() { close(); }

    [[nodiscard]] executor_type get_executor() const { return executor_of(stream_); }
    /// The response without its body. After the end it has the trailers and timings. Not while a read is under way.
    [[nodiscard]] const Response& response() const noexcept;

    /// The next bytes of the body, at least one, as they come; nothing at its end, and ever after. What the request failed
    /// with comes again if asked again; after close() there is StreamClosed, or Errc::invalid_state. A read that is
    /// cancelled, whatever the type of the signal, ends with Errc::cancelled and takes nothing: the stream goes on. One read
    /// at a time.
    template <TokenFor<ReadSignature> Token = Default>
    auto read(Token&& token = deferred_token) {
        return initiate<ReadSignature, std::optional<Buffer>>(stream_, start_read, std::forward<Token>(token));
    }
    template <TokenFor<TryReadSignature> Token = Default>
    auto try_read(Token&& token = deferred_token) {
        return initiate<TryReadSignature, std::optional<Buffer>>(stream_, start_read, std::forward<Token>(token));
    }

    /// Ends what is under way with StreamClosed, or Errc::invalid_state. Any thread. What is left of a response is read and
    /// thrown away if it is at most 64 KiB and comes within 250 ms, so that the connection can be used again; else, and
    /// where it was upgraded, the connection is closed.
    void close() noexcept;

protected:
    SharedStream stream_;
};

}  // namespace detail

/// A response whose head has come and whose body is read piece by piece, no faster than you ask: what you do not read stays
/// with the server, but for 256 KiB, twice that for a moment, and what the system's buffers hold. It runs on the client's executor, and may be used by one handler at a time.
/// Destroying it is as close().
class StreamingResponse : public detail::StreamHandle {
public:
    using StreamHandle::StreamHandle;

    [[nodiscard]] int status_code() const noexcept { return response().status_code(); }
    [[nodiscard]] const Headers& headers() const noexcept { return response().headers(); }
    /// Throws HttpStatusError unless the status is one of success (2xx). The body is left unread.
    StreamingResponse& raise_for_status() {
        static_cast<void>(response().raise_for_status());
        return *this;
    }

    /// All that is still to come. As read(); StreamConsumed, or Errc::invalid_state, if the end has been read already. If it
    /// is cancelled, what it has read is lost.
    template <TokenFor<ReadAllSignature> Token = detail::Default>
    auto read_all(Token&& token = detail::deferred_token) {
        return detail::initiate<ReadAllSignature, Buffer>(stream_, detail::start_read_all, std::forward<Token>(token));
    }
    template <TokenFor<TryReadAllSignature> Token = detail::Default>
    auto try_read_all(Token&& token = detail::deferred_token) {
        return detail::initiate<TryReadAllSignature, Buffer>(stream_, detail::start_read_all,
                                                             std::forward<Token>(token));
    }

    /// The connection is no longer HTTP: 101 to a request with "Connection: upgrade", or 2xx to CONNECT.
    [[nodiscard]] bool is_upgraded() const noexcept;
    /// The raw stream behind such a response; bytes that have been read() already are not in it. Throws StreamConsumed if
    /// there is none.
    [[nodiscard]] Duplex into_duplex() &&;
};

/// Raw bytes in both directions, after 101 Switching Protocols or a 2xx to CONNECT. One read and one write may be under way
/// at once. There is no read timeout on it; `write` and `total` hold.
///
/// It is an AsyncReadStream and an AsyncWriteStream, so what composes those (async_read_until, async_write, a TLS stream)
/// takes one.
class Duplex : public detail::StreamHandle {
public:
    using StreamHandle::StreamHandle;

    using lowest_layer_type = Duplex;
    [[nodiscard]] lowest_layer_type& lowest_layer() noexcept { return *this; }
    [[nodiscard]] const lowest_layer_type& lowest_layer() const noexcept { return *this; }

    /// Sends all of it. Completes when it is taken: once at most 256 KiB of what was written before wait for the peer. After
    /// finish() and close() there is StreamClosed, or Errc::invalid_state. A write that is cancelled sends nothing, and the
    /// stream goes on. One write at a time.
    template <TokenFor<WriteSignature> Token = detail::Default>
    auto write(Buffer bytes, Token&& token = detail::deferred_token) {
        return detail::initiate<WriteSignature, void>(stream_, detail::start_write, std::forward<Token>(token),
                                                      std::move(bytes));
    }
    template <TokenFor<WriteSignature> Token = detail::Default>
    auto write(std::string_view text, Token&& token = detail::deferred_token) {
        return write(Buffer(text), std::forward<Token>(token));
    }
    template <TokenFor<TryWriteSignature> Token = detail::Default>
    auto try_write(Buffer bytes, Token&& token = detail::deferred_token) {
        return detail::initiate<TryWriteSignature, void>(stream_, detail::start_write, std::forward<Token>(token),
                                                         std::move(bytes));
    }
    template <TokenFor<TryWriteSignature> Token = detail::Default>
    auto try_write(std::string_view text, Token&& token = detail::deferred_token) {
        return try_write(Buffer(text), std::forward<Token>(token));
    }

    /// As of Asio's streams: some bytes, into memory that lasts until the completion; boost::asio::error::eof at the end.
    template <class Buffers, TokenFor<IoSignature> Token = detail::Default>
    auto async_read_some(const Buffers& buffers, Token&& token = detail::deferred_token) {
        return detail::initiate<IoSignature, void>(stream_, detail::start_read_some, std::forward<Token>(token),
                                                   detail::first_of<::boost::asio::mutable_buffer>(buffers));
    }
    template <class Buffers, TokenFor<IoSignature> Token = detail::Default>
    auto async_write_some(const Buffers& buffers, Token&& token = detail::deferred_token) {
        return detail::initiate<IoSignature, void>(stream_, detail::start_write_some, std::forward<Token>(token),
                                                   detail::first_of<::boost::asio::const_buffer>(buffers));
    }

    /// Ends our half behind what has been written; reading goes on. The stream is over when the peer has ended its half as
    /// well. Any thread. Bytes that the system has not taken when the stream is closed are lost: to be sure of them, read
    /// to the end first.
    void finish() noexcept;
};

}  // namespace ferry::asio

/// Throwing is its handler, for whoever asks for executor, allocator or slot.
template <template <class, class> class Associator, class T, class H, class Default>
struct boost::asio::associator<Associator, ferry::asio::detail::Throwing<T, H>, Default> : Associator<H, Default> {
    static auto get(const ferry::asio::detail::Throwing<T, H>& throwing) noexcept {
        return Associator<H, Default>::get(throwing.handler);
    }
    static auto get(const ferry::asio::detail::Throwing<T, H>& throwing, const Default& fallback) noexcept
        -> decltype(Associator<H, Default>::get(throwing.handler, fallback)) {
        return Associator<H, Default>::get(throwing.handler, fallback);
    }
};
