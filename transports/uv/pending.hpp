// A request under way on a libuv loop: whom to tell, and what the user may do with it meanwhile.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>
#include <ferry/uv.hpp>

#include "core/exchange/exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace ferry::detail {

class UvClient;

/// Its callbacks come from where events are handled; libuv's frames are no place for an exception to pass.
class UvPending : public Pending {
public:
    explicit UvPending(UvClient& client) : client_(client) {}

    void on_done(ResponseParts&& parts) final;
    void on_failed(Error error) final;

    virtual void pause() {}
    virtual void resume() {}
    virtual void acknowledge(std::size_t /*size*/) {}
    /// After an upgrade alone: raw bytes, and the end of our half behind them.
    virtual void write(Buffer&& /*bytes*/, uv::Callback<Result<void>>&& /*taken*/) {}
    virtual void finish_writing() {}
    /// How the request ended. Called once, then the object retires.
    virtual void finish(Result<Response>&& result) noexcept = 0;
    /// Nobody needs the object any more: it goes, or is kept for another request.
    virtual void retire() noexcept { delete this; }
    /// Makes what on_done() has into what the user gets.
    virtual void complete(ResponseParts& /*parts*/) {}

    std::uint32_t slot = 0;  // Where the client keeps it.
    bool cancelled = false;
    bool muted = false;  // Events that were there before the cancel, or discard, are not told any more.

protected:
    UvClient& client_;
};

struct RetirePending {
    void operator()(UvPending* pending) const noexcept { pending->retire(); }
};
using OwnedPending = std::unique_ptr<UvPending, RetirePending>;

/// One whose response is collected. It can be used again.
class Whole final : public UvPending {
public:
    using UvPending::UvPending;

    void begin(uv::ResponseCallback&& done) noexcept { done_ = std::move(done); }
    void finish(Result<Response>&& result) noexcept override;
    void retire() noexcept override;

private:
    uv::ResponseCallback done_;
};

/// One whose response is handed on as it comes.
[[nodiscard]] OwnedPending make_piecewise(UvClient& client, uv::Receiver receiver);

/// Tells of a write that comes to nothing, from the loop.
void refuse(UvClient& client, uv::Callback<Result<void>> taken, std::string_view why);

}  // namespace ferry::detail
