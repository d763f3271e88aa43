// One engine on one executor: what a Client, its builders and its deferred operations share.
//
// All of it belongs to the executor but what says otherwise: start(), drain(), close(), cancel_all(), on_executor(),
// on_signal(), defaults() and executor() may be called in any thread. No user code runs inside the engine or the driver:
// completions are gathered, and leave at the end of a handler. From a handler of the transport's the last one is called
// at once where the executor would allow it if asked; what begins a request posts.
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
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

    bool owned_;              // It was begun while there was a Client.
    bool cancelled_ = false;  // Maybe before it began.
    std::size_t place_ = 0;   // Among those under way.
};

/// A request whose response is collected. It is made before it is initiated, and may be dropped or copied until then.
class Operation final : public Flight, public Completion {
public:
    using Handler = detail::Handler<CollectedSignature>;

    Operation(const Shared& client, std::string_view method, UrlRef url, const Options* options);
    /// One that is not initiated yet.
    Operation(const Operation& other);
    Operation& operator=(const Operation&) = delete;
    ~Operation() override;

    [[nodiscard]] const Shared& client() const noexcept { return client_; }

    void on_done(ResponseParts&& parts) override;
    void on_failed(Error error) override;
    void complete(std::shared_ptr<Completion> self) override;

private:
    friend class SharedClient;

    template <class... Args>
    void finish(Args&&... args);
    void call();

    ::boost::asio::any_completion_handler<CollectedSignature> handler_;
    ::boost::asio::any_completion_executor executor_;  // None: the client's.
    bool signals_ = false;                             // The handler's slot has a handler of ours.
    bool ended_ = false;
    union {
        Result<Request> request_;    // Until it has ended; made here, and not moved.
        Result<Response> response_;  // Then.
    };
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
    void start(std::shared_ptr<Operation> operation, Operation::Handler&& handler);
    /// From any thread: lets what is under way end, at most for so long, then closes.
    void drain(std::optional<Duration> limit, Handler<DrainSignature> handler);
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
        if (abandoned_) {
            return;
        }
        // The action may hold the last share of this: nothing is touched behind it.
        if (runs_here()) {
            action();
        } else {
            ::boost::asio::dispatch(executor_, std::move(action));
        }
    }
    [[nodiscard]] bool is_abandoned() const noexcept { return abandoned_; }
    /// The Client is gone.
    [[nodiscard]] bool is_orphaned() const noexcept { return orphaned_; }
    /// Has a signal on `slot`, whatever its type, call `action` with `target` on the executor, if both are still there.
    /// False if none can come.
    template <class Target, class Action>
    bool on_signal(::boost::asio::cancellation_slot slot, const std::shared_ptr<Target>& target, Action action) {
        if (!slot.is_connected()) {
            return false;
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
        return true;
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
    /// Somebody waits for a completion: until it leaves, the executor knows that there is work to come.
    void expect();
    /// It goes out with the next settle().
    void leave(std::shared_ptr<Completion> completion) {
        --expected_;
        finished_.push_back(std::move(completion));
    }
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

    /// A short way to what dispatch() finds out: action may be called at once, and what it throws, which is lack of memory
    /// alone, comes out there. False if that is not known.
    [[nodiscard]] bool runs_here() const noexcept { return context_ && context_->running_in_this_thread(); }
    void keep(std::shared_ptr<Flight> flight);
    /// Lets completions out.
    void let_out(bool now);
    void stop_draining(const std::shared_ptr<Reply<Completion, bool>>& reply);
    void all_ended();
    void tell() noexcept;

    void on_event(Time now, Event& event) override;

    const ferry::detail::Defaults defaults_;
    const std::function<void(const event::Trace&)> on_trace_;
    ::boost::asio::any_io_executor executor_;  // None after abandon(): a strand's belongs to its context.
    /// What never posts what it is to dispatch where it runs.
    const bool may_call_;
    const std::optional<::boost::asio::io_context::executor_type>
        context_;                          // The same, if it is that of an io_context.
    ::boost::asio::any_io_executor work_;  // While completions are expected.
    std::size_t expected_ = 0;
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
