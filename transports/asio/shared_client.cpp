#include "transports/asio/shared_client.hpp"

#include "core/engine/burst.hpp"
#include "core/message/name_request.hpp"
#include "transports/asio/registry.hpp"
#include "transports/loop/address.hpp"
#include "transports/wall_clock.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <random>
#include <utility>

namespace ferry::asio::detail {

namespace net = ::boost::asio;

namespace {

EngineConfig engine_config(const ferry::detail::Defaults& defaults, AsioTransport& transport) {
    EngineConfig engine = defaults.engine();
    engine.capabilities = transport.capabilities();
    std::random_device random;
    engine.seed = std::uint64_t{random()} << 32U | random();
    return engine;
}

net::cancellation_slot slot_of(const Operation::Handler& handler) {
    return std::visit([](const auto& one) { return net::get_associated_cancellation_slot(one); }, handler);
}

std::exception_ptr exception_of(Error error) {
    try {
        raise(std::move(error));
    } catch (...) {
        return std::current_exception();
    }
}

void invoke(net::any_completion_handler<TrySignature>& handler, Result<Response>&& result) {
    std::move(handler)(std::move(result));
}

void invoke(net::any_completion_handler<Signature>& handler, Result<Response>&& result) {
    if (result) {
        std::move(handler)(nullptr, *std::move(result));
    } else {
        std::move(handler)(exception_of(std::move(result).error()), Response());
    }
}

/// Why a request fails that was cancelled before it began.
Error never_begun(const Result<Request>& request) {
    Error error{.code = Errc::cancelled, .message = "the request was cancelled", .safe_to_retry = true};
    if (request) {
        ferry::detail::name_request(error, request->method, request->url.str());
    } else {
        error.request = request.error().request;
    }
    return error;
}

void complete(std::shared_ptr<Completion> completion) {
    Completion& self = *completion;
    self.complete(std::move(completion));
}

}  // namespace

// ── A request ────────────────────────────────────────────────────────────────────────────────────────────────────

Flight::Flight(Shared client) : client_(std::move(client)), owned_(!client_->is_orphaned()) {}

// ── An operation ─────────────────────────────────────────────────────────────────────────────────────────────────

Operation::Operation(Shared client, Result<Request>&& request, Handler&& handler)
    : Flight(std::move(client)),
      handler_(std::move(handler)),
      executor_(std::visit([this](const auto& one) { return executor_for(one, client_->executor()); }, handler_)),
      message_(std::move(request)) {}

void Operation::on_done(ResponseParts&& parts) {
    message_.emplace<Result<Response>>(std::in_place, std::move(parts));
    finish();
}

void Operation::on_failed(Error error) {
    message_.emplace<Result<Response>>(std::move(error));
    finish();
}

void Operation::finish() { client_->leave(std::static_pointer_cast<Operation>(client_->release(*this))); }

void Operation::complete(std::shared_ptr<Completion> self) {
    const HandlerExecutor executor = std::move(executor_);
    // These end where they belong.
    upload() = {};
    client_.reset();
    dispatch(executor, [this, self = std::move(self)]() mutable {
        Handler own = std::move(handler_);
        Result<Response> result = std::get<Result<Response>>(std::move(message_));
        self.reset();
        std::visit(
            [&](auto& handler) {
                clear_slot(handler);
                invoke(handler, std::move(result));
            },
            own);
    });
}

// ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────

Shared SharedClient::make(const net::any_io_executor& executor, Config config) {
    Result<ferry::detail::Defaults> defaults = ferry::detail::Defaults::make(config);
    if (!defaults) {
        raise(std::move(defaults).error(), {}, std::move(config.base_url));
    }
    if (auto fine = loop::check_socket_path(config.socket_path); !fine) {
        raise(std::move(fine).error(), {}, {});
    }
    auto client = std::make_shared<SharedClient>(executor, std::move(config), *std::move(defaults));
    client->transport_.attach(client->driver_, std::shared_ptr<AsioTransport>(client, &client->transport_),
                              [self = client.get()] { self->settle(true); });
    client->registry_.add(*client);
    return client;
}

SharedClient::SharedClient(const net::any_io_executor& executor, Config config, ferry::detail::Defaults defaults)
    : defaults_(std::move(defaults)),
      on_trace_(std::move(config.on_trace)),
      executor_(executor),
      registry_(net::use_service<Registry>(net::query(executor_, net::execution::context))),
      transport_(executor_, loop::lookup_in_force(defaults_.resolver())),
      engine_(engine_config(defaults_, transport_)),
      driver_(engine_, transport_, *this),
      exchange_(engine_, &ferry::detail::wall_clock) {}

SharedClient::~SharedClient() {
    if (!abandoned_) {
        registry_.remove(*this);
    }
}

void SharedClient::start(Prepared&& prepared, Operation::Handler&& handler) {
    if (abandoned_) {
        return;
    }
    auto operation = std::allocate_shared<Operation>(net::recycling_allocator<Operation>(), shared_from_this(),
                                                     std::move(prepared.request()), std::move(handler));
    on_signal(slot_of(operation->handler_), operation, [this](const auto& wanted) { cancel(*wanted); });
    on_executor([self = shared_from_this(), operation = std::move(operation)]() mutable {
        if (!self->abandoned_) {
            auto& request = std::get<Result<Request>>(operation->message_);
            self->begin(std::move(operation), std::move(request));
        }
    });
}

void SharedClient::close() {
    on_executor([self = shared_from_this()] {
        self->command([&](Engine&, Time now) { self->exchange_.close(now); });
        self->settle();
    });
}

void SharedClient::cancel_all() {
    orphaned_ = true;
    on_executor([self = shared_from_this()] {
        self->command([&](Engine& engine, Time now) {
            for (const std::shared_ptr<Flight>& flight : self->under_way_) {
                engine.cancel(now, flight->id());
            }
            engine.drain(now);
        });
        self->settle();
    });
}

void SharedClient::drain(std::optional<Duration> limit, net::any_completion_handler<DrainSignature> handler) {
    if (abandoned_) {
        return;
    }
    const auto reply = std::make_shared<Reply<Completion, bool>>(std::move(handler), executor_);
    on_signal(reply->slot(), reply, [this](const auto& wanted) { stop_draining(wanted); });
    on_executor([self = shared_from_this(), reply, limit] {
        if (self->under_way_.empty()) {
            reply->set(true);
            self->leave(reply);
            self->command([&](Engine&, Time now) { self->exchange_.close(now); });
        } else {
            self->drainers_.push_back({reply, self->exchange_.cut_off()});
            self->command([&](Engine&, Time now) { self->exchange_.drain(now, limit); });
        }
        self->settle();
    });
}

void SharedClient::stop_draining(const std::shared_ptr<Reply<Completion, bool>>& reply) {
    if (std::erase_if(drainers_, [&](const Drainer& drainer) { return drainer.reply == reply; }) > 0) {
        reply->set(false);
        leave(reply);
        settle();
    }
}

void SharedClient::all_ended() {
    give_back(under_way_);
    if (drainers_.empty()) {
        return;
    }
    const bool by_itself = !exchange_.is_closed() && !orphaned_;
    for (Drainer& drainer : std::exchange(drainers_, {})) {
        drainer.reply->set(by_itself && exchange_.cut_off() == drainer.cut_off);
        leave(std::move(drainer.reply));
    }
    exchange_.close(transport_.now());
}

void SharedClient::abandon() noexcept {
    abandoned_ = true;
    transport_.abandon();
    executor_ = {};
    // Handlers may own clients, this one too.
    const auto under_way = std::exchange(under_way_, {});
    const auto finished = std::exchange(finished_, {});
    const auto settling = std::exchange(settling_, {});
    const auto drainers = std::exchange(drainers_, {});
    for (const std::shared_ptr<Flight>& flight : under_way) {
        flight->abandon();
    }
}

void SharedClient::begin(std::shared_ptr<Flight> flight, Result<Request>&& request) {
    Flight& begun = *flight;
    keep(std::move(flight));
    if (begun.cancelled_ || (begun.owned_ && orphaned_)) {
        begun.on_failed(never_begun(request));
    } else if (!request) {
        begun.on_failed(std::move(request).error());
    } else {
        command([&](Engine&, Time now) { exchange_.submit(now, *std::move(request), begun); });
    }
    settle();
}

void SharedClient::cancel(Flight& flight) {
    flight.cancelled_ = true;
    if (flight.id() && !abandoned_) {
        command([&](Engine& engine, Time now) { engine.cancel(now, flight.id()); });
        settle();
    }
}

void SharedClient::keep(std::shared_ptr<Flight> flight) {
    flight->place_ = under_way_.size();
    under_way_.push_back(std::move(flight));
}

std::shared_ptr<Flight> SharedClient::release(Flight& flight) {
    std::shared_ptr<Flight>& place = under_way_[flight.place_];
    std::shared_ptr<Flight> released = std::move(place);
    if (&place != &under_way_.back()) {
        place = std::move(under_way_.back());
        place->place_ = flight.place_;
    }
    under_way_.pop_back();
    if (under_way_.empty() && (!drainers_.empty() || under_way_.capacity() > burst)) [[unlikely]] {
        all_ended();
    }
    return released;
}

// ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────

void SharedClient::on_event(Time now, Event& event) {
    if (auto* trace = std::get_if<event::Trace>(&event)) {
        if (!orphaned_) {
            traces_.push_back(std::move(*trace));
        }
    } else {
        exchange_.on_event(now, event);
    }
}

void SharedClient::settle(bool now) {
    while (!settling_.empty()) {
        const std::shared_ptr<Flight> flight = std::move(settling_.back());
        settling_.pop_back();
        flight->on_settling();
    }
    if (now) {
        tell();
    } else if (!traces_.empty() && !telling_) {
        net::post(executor_, [self = shared_from_this()] { self->tell(); });
    }
    if (finished_.empty()) {
        return;
    }
    // Only the last one may run now: what it throws must not keep others back.
    std::shared_ptr<Completion> last;
    if (now) {
        last = std::move(finished_.back());
        finished_.pop_back();
    }
    for (std::shared_ptr<Completion>& one : finished_) {
        net::post(executor_, [one = std::move(one)]() mutable { complete(std::move(one)); });
    }
    finished_.clear();
    if (last != nullptr) {
        complete(std::move(last));
    }
}

void SharedClient::tell() noexcept {
    if (telling_ || traces_.empty()) {
        return;
    }
    telling_ = true;
    while (!traces_.empty()) {
        const std::vector<event::Trace> batch = std::exchange(traces_, {});
        for (const event::Trace& trace : batch) {
            if (!orphaned_) {
                on_trace_(trace);
            }
        }
    }
    telling_ = false;
}

}  // namespace ferry::asio::detail
