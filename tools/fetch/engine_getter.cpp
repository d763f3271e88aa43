#include "tools/fetch/engine_getter.hpp"

#include "core/exchange/exchange.hpp"
#include "core/exchange/prepare.hpp"
#include "tools/fetch/failure.hpp"
#include "transports/loop/address.hpp"
#include "transports/wall_clock.hpp"

#include <ferry/engine.hpp>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <thread>
#include <utility>
#include <variant>

namespace ferry::tools {
namespace {

using detail::Defaults;

/// What the loop's thread brings and the transfer's thread takes.
class Inbox final : public detail::Pending {
public:
    /// Keeps this until the request has ended.
    void hold(std::shared_ptr<Inbox> self) { self_ = std::move(self); }
    void let_go() { self_.reset(); }

    void on_head(ResponseParts&& head) override {
        const std::scoped_lock lock(mutex_);
        head_ = std::move(head);
        changed_.notify_one();
    }
    void on_body(Engine& /*engine*/, std::span<const std::byte> bytes) override {
        const std::scoped_lock lock(mutex_);
        body_.append(bytes);
        changed_.notify_one();
    }
    void on_done(ResponseParts&& parts) override {
        const std::shared_ptr<Inbox> self = std::move(self_);
        const std::scoped_lock lock(mutex_);
        tail_ = std::move(parts);
        changed_.notify_one();
    }
    void on_failed(Error error) override {
        const std::shared_ptr<Inbox> self = std::move(self_);
        const std::scoped_lock lock(mutex_);
        error_ = std::move(error);
        changed_.notify_one();
    }

    [[nodiscard]] Result<ResponseParts> head() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return head_ || error_; });
        if (!head_) {
            return *error_;
        }
        return *std::move(head_);
    }
    /// Some of the body, the end, or a failure.
    [[nodiscard]] Result<std::variant<Buffer, ResponseParts>> next() {
        using Next = std::variant<Buffer, ResponseParts>;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !body_.empty() || tail_ || error_; });
        if (!body_.empty()) {
            return Next(std::exchange(body_, Buffer()));
        }
        if (error_) {
            return *error_;
        }
        return Next(*tail_);
    }

private:
    std::shared_ptr<Inbox> self_;  // The loop's thread's.
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<ResponseParts> head_;
    Buffer body_;
    std::optional<ResponseParts> tail_;
    std::optional<Error> error_;
};

EngineConfig engine_config(const Defaults& defaults, const Transport& transport) {
    EngineConfig engine = defaults.engine();
    engine.capabilities = transport.capabilities();
    std::random_device random;
    engine.seed = std::uint64_t{random()} << 32U | random();
    return engine;
}

Defaults checked(const Config& config) {
    Result<Defaults> defaults = Defaults::make(config);
    if (!defaults) {
        throw FetchFailure(exit_code_of(defaults.error().code), defaults.error().message);
    }
    if (const auto fine = loop::check_socket_path(config.socket_path); !fine) {
        throw FetchFailure(exit_code_of(fine.error().code), fine.error().message);
    }
    return *std::move(defaults);
}

class EngineGetter final : public Getter, private EventHandler {
public:
    EngineGetter(const Config& config, std::unique_ptr<LoopThread> loop)
        : defaults_(checked(config)),
          on_trace_(config.on_trace),
          loop_(std::move(loop)),
          engine_(engine_config(defaults_, loop_->transport())),
          driver_(engine_, loop_->transport(), *this),
          exchange_(engine_, &detail::wall_clock) {
        loop_->attach(driver_);
        thread_ = std::thread([this] { loop_->run(); });
    }
    ~EngineGetter() override {
        command([this](Time now) {
            exchange_.close(now);
            loop_->stop();
        });
        thread_.join();
    }

    [[nodiscard]] Result<std::unique_ptr<Transfer>> open(std::string_view method, const Url& url,
                                                         const Options& options) override;

    void consume(const std::shared_ptr<Inbox>& inbox, std::size_t size) {
        command([this, inbox, size](Time now) {
            if (inbox->id()) {
                engine_.consume(now, inbox->id(), size);
            }
        });
    }
    void forget(const std::shared_ptr<Inbox>& inbox) {
        command([this, inbox](Time now) {
            exchange_.forget(now, *inbox);
            inbox->let_go();
        });
    }

private:
    void command(std::function<void(Time)> action) {
        loop_->post([this, action = std::move(action)] {
            loop_->refresh();
            action(loop_->transport().now());
            driver_.turn();
        });
    }

    void on_event(Time now, Event& event) override {
        if (const auto* trace = std::get_if<event::Trace>(&event)) {
            on_trace_(*trace);
        } else {
            exchange_.on_event(now, event);
        }
    }

    const Defaults defaults_;
    const std::function<void(const event::Trace&)> on_trace_;
    const std::unique_ptr<LoopThread> loop_;  // Outlives the driver, and is idle by then.
    Engine engine_;
    Driver driver_;
    detail::Exchange exchange_;
    std::thread thread_;
};

class EngineTransfer final : public Transfer {
public:
    EngineTransfer(EngineGetter& getter, std::shared_ptr<Inbox> inbox, ResponseParts head)
        : getter_(getter), inbox_(std::move(inbox)), response_(std::move(head)) {}
    ~EngineTransfer() override { getter_.forget(inbox_); }

    [[nodiscard]] const Response& response() const override { return response_; }

    [[nodiscard]] Result<std::optional<Buffer>> read() override {
        Result<std::variant<Buffer, ResponseParts>> next = inbox_->next();
        if (!next) {
            return std::move(next).error();
        }
        if (auto* const piece = std::get_if<Buffer>(&*next)) {
            getter_.consume(inbox_, piece->size());
            return std::optional(std::move(*piece));
        }
        ResponseParts parts = std::move(response_).parts();
        parts.trailers = std::move(std::get<ResponseParts>(*next).trailers);
        parts.timings = std::get<ResponseParts>(*next).timings;
        response_ = Response(std::move(parts));
        return std::optional<Buffer>();
    }

private:
    EngineGetter& getter_;
    std::shared_ptr<Inbox> inbox_;
    Response response_;
};

Result<std::unique_ptr<Transfer>> EngineGetter::open(std::string_view method, const Url& url, const Options& options) {
    Result<Request> request = defaults_.prepare(method, url, options, false);
    if (!request) {
        return std::move(request).error();
    }
    const auto inbox = std::make_shared<Inbox>();
    // Functions are copied, requests had better not be.
    const auto shared = std::make_shared<Request>(*std::move(request));
    command([this, inbox, shared](Time now) {
        inbox->hold(inbox);
        exchange_.submit(now, std::move(*shared), *inbox);
    });
    Result<ResponseParts> head = inbox->head();
    if (!head) {
        return std::move(head).error();
    }
    return std::unique_ptr<Transfer>(std::make_unique<EngineTransfer>(*this, inbox, *std::move(head)));
}

}  // namespace

std::unique_ptr<Getter> make_engine_getter(const Config& config, std::unique_ptr<LoopThread> loop) {
    return std::make_unique<EngineGetter>(config, std::move(loop));
}

}  // namespace ferry::tools
