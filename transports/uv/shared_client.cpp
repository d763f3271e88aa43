#include "transports/uv/shared_client.hpp"

#include "transports/loop/address.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <span>
#include <string>
#include <variant>

namespace ferry::detail {

namespace {

EngineConfig engine_config(const Defaults& defaults) {
    EngineConfig engine = defaults.engine();
    engine.capabilities = uv::UvTransport::supported;
    std::random_device random;
    engine.seed = std::uint64_t{random()} << 32U | random();
    engine.wall = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    engine.wall_at = uv::UvTransport::clock();
    return engine;
}

Defaults checked(const Config& config) {
    Result<Defaults> defaults = Defaults::make(config);
    if (!defaults) {
        raise(std::move(defaults).error());
    }
    if (auto fine = loop::check_socket_path(config.socket_path); !fine) {
        raise(std::move(fine).error());
    }
    return *std::move(defaults);
}

/// A request whose response is collected.
class Whole final : public UvPending {
public:
    Whole(UvClient& client, uv::ResponseCallback done) : UvPending(client), done_(std::move(done)) {}

    void finish(Result<Response> result) noexcept override {
        if (done_) {
            done_(std::move(result));
        }
    }

private:
    uv::ResponseCallback done_;
};

/// A request whose response is handed on as it comes.
class Piecewise final : public UvPending {
public:
    Piecewise(UvClient& client, uv::Receiver receiver) : UvPending(client), receiver_(std::move(receiver)) {}

    void on_head(ResponseParts head) noexcept override {
        head_ = Response(std::move(head));
        if (receiver_.on_head && !cancelled) {
            receiver_.on_head(head_);
        }
    }

    void on_body(std::span<const std::byte> bytes) noexcept override {
        unacknowledged_ += bytes.size();
        if (receiver_.on_body && !cancelled) {
            receiver_.on_body(bytes);
        }
        if (!paused_) {
            acknowledge(unacknowledged_);
        }
    }

    void finish(Result<Response> result) noexcept override {
        if (receiver_.on_done) {
            receiver_.on_done(std::move(result));
        }
    }

    [[nodiscard]] Response complete(ResponseParts parts) override {
        ResponseParts whole = std::move(head_).parts();
        whole.trailers = std::move(parts.trailers);
        whole.timings = parts.timings;
        return Response(std::move(whole));
    }

    void pause() override { paused_ = true; }

    void resume() override {
        paused_ = false;
        acknowledge(unacknowledged_);
    }

