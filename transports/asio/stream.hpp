// A response that is read piece by piece, and the raw stream that may lie behind it: what a StreamingResponse or Duplex
// holds.
//
// Calls come from any thread and are dispatched to the client's executor, where all else happens. At most one reader and one
// writer wait; each looks again when something has changed, and leaves as a completion.
#pragma once

#include <ferry/asio.hpp>

#include "core/exchange/pieces.hpp"
#include "transports/asio/completion.hpp"
#include "transports/asio/shared_client.hpp"

#include <boost/asio/buffer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace ferry::asio::detail {

/// Who waits for bytes, or for room.
class Waiter : public Completion {
public:
    /// True if it has what it waits for.
    [[nodiscard]] virtual bool look(StreamState& stream) = 0;
    virtual void fail(Error error) = 0;

    bool cancelled = false;
};

class StreamState final : public Flight, public std::enable_shared_from_this<StreamState> {
public:
    StreamState(Shared client, std::string method, std::string url, std::uint64_t most)
        : Flight(std::move(client)), method_(std::move(method)), url_(std::move(url)), most_(most) {}

    [[nodiscard]] const Shared& client() const noexcept { return client_; }

    // From any thread.

    void open(Result<Request> request, Handler<TryStreamSignature> handler);
    void read(Handler<TryReadSignature> handler);
    void read_all(Handler<TryReadAllSignature> handler);
    void read_some(::boost::asio::mutable_buffer memory, Handler<IoSignature> handler);
    void write(Buffer bytes, Handler<TryWriteSignature> handler);
    void write_some(::boost::asio::const_buffer bytes, Handler<IoSignature> handler);
    void finish();
    void close();
    [[nodiscard]] std::exception_ptr exception_of(Error error) const;

    /// Known when open() has completed.
    [[nodiscard]] bool is_upgraded() const noexcept { return upgraded_; }
    [[nodiscard]] const Response& response() const noexcept { return response_; }

    // For readers and writers, on the executor.

    /// Some of the body, its end, or why there is none; nothing if that is not known yet.
    [[nodiscard]] std::optional<Result<std::optional<Buffer>>> take();
    /// As take(), with at most so many bytes of the body, copied to `memory`: their number, or 0 at the end.
    [[nodiscard]] std::optional<Result<std::size_t>> take_some(::boost::asio::mutable_buffer memory);
    /// Room for raw bytes, or why there will be none; nothing if that is not known yet.
    [[nodiscard]] std::optional<Result<std::size_t>> room() const;
    void send(Buffer bytes);
    /// As close(), without settle().
    void discard();
    [[nodiscard]] bool is_consumed() const noexcept { return consumed_ && !closed_; }
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

    // For the exchange.

    void on_head(ResponseParts&& head) override;
    void on_body(Engine& engine, std::span<const std::byte> bytes) override;
    void on_settling() override;
    bool on_upgraded() override;
    void on_peer_done() override;
    void on_writable(Engine& engine, Time now) override;
    void on_done(ResponseParts&& parts) override;
    void on_failed(Error error) override;
    void abandon() noexcept override;

private:
    using Opener = Reply<Completion, Result<StreamingResponse>>;

    using Place = std::shared_ptr<Waiter> StreamState::*;

    template <class Kind, class H, class... Arguments>
    void begin(Place place, H handler, Arguments... arguments);
    /// Has `waiter` wait at `place`, unless it need not.
    void wait(std::shared_ptr<Waiter>& place, std::shared_ptr<Waiter> waiter);
    void cancel(Place place, const std::shared_ptr<Waiter>& waiter);
    /// Lets the one at `place` look, if there is one.
    void wake(std::shared_ptr<Waiter>& place);
    void fail(std::shared_ptr<Waiter>& place, Error error);
    void cancel_opening();
    void consume(std::size_t size);
    [[nodiscard]] std::optional<Result<void>> ending();

    const std::string method_;
    const std::string url_;
    const std::uint64_t most_;

    // On the executor.
    std::shared_ptr<Opener> opener_;
    std::shared_ptr<Waiter> reader_;
    std::shared_ptr<Waiter> writer_;
    ferry::detail::Pieces body_;
    bool body_came_ = false;  // on_settling() will come.
    std::optional<ResponseParts> tail_;
    std::optional<Error> error_;
    bool peer_done_ = false;

    // Read by whoever completes.
    Response response_;
    bool upgraded_ = false;
    std::atomic<bool> consumed_ = false;
    std::atomic<bool> finished_ = false;
    std::atomic<bool> closed_ = false;
};

}  // namespace ferry::asio::detail
