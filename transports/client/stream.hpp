// A response that is read piece by piece: what a StreamingResponse holds.
#pragma once

#include <ferry/client.hpp>

#include "core/exchange/exchange.hpp"
#include "transports/client/shared_loop.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace ferry::detail {

/// Pending's calls fill it with the lock held, from whatever thread leads; the rest is for the stream's owner.
class StreamState final : public Pending {
public:
    StreamState(std::shared_ptr<SharedLoop> shared, std::uint64_t most)
        : loop_(std::move(shared)), max_collected_(most) {}
    ~StreamState() override { close(); }

    /// Makes the request and waits for the head.
    [[nodiscard]] Result<void> open(Request request);
    /// Waits for more; nothing at the end.
    [[nodiscard]] Result<std::optional<Buffer>> read();
    [[nodiscard]] Result<Buffer> read_all();
    void close() noexcept;

    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    [[nodiscard]] bool is_consumed() const noexcept { return consumed_; }
    [[nodiscard]] const Response& response() const noexcept { return response_; }

    void on_head(ResponseParts head) override;
    void on_body(std::span<const std::byte> bytes) override;
    void on_done(ResponseParts parts) override;
    void on_failed(Error error) override;

private:
    void settle();

    const std::shared_ptr<SharedLoop> loop_;
    const std::uint64_t max_collected_;

    // With the lock.
    Waiter waiter_;
    std::optional<ResponseParts> head_;
    Buffer body_;
    std::optional<ResponseParts> tail_;
    std::optional<Error> error_;

    // The owner's.
    Response response_;
    bool consumed_ = false;
    bool closed_ = false;
};

}  // namespace ferry::detail