    void acknowledge(std::size_t size) override {
        const std::size_t now = std::min(size, unacknowledged_);
        unacknowledged_ -= now;
        if (now > 0) {
            client_.consume(id(), now);
        }
    }

private:
    uv::Receiver receiver_;
    Response head_;
    std::size_t unacknowledged_ = 0;
    bool paused_ = false;
};

}  // namespace

void UvPending::on_done(ResponseParts parts) {
    const std::unique_ptr<UvPending> self = client_.release(*this);
    if (cancelled) {
        finish(Error{.code = Errc::cancelled,
                     .message = "cancelled: " + parts.method + " " + parts.url.display(),
                     .request_bytes_sent = parts.timings.bytes_sent});
    } else {
        finish(complete(std::move(parts)));
    }
}

void UvPending::on_failed(Error error) {
    const std::unique_ptr<UvPending> self = client_.release(*this);
    finish(std::move(error));
}

// ── Beginning and end ────────────────────────────────────────────────────────────────────────────────────────────

std::shared_ptr<UvClient> UvClient::make(uv_loop_t* loop, Config config) {
    Defaults defaults = checked(config);
    auto client = std::make_shared<UvClient>(loop, std::move(config), std::move(defaults));
    // It must not keep the client any longer than the handles keep it, whoever still looks at it.
    const std::shared_ptr<void> token(client.get(), [held = client](void*) mutable {
        const std::shared_ptr<UvClient> last = std::move(held);
        last->gone();
    });
    client->transport_.emplace(loop, ferry::loop::lookup_in_force(client->defaults_.resolver()), token);
    client->token_ = token;
    client->transport_->hold_loop(false);
    EventHandler& handler = *client;
    client->driver_.emplace(client->engine_, *client->transport_, handler);
    client->transport_->attach(*client->driver_);
    return client;
}

UvClient::UvClient(uv_loop_t* loop, Config config, Defaults defaults)
    : loop_(loop),
      defaults_(std::move(defaults)),
      on_trace_(std::move(config.on_trace)),
      engine_(engine_config(defaults_)),
      exchange_(engine_) {}

void UvClient::close(uv::Callback<> closed) {
    if (!std::exchange(closed_, true)) {
        exchange_.close(uv::UvTransport::clock());
        post([this] { shut_down(); });
    }
    if (!closed) {
        return;
    }
    if (token_.expired()) {
        post(std::move(closed));
    } else {
        on_closed_.push_back(std::move(closed));
    }
}

void UvClient::abandon() {
    abandoned_ = true;
    if (!std::exchange(closed_, true)) {
        const Time now = uv::UvTransport::clock();
        for (const std::unique_ptr<UvPending>& pending : pending_) {
            if (pending != nullptr) {
                pending->cancelled = true;
                engine_.cancel(now, pending->id());
            }
        }
        engine_.drain(now);
        post([this] { shut_down(); });
    }
}

void UvClient::shut_down() {
    driver_->turn();
    driver_.reset();
    transport_.reset();
}

void UvClient::gone() {
    for (uv::Callback<>& closed : std::exchange(on_closed_, {})) {
        closed();
    }
}

// ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

uv::RequestHandle UvClient::start(std::string_view method, UrlRef url, const Options* options,
                                  uv::ResponseCallback done) {
    return start(
        options == nullptr ? defaults_.prepare(method, url, true) : defaults_.prepare(method, url, *options, true),
        std::make_unique<Whole>(*this, std::move(done)));
}

uv::RequestHandle UvClient::start(std::string_view method, UrlRef url, const Options* options, uv::Receiver receiver) {
    return start(
        options == nullptr ? defaults_.prepare(method, url, false) : defaults_.prepare(method, url, *options, false),
        std::make_unique<Piecewise>(*this, std::move(receiver)));
}

uv::RequestHandle UvClient::start(Result<Request> request, std::unique_ptr<UvPending> pending) {
    if (!request || closed_) {
        Error error = request
                          ? Error{.code = Errc::client_closed,
                                  .message = "the client is closed: " + request->method + " " + request->url.display()}
                          : std::move(request).error();
        post([failed = std::move(pending), error = std::move(error)]() mutable { failed->finish(std::move(error)); });
        return {};
    }
    exchange_.submit(uv::UvTransport::clock(), *std::move(request), *pending);
    const RequestId id = pending->id();
    if (id.slot >= pending_.size()) {
        pending_.resize(id.slot + std::size_t{1});
    }
    pending->slot = id.slot;
    pending_[id.slot] = std::move(pending);
    if (under_way_++ == 0) {
        transport_->hold_loop(true);
    }
    turn_soon();
    return {weak_from_this(), id};
}

void UvClient::cancel(RequestId id) {
    if (UvPending* const pending = find(id); pending != nullptr) {
        pending->cancelled = true;
        engine_.cancel(uv::UvTransport::clock(), id);
        turn_soon();
    }
}

void UvClient::consume(RequestId id, std::size_t size) {
    engine_.consume(uv::UvTransport::clock(), id, size);
    turn_soon();
}

UvPending* UvClient::find(RequestId id) const noexcept {
    if (!id || id.slot >= pending_.size() || pending_[id.slot] == nullptr || pending_[id.slot]->id() != id) {
        return nullptr;
    }
    return pending_[id.slot].get();
}

std::unique_ptr<UvPending> UvClient::release(const UvPending& pending) noexcept {
    if (--under_way_ == 0) {
        transport_->hold_loop(false);
    }
    return std::move(pending_[pending.slot]);
}

void UvClient::on_event(Time now, Event& event) noexcept {
    in_event_ = true;
    if (const auto* trace = std::get_if<event::Trace>(&event)) {
        if (!abandoned_) {
            on_trace_(*trace);
        }
    } else {
        exchange_.on_event(now, event);
    }
    in_event_ = false;
}

// From inside an event's handling the turn follows by itself.
void UvClient::turn_soon() {
    if (!in_event_) {
        transport_->turn_soon();
    }
}

// libuv runs idle handles newest first, so one of them serves all that is there when it comes.
void UvClient::post(uv::Callback<> action) {
    posted_.push_back(std::move(action));
    if (posted_.size() > 1) {
        return;
    }
    std::shared_ptr<void> holder = token_.lock();
    if (holder == nullptr) {
        holder = shared_from_this();
    }
    auto* const handle = new uv::Handle(this, std::move(holder));
    uv_idle_init(loop_, &handle->uv.idle);
    uv_idle_start(&handle->uv.idle, [](uv_idle_t* idle) noexcept {
        auto& self = *static_cast<uv::Handle*>(idle->data);
        auto& client = *static_cast<UvClient*>(self.user);
        self.close();  // libuv lets go of it, and it of the client, in a later phase.
        for (uv::Callback<>& posted : std::exchange(client.posted_, {})) {
            posted();
        }
    });
}

}  // namespace ferry::detail
