#include "transports/uv/shared_client.hpp"

#include "core/engine/burst.hpp"
#include "core/message/name_request.hpp"
#include "transports/loop/address.hpp"
#include "transports/wall_clock.hpp"

#include <random>
#include <string>
#include <variant>

namespace ferry::detail {

namespace {

EngineConfig engine_config(const Defaults& defaults) {
    EngineConfig engine = defaults.engine();
    engine.capabilities = uv::UvTransport::supported;
    std::random_device random;
    engine.seed = std::uint64_t{random()} << 32U | random();
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

void tell(uv::Callback<bool>& callback, bool what) {
    if (callback) {
        callback(what);
    }
}

}  // namespace

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
      exchange_(engine_, &wall_clock) {}

UvClient::~UvClient() = default;

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

void UvClient::drain(std::optional<Duration> limit, uv::Callback<bool> drained) {
    if (closed_ || under_way_ == 0) {
        post([drained = std::move(drained)]() mutable { tell(drained, true); });
        close({});
        return;
    }
    drainers_.push_back({.drained = std::move(drained), .cut_off = exchange_.cut_off()});
    exchange_.drain(uv::UvTransport::clock(), limit);
    turn_soon();
}

// The last request has ended.
void UvClient::end_drain() {
    for (Drainer& drainer : std::exchange(drainers_, {})) {
        const bool by_itself = !closed_ && exchange_.cut_off() == drainer.cut_off;
        post([drained = std::move(drainer.drained), by_itself]() mutable { tell(drained, by_itself); });
    }
    close({});
}

void UvClient::abandon() {
    abandoned_ = true;
    if (!std::exchange(closed_, true)) {
        const Time now = uv::UvTransport::clock();
        for (const OwnedPending& pending : pending_) {
            if (pending != nullptr) {
                pending->cancelled = true;
                pending->muted = true;
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
    std::unique_ptr<Whole> whole = wholes_.take();
    if (whole == nullptr) {
        whole = std::make_unique<Whole>(*this);
    }
    whole->begin(std::move(done));
    return start(
        options == nullptr ? defaults_.prepare(method, url, true) : defaults_.prepare(method, url, *options, true),
        OwnedPending(whole.release()));
}

uv::RequestHandle UvClient::start(std::string_view method, UrlRef url, const Options* options, uv::Receiver receiver) {
    return start(
        options == nullptr ? defaults_.prepare(method, url, false) : defaults_.prepare(method, url, *options, false),
        make_piecewise(*this, std::move(receiver)));
}

uv::RequestHandle UvClient::start(Result<Request>&& request, OwnedPending pending) {
    if (!request || closed_) {
        Error error;
        if (request) {
            error = {.code = Errc::client_closed,
                     .message = "the client is closed: " + request->method + " " + request->url.display(),
                     .safe_to_retry = true};
            name_request(error, std::move(request->method), request->url.str());
        } else {
            error = std::move(request).error();
        }
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
        pending->muted = true;
        engine_.cancel(uv::UvTransport::clock(), id);
        turn_soon();
    }
}

void UvClient::discard(RequestId id) {
    if (UvPending* const pending = find(id); pending != nullptr) {
        pending->muted = true;
        engine_.discard(uv::UvTransport::clock(), id);
        turn_soon();
    }
}

void UvClient::consume(RequestId id, std::size_t size) {
    engine_.consume(uv::UvTransport::clock(), id, size);
    turn_soon();
}

void UvClient::write(RequestId id, Buffer bytes) {
    static_cast<void>(engine_.write_body(uv::UvTransport::clock(), id, std::move(bytes)));
    turn_soon();
}

void UvClient::finish(RequestId id) {
    engine_.finish_body(uv::UvTransport::clock(), id);
    turn_soon();
}

UvPending* UvClient::find(RequestId id) const noexcept {
    if (!id || id.slot >= pending_.size() || pending_[id.slot] == nullptr || pending_[id.slot]->id() != id) {
        return nullptr;
    }
    return pending_[id.slot].get();
}

OwnedPending UvClient::release(const UvPending& pending) noexcept {
    OwnedPending released = std::move(pending_[pending.slot]);
    if (--under_way_ == 0) {
        if (pending_.size() > burst) {
            give_back(pending_);
            wholes_.give_back();
        }
        transport_->hold_loop(false);
        if (!drainers_.empty()) {
            end_drain();
        }
    }
    return released;
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
    if (!std::holds_alternative<event::Head>(event)) {  // That is the user's to see only piece by piece.
        forget_time();
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
    auto* const handle = new uv::HandleOf<uv_idle_t>(this, std::move(holder));
    uv_idle_init(loop_, &handle->uv);
    uv_idle_start(&handle->uv, [](uv_idle_t* idle) noexcept {
        auto& self = *static_cast<uv::Handle*>(idle->data);
        auto& client = *static_cast<UvClient*>(self.user);
        self.close();  // libuv lets go of it, and it of the client, in a later phase.
        for (uv::Callback<>& posted : std::exchange(client.posted_, {})) {
            posted();
        }
    });
}

}  // namespace ferry::detail
