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

namespace ferry::detail {

class UvClient;

/// Its callbacks come from where events are handled; libuv's frames are no place for an exception to pass.
class UvPending : public Pending {
public:
    explicit UvPending(UvClient& client) : client_(client) {}

    void on_done(ResponseParts parts) final;
    void on_failed(Error error) final;

    virtual void pause() {}
    virtual void resume() {}
    virtual void acknowledge(std::size_t /*size*/) {}
    /// After an upgrade alone: raw bytes, and the end of our half behind them.
    virtual void write(Buffer&& /*bytes*/, uv::Callback<Result<void>>&& /*taken*/) {}
    virtual void finish_writing() {}
    /// How the request ended. Called once, after which the object goes.
    virtual void finish(Result<Response> result) noexcept = 0;
    /// What on_done() has, as the user gets it.
    [[nodiscard]] virtual Response complete(ResponseParts parts) { return Response(std::move(parts)); }

    std::uint32_t slot = 0;  // Where the client keeps it.
    bool cancelled = false;
    bool muted = false;  // Events that were there before the cancel, or discard, are not told any more.

protected:
    UvClient& client_;
};

/// One whose response is collected.
[[nodiscard]] std::unique_ptr<UvPending> make_whole(UvClient& client, uv::ResponseCallback done);
/// One whose response is handed on as it comes.
[[nodiscard]] std::unique_ptr<UvPending> make_piecewise(UvClient& client, uv::Receiver receiver);

/// Tells of a write that comes to nothing, from the loop.
void refuse(UvClient& client, uv::Callback<Result<void>> taken, std::string_view why);

}  // namespace ferry::detail
