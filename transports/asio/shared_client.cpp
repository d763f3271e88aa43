#include "transports/asio/shared_client.hpp"

#include "core/engine/burst.hpp"
#include "core/message/name_request.hpp"
#include "transports/asio/registry.hpp"
#include "transports/loop/address.hpp"
#include "transports/wall_clock.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <exception>
#include <memory>
#include <random>
#include <type_traits>
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

/// Whether it calls at once what is dispatched where it runs.
bool calls_at_once(const net::any_io_executor& executor) {
    constexpr net::execution::blocking_t::possibly_t possibly;
    return net::query(executor, possibly) == possibly;
}

std::optional<net::io_context::executor_type> context_of(const net::any_io_executor& executor) {
    const auto* const context = executor.target<net::io_context::executor_type>();
    return context != nullptr && calls_at_once(executor) ? std::optional(*context) : std::nullopt;
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

std::exception_ptr exception_of(Error error) {
    try {
        raise(std::move(error));
    } catch (...) {
        return std::current_exception();
    }
}

// ── A request ────────────────────────────────────────────────────────────────────────────────────────────────────

Flight::Flight(Shared client) : client_(std::move(client)), owned_(!client_->is_orphaned()) {}

// ── An operation ─────────────────────────────────────────────────────────────────────────────────────────────────

Operation::Operation(const Shared& client, std::string_view method, UrlRef url, const Options* options)
    : Flight(client),
      request_(options == nullptr ? client->defaults().prepare(method, url, true)
                                  : client->defaults().prepare(method, url, *options, true)) {}

Operation::Operation(const Operation& other) : Flight(other.client_), request_(other.request_) {}

Operation::~Operation() {
    if (ended_) {
        std::destroy_at(&response_);
    } else {
        std::destroy_at(&request_);
    }
}

void Operation::on_done(ResponseParts&& parts) { finish(std::in_place, std::move(parts)); }

void Operation::on_failed(Error error) { finish(std::move(error)); }

template <class... Args>
void Operation::finish(Args&&... args) {
    static_assert(std::is_nothrow_constructible_v<Response, ResponseParts&&>);
    std::destroy_at(&request_);
    std::construct_at(&response_, std::forward<Args>(args)...);
    ended_ = true;
    client_->leave(std::static_pointer_cast<Operation>(client_->release(*this)));
}

void Operation::complete(std::shared_ptr<Completion> self) {
    // These end where they belong.
    if (upload().is_set()) {
        upload() = {};
    }
    client_.reset();
    if (executor_) {
        const net::any_completion_executor executor = std::move(executor_);
        net::dispatch(executor, [this, self = std::move(self)]() mutable { call(); });
    } else {
        call();
    }
}

void Operation::call() {
    if (signals_) {
        clear_slot(handler_);
    }
    auto handler = std::move(handler_);
    std::move(handler)(std::move(response_));  // From where it is: to move it away costs more than to keep the rest.
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
      may_call_(calls_at_once(executor_)),
      context_(context_of(executor_)),
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

void SharedClient::start(std::shared_ptr<Operation> operation, Operation::Handler&& handler) {
    if (abandoned_) {
        return;
    }
    operation->owned_ = !orphaned_;
    operation->executor_ = executor_for(handler);
    operation->handler_ = std::move(handler.call);
    operation->signals_ = on_signal(net::get_associated_cancellation_slot(operation->handler_), operation,
                                    [this](const auto& wanted) { cancel(*wanted); });
    // It has a share of the client.
    on_executor([this, operation = std::move(operation)]() mutable {
        if (!abandoned_) {
            expect();
            Result<Request>& request = operation->request_;
            begin(std::move(operation), std::move(request));
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

void SharedClient::drain(std::optional<Duration> limit, Handler<DrainSignature> handler) {
    if (abandoned_) {
        return;
    }
    const auto reply = std::make_shared<Reply<Completion, bool>>(std::move(handler));
    on_signal(reply->slot(), reply, [this](const auto& wanted) { stop_draining(wanted); });
    on_executor([self = shared_from_this(), reply, limit] {
        self->expect();
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
    work_ = {};
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
    // What is called may begin the next request: the executor need not hear that there is none for a moment.
    struct Rest {
        ~Rest() {
            if (self.expected_ == 0) {
                self.work_ = {};
            }
        }
        SharedClient& self;
    };
    const Rest rest{*this};
    let_out(now && may_call_);
}

void SharedClient::expect() {
    if (!work_) {
        work_ = net::prefer(executor_, net::execution::outstanding_work_t::tracked);
    }
    ++expected_;
}

void SharedClient::let_out(bool now) {
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
