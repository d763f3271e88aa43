#include "transports/asio/shared_client.hpp"

#include "transports/asio/registry.hpp"
#include "transports/loop/address.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <chrono>
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
    engine.wall = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    engine.wall_at = transport.now();
    return engine;
}

net::any_completion_executor work_of(const Operation::Handler& handler, const net::any_io_executor& fallback) {
    return std::visit(
        [&](const auto& one) -> net::any_completion_executor {
            return net::prefer(net::get_associated_executor(one, fallback), net::execution::outstanding_work.tracked);
        },
        handler);
}

net::cancellation_slot slot_of(const Operation::Handler& handler) {
    return std::visit([](const auto& one) { return net::get_associated_cancellation_slot(one); }, handler);
}

std::exception_ptr exception_of(Error error, std::string method, std::string url) {
    try {
        raise(std::move(error), std::move(method), std::move(url));
    } catch (...) {
        return std::current_exception();
    }
}

void invoke(net::any_completion_handler<TrySignature>& handler, Result<Response> result, std::string /*method*/,
            std::string /*url*/) {
    std::move(handler)(std::move(result));
}

void invoke(net::any_completion_handler<Signature>& handler, Result<Response> result, std::string method,
            std::string url) {
    if (result) {
        std::move(handler)(nullptr, *std::move(result));
    } else {
        std::move(handler)(exception_of(std::move(result).error(), std::move(method), std::move(url)), Response());
    }
}

}  // namespace

// ── An operation ─────────────────────────────────────────────────────────────────────────────────────────────────

Operation::Operation(Shared client, Handler handler)
    : client_(std::move(client)), handler_(std::move(handler)), executor_(work_of(handler_, client_->executor())) {}

void Operation::on_done(ResponseParts parts) { client_->finish(*this, Response(std::move(parts))); }

void Operation::on_failed(Error error) { client_->finish(*this, std::move(error)); }

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
      exchange_(engine_) {}

SharedClient::~SharedClient() {
    if (!abandoned_) {
        registry_.remove(*this);
    }
}

void SharedClient::start(Prepared prepared, Operation::Handler handler) {
    if (abandoned_) {
        return;
    }
    const auto operation =
        std::allocate_shared<Operation>(net::recycling_allocator<Operation>(), shared_from_this(), std::move(handler));
    if (std::holds_alternative<net::any_completion_handler<Signature>>(operation->handler_)) {
        operation->method_ = prepared.method();
        operation->url_ = prepared.url();
    }
    if (net::cancellation_slot slot = slot_of(operation->handler_); slot.is_connected()) {
        slot.assign([weak = std::weak_ptr(operation)](net::cancellation_type type) {
            const std::shared_ptr<Operation> wanted = weak.lock();
            if (wanted != nullptr && type != net::cancellation_type::none) {
                const Shared client = wanted->client_;
                client->on_executor([client, wanted] { client->cancel(*wanted); });
            }
        });
    }
    on_executor([self = shared_from_this(), operation, request = std::move(prepared.request())]() mutable {
        self->submit(operation, std::move(request));
    });
}

void SharedClient::close() {
    on_executor([self = shared_from_this()] {
        self->transport_.refresh();
        self->exchange_.close(self->transport_.now());
        self->driver_.turn();
        self->settle(false);
    });
}

void SharedClient::cancel_all() {
    orphaned_ = true;
    on_executor([self = shared_from_this()] {
        self->transport_.refresh();
        const Time now = self->transport_.now();
        for (const std::shared_ptr<Operation>& operation : self->under_way_) {
            self->engine_.cancel(now, operation->id());
        }
        self->engine_.drain(now);
        self->driver_.turn();
        self->settle(false);
    });
}

void SharedClient::abandon() noexcept {
    abandoned_ = true;
    transport_.abandon();
    executor_ = {};
    // Handlers may own clients, this one too.
    const auto under_way = std::exchange(under_way_, {});
    const auto finished = std::exchange(finished_, {});
}

template <class Action>
void SharedClient::on_executor(Action action) {
    if (!abandoned_) {
        net::dispatch(executor_, std::move(action));
    }
}

void SharedClient::submit(const std::shared_ptr<Operation>& operation, Result<Request> request) {
    if (abandoned_) {
        return;
    }
    operation->place_ = under_way_.size();
    under_way_.push_back(operation);
    if (operation->cancelled_) {
        finish(*operation,
               Error{.code = Errc::cancelled, .message = "the request was cancelled", .safe_to_retry = true});
    } else if (!request) {
        finish(*operation, std::move(request).error());
    } else {
        transport_.refresh();
        exchange_.submit(transport_.now(), *std::move(request), *operation);
        driver_.turn();
    }
    settle(false);
}

void SharedClient::cancel(Operation& operation) {
    operation.cancelled_ = true;
    if (operation.id() && !abandoned_) {
        transport_.refresh();
        engine_.cancel(transport_.now(), operation.id());
        driver_.turn();
        settle(false);
    }
}

void SharedClient::finish(Operation& operation, Result<Response> result) {
    operation.result_ = std::move(result);
    std::shared_ptr<Operation>& place = under_way_[operation.place_];
    finished_.push_back(std::move(place));
    if (&place != &under_way_.back()) {
        place = std::move(under_way_.back());
        place->place_ = operation.place_;
    }
    under_way_.pop_back();
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
    tell();
    if (finished_.empty()) {
        return;
    }
    // Only the last one may run now: what it throws must not keep others back.
    std::shared_ptr<Operation> last;
    if (now) {
        last = std::move(finished_.back());
        finished_.pop_back();
    }
    for (std::shared_ptr<Operation>& operation : finished_) {
        net::post(executor_, [operation = std::move(operation)]() mutable { complete(std::move(operation)); });
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

// Everything of the operation is gone when the handler runs.
void SharedClient::complete(std::shared_ptr<Operation> operation) {
    const net::any_completion_executor executor = std::move(operation->executor_);
    std::visit(
        [&](auto& handler) {
            auto completion = [handler = std::move(handler), result = *std::move(operation->result_),
                               method = std::move(operation->method_), url = std::move(operation->url_)]() mutable {
                // The slot belongs to the handler's executor.
                if (net::cancellation_slot slot = net::get_associated_cancellation_slot(handler); slot.is_connected()) {
                    slot.clear();
                }
                invoke(handler, std::move(result), std::move(method), std::move(url));
            };
            operation.reset();
            net::dispatch(executor, std::move(completion));
        },
        operation->handler_);
}

}  // namespace ferry::asio::detail
