// What a uv::Client, its builders and its requests share: one engine on one libuv loop.
//
// It lives until the client is gone and libuv has let go of its last handle. The handles hold a token, and the token
// holds the client: so nothing has to be counted, and when the token goes, close() has come about.
//
// Commands from outside never do a turn themselves, since a turn may call back; they ask for one before the loop waits.
#pragma once

#include <ferry/config.hpp>
#include <ferry/driver.hpp>
#include <ferry/engine.hpp>
#include <ferry/uv.hpp>

#include "core/engine/spares.hpp"
#include "core/exchange/exchange.hpp"
#include "core/exchange/prepare.hpp"
#include "transports/uv/pending.hpp"
#include "transports/uv/transport.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry::detail {

class UvClient final : public std::enable_shared_from_this<UvClient>, private EventHandler {
public:
    /// Throws what uv::Client's constructor throws.
    [[nodiscard]] static std::shared_ptr<UvClient> make(uv_loop_t* loop, Config config);

    UvClient(uv_loop_t* loop, Config config, Defaults defaults);
    UvClient(const UvClient&) = delete;
    UvClient& operator=(const UvClient&) = delete;
    ~UvClient() override;

    /// `options` may be null.
    uv::RequestHandle start(std::string_view method, UrlRef url, const Options* options, uv::ResponseCallback done);
    uv::RequestHandle start(std::string_view method, UrlRef url, const Options* options, uv::Receiver receiver);
    /// Ends everything; `closed` is called when the last handle is gone.
    void close(uv::Callback<> closed);
    /// Lets what is under way end, at most for so long, then closes.
    void drain(std::optional<Duration> limit, uv::Callback<bool> drained);
    /// As close(), but the requests under way are cancelled.
    void abandon();

    void cancel(RequestId id);
    void discard(RequestId id);
    void consume(RequestId id, std::size_t size);
    [[nodiscard]] uv::Duplex duplex(RequestId id) { return {weak_from_this(), id}; }
    [[nodiscard]] std::size_t credit(RequestId id) const { return engine_.credit(id); }
    void write(RequestId id, Buffer bytes);
    void finish(RequestId id);
    /// Calls `action` once, from the loop; actions come in the order of their calls.
    void post(uv::Callback<> action);
    /// Null if it has ended.
    [[nodiscard]] UvPending* find(RequestId id) const noexcept;
    /// The request is over: the client forgets it.
    [[nodiscard]] OwnedPending release(const UvPending& pending) noexcept;
    /// For a later request.
    void keep(std::unique_ptr<Whole> whole) noexcept { wholes_.give(std::move(whole)); }
    [[nodiscard]] Stats stats() const { return engine_.stats(); }
    [[nodiscard]] std::string dump() const { return engine_.dump(); }
    /// To be called after code of the user's, which may have taken its time.
    void forget_time() noexcept {
        if (transport_) {
            transport_->forget_time();
        }
    }

private:
    /// Who waits for the end of all requests.
    struct Drainer {
        uv::Callback<bool> drained;
        std::uint64_t cut_off = 0;  // Exchange::cut_off() when it began.
    };

    // It calls back, and libuv's frames are no place for an exception to pass.
    void on_event(Time now, Event& event) noexcept override;

    uv::RequestHandle start(Result<Request>&& request, OwnedPending pending);
    void turn_soon();
    void end_drain();
    /// Ends all that is under way, and closes the handles. Not from inside a callback of the transport's.
    void shut_down();
    /// libuv has let go of the last handle.
    void gone();

    uv_loop_t* const loop_;
    const Defaults defaults_;
    const std::function<void(const event::Trace&)> on_trace_;
    Engine engine_;
    Exchange exchange_;
    std::weak_ptr<void> token_;
    std::optional<uv::UvTransport> transport_;  // Until it is shut down, as the driver.
    std::optional<Driver> driver_;
    Spares<std::unique_ptr<Whole>> wholes_{128};  // As many as are under way at once in most programs.
    std::vector<OwnedPending> pending_;           // by RequestId::slot
    std::size_t under_way_ = 0;
    bool closed_ = false;
    bool abandoned_ = false;  // Nothing is traced any more.
    bool in_event_ = false;
    std::vector<uv::Callback<>> posted_;  // While there are some, an idle handle is on its way to them.
    std::vector<uv::Callback<>> on_closed_;
    std::vector<Drainer> drainers_;
};

}  // namespace ferry::detail
