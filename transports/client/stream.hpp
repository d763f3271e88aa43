// A response that is read piece by piece: what a StreamingResponse holds, and a Duplex.
#pragma once

#include <ferry/client.hpp>

#include "core/exchange/exchange.hpp"
#include "core/exchange/pieces.hpp"
#include "transports/client/shared_loop.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace ferry::detail {

/// Pending's calls fill it with the lock held, from whatever thread leads; the rest is for the stream's owner, and for
/// the second thread that a Duplex may have.
class StreamState final : public Sender {
public:
    StreamState(std::shared_ptr<SharedLoop> shared, std::uint64_t most)
        : loop_(std::move(shared)), max_collected_(most) {}
    ~StreamState() override { close(); }

    /// Makes the request and waits for the head.
    [[nodiscard]] Result<void> open(Request request);
    /// Waits for more; nothing at the end.
    [[nodiscard]] Result<std::optional<Buffer>> read();
    [[nodiscard]] Result<Buffer> read_all();
    /// Raw bytes: waits until there is room for them.
    [[nodiscard]] Result<void> write(ConstBuffer bytes);
    void finish() noexcept;
    void close() noexcept;

    [[nodiscard]] bool is_closed() const;
    [[nodiscard]] bool is_consumed() const noexcept { return consumed_; }
    /// Known when open() has returned.
    [[nodiscard]] bool is_upgraded() const noexcept { return upgraded_; }
    [[nodiscard]] const Response& response() const noexcept { return response_; }

    void on_head(ResponseParts&& head) override;
    void on_body(Engine& engine, std::span<const std::byte> bytes) override;
    bool on_upgraded() override;
    void on_peer_done() override;
    void on_writable(Engine& engine, Time now) override;
    void on_done(ResponseParts&& parts) override;
    void on_failed(Error error) override;

private:
    void on_wanted() override { loop_->wake(reader_); }
    void wait(SharedLoop::Lock& lock);
    void settle();
    void take_timings(const Timings& timings);
    [[nodiscard]] Timings timings_so_far() const;
    void wake_both();

    const std::shared_ptr<SharedLoop> loop_;
    const std::uint64_t max_collected_;

    // With the lock.
    Waiter reader_;
    Waiter writer_;
    std::optional<ResponseParts> head_;
    Pieces body_;
    std::optional<ResponseParts> tail_;
    std::optional<Error> error_;
    bool upgraded_ = false;
    bool peer_done_ = false;
    bool finished_ = false;
    bool closed_ = false;

    // The owner's.
    Response response_;
    bool consumed_ = false;
};

}  // namespace ferry::detail
