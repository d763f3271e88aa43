// One engine on one executor: what a Client, its builders and its deferred operations share.
//
// All of it belongs to the executor but prepare() and executor(). No user code runs inside the engine or the driver:
// completions are gathered, and leave at the end of a handler. From a handler of the transport's the last one is
// dispatched, so that it goes on at once where the executor allows it; what begins a request posts.
//
// Handlers of the transport keep this alive until they have come back. If the execution context ends first, abandon()
// lets go of everything that belongs to it, and of the completions that have not come.
#pragma once

#include <ferry/asio.hpp>

#include "core/exchange/exchange.hpp"
#include "core/exchange/prepare.hpp"
#include "transports/asio/completion.hpp"
#include "transports/asio/transport.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ferry::asio::detail {

class Registry;

/// A request, which its client keeps until it has ended.
class Flight : public ferry::detail::Pending {
public:
    explicit Flight(Shared client);

    /// The execution context ends: lets go of handlers.
    virtual void abandon() noexcept {}
    /// As it asked for with SharedClient::at_settling().
    virtual void on_settling() {}

protected:
    Shared client_;

private:
    friend class SharedClient;

    const bool owned_;        // It was made while there was a Client.
    bool cancelled_ = false;  // Maybe before it began.
    std::size_t place_ = 0;   // Among those under way.
};

/// A request whose response is collected, from its initiation to its completion.
class Operation final : public Flight, public Completion {
public:
    using Handler = std::variant<::boost::asio::any_completion_handler<Signature>,
                                 ::boost::asio::any_completion_handler<TrySignature>>;

    Operation(Shared client, Result<Request>&& request, Handler&& handler);

    void on_done(ResponseParts&& parts) override;
    void on_failed(Error error) override;
    void complete(std::shared_ptr<Completion> self) override;

private:
    friend class SharedClient;

    void finish();

    Handler handler_;
    HandlerExecutor executor_;
    std::variant<Result<Request>, Result<Response>>
        message_;  // The one until it has begun, the other when it has ended.
};

// Asio recycles no blocks of more than 1020 bytes, shared_ptr's counters among them.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_DEBUG)
static_assert(sizeof(Operation) <= 984);
#endif

class SharedClient final : public std::enable_shared_from_this<SharedClient>, private EventHandler {
public:
    /// Throws for settings without meaning.
    [[nodiscard]] static Shared make(const ::boost::asio::any_io_executor& executor, Config config);

    SharedClient(const ::boost::asio::any_io_executor& executor, Config config, ferry::detail::Defaults defaults);
    SharedClient(const SharedClient&) = delete;
    SharedClient& operator=(const SharedClient&) = delete;
    ~SharedClient() override;

    [[nodiscard]] const ferry::detail::Defaults& defaults() const noexcept { return defaults_; }
    [[nodiscard]] const ::boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] Stats stats() const { return engine_.stats(); }
    [[nodiscard]] std::string dump() const { return engine_.dump(); }

    /// From any thread: begins a request, unless the execution context is gone: then the handler is destroyed uncalled.
    void start(Prepared&& prepared, Operation::Handler&& handler);
    /// From any thread: lets what is under way end, at most for so long, then closes.
    void drain(std::optional<Duration> limit, ::boost::asio::any_completion_handler<DrainSignature> handler);
    /// From any thread: ends all requests with Errc::client_closed, and closes the connections.
    void close();
    /// From any thread: the same, but as cancelled by their owner, which is gone.
    void cancel_all();
    /// The execution context ends.
    void abandon() noexcept;

    // For requests under way, on the executor. A command ends with settle().

    /// Runs `action` on the executor, unless the execution context is gone.
    template <class Action>
    void on_executor(Action action) {
        if (!abandoned_) {
            ::boost::asio::dispatch(executor_, std::move(action));
        }
    }
    [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_; }
    /// The Client is gone.
    [[nodiscard]] bool is_orphaned() const noexcept { return orphaned_; }
    /// Has a signal on `slot`, whatever its type, call `action` with `target` on the executor, if both are still there.
    template <class Target, class Action>
    void on_signal(::boost::asio::cancellation_slot slot, const std::shared_ptr<Target>& target, Action action) {
        if (!slot.is_connected()) {
            return;
        }
        slot.assign([weak = weak_from_this(), target = std::weak_ptr(target),
                     action = std::move(action)](::boost::asio::cancellation_type type) {
            const Shared self = weak.lock();
            if (self == nullptr || type == ::boost::asio::cancellation_type::none) {
                return;
            }
            self->on_executor([self, target, action] {
                if (const std::shared_ptr<Target> wanted = target.lock()) {
                    action(wanted);
                }
            });
        });
    }
    /// Submits a request, or has it fail: also if it was cancelled by now, or the Client that began it is gone.
    void begin(std::shared_ptr<Flight> flight, Result<Request>&& request);
    void cancel(Flight& flight);
    /// It has ended.
    [[nodiscard]] std::shared_ptr<Flight> release(Flight& flight);
    /// Room for raw bytes; 0: Pending::on_writable() will tell.
    [[nodiscard]] std::size_t credit(const Flight& flight) const { return engine_.credit(flight.id()); }
    /// Gives `action` the engine and the time, and does a turn.
    template <class Command>
    void command(Command action) {
        transport_.refresh();
        action(engine_, transport_.now());
        driver_.turn();
    }
    /// It goes out with the next settle().
    void leave(std::shared_ptr<Completion> completion) { finished_.push_back(std::move(completion)); }
    /// Has Flight::on_settling() called by the next settle(), before completions go out.
    void at_settling(std::shared_ptr<Flight> flight) { settling_.push_back(std::move(flight)); }
    /// Lets completions and traces go out; `now` if this is the end of a handler of the transport's.
    void settle(bool now = false);

private:
    /// Who waits for the end of all requests.
    struct Drainer {
        std::shared_ptr<Reply<Completion, bool>> reply;
        std::uint64_t cut_off;  // Exchange::cut_off() when it began.
    };

    void keep(std::shared_ptr<Flight> flight);
    void stop_draining(const std::shared_ptr<Reply<Completion, bool>>& reply);
    void all_ended();
    void tell() noexcept;

    void on_event(Time now, Event& event) override;

    const ferry::detail::Defaults defaults_;
    const std::function<void(const event::Trace&)> on_trace_;
    ::boost::asio::any_io_executor executor_;  // None after abandon(): a strand's belongs to its context.
    Registry& registry_;
    std::atomic<bool> abandoned_ = false;
    std::atomic<bool> orphaned_ = false;  // The Client is gone: nothing is traced any more.

    AsioTransport transport_;
    Engine engine_;
    Driver driver_;
    ferry::detail::Exchange exchange_;
    std::vector<std::shared_ptr<Flight>> under_way_;
    std::vector<std::shared_ptr<Completion>> finished_;
    std::vector<std::shared_ptr<Flight>> settling_;
    std::vector<Drainer> drainers_;
    std::vector<event::Trace> traces_;
    bool telling_ = false;
};

}  // namespace ferry::asio::detail
