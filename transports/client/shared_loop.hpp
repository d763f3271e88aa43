// One engine, one loop, one lock: what a Client, its builders and its streams share, and the threads that use them.
//
// There is no thread of its own. A thread that makes a request takes the lock, gives the request to the engine, does a
// turn, and then waits in one of two ways:
//
//     leader     runs the loop, with the lock released during Loop::wait() alone; what it finds, it finds for everybody
//     follower   sleeps on a condition variable of its own until its request is done, or there is no leader
//
// A leader whose request is done leads no longer and wakes a follower, who leads. Whoever stops waiting sees to it that
// somebody leads if anybody waits: so no wake-up is lost, whatever order the threads run in. What a follower does with
// the engine while the leader waits (a nearer deadline, a new socket) reaches that wait through the loop itself.
//
// No user code runs under the lock. Traces are collected under it and told without it, by a thread that leads no longer:
// so the function that is told may use the client.
#pragma once

#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/driver.hpp>
#include <ferry/engine.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include "core/exchange/exchange.hpp"
#include "core/exchange/prepare.hpp"
#include "transports/loop/loop.hpp"

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ferry::detail {

/// A thread that waits, or may come to wait, for one thing. Guarded by the loop's lock.
class Waiter {
public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

private:
    friend class SharedLoop;

    std::condition_variable wake_;
    bool ready_ = false;
    bool parked_ = false;  // In the list of followers.
    Waiter* before_ = nullptr;
    Waiter* behind_ = nullptr;
};

/// A request whose body may come from a source. The source is asked by the thread that waits for the request, without
/// the lock; whoever leads only notes that it is to be asked, and wakes that thread.
class Sender : public Pending {
public:
    void on_writable(Engine& engine, Time now) override;
    void on_rewind() override;

protected:
    /// For another request.
    void renew() noexcept {
        wanted_ = false;
        rewind_ = false;
    }
    /// The source is to be asked.
    virtual void on_wanted() = 0;

private:
    friend class SharedLoop;

    bool wanted_ = false;
    bool rewind_ = false;
};

class SharedLoop final : private EventHandler {
public:
    using Lock = std::unique_lock<std::mutex>;
    using TraceFunction = std::function<void(const event::Trace&)>;

    /// An error that names the setting without meaning, or Errc::connect_failed if the system has no descriptors left.
    [[nodiscard]] static Result<std::shared_ptr<SharedLoop>> make(Config config);

    SharedLoop(Defaults defaults, TraceFunction on_trace);
    SharedLoop(const SharedLoop&) = delete;
    SharedLoop& operator=(const SharedLoop&) = delete;
    /// Nobody may be inside any more: whoever waits holds a share of this.
    ~SharedLoop() override;

    [[nodiscard]] const Defaults& defaults() const noexcept { return defaults_; }

    /// One request, from start to end.
    [[nodiscard]] Result<Response> perform(std::string_view method, UrlRef url);
    [[nodiscard]] Result<Response> perform(std::string_view method, UrlRef url, const Options& options);
    /// Many at once; the results are in the order of the calls.
    [[nodiscard]] std::vector<Result<Response>> gather(std::span<const Call> calls);
    /// Ends all that is under way with Errc::client_closed.
    void close() noexcept;
    /// Waits until nothing is under way, at most for so long, then closes. True if it all ended by itself.
    bool drain(std::optional<Duration> limit) noexcept;
    [[nodiscard]] Stats stats() const;
    [[nodiscard]] std::string dump() const;

    // For those who keep a request longer than one call, such as streams.

    [[nodiscard]] Lock lock() const { return Lock(mutex_); }
    /// Gives the request to the engine and begins with it.
    void start(const Lock& lock, Request&& request, Pending& pending);
    /// The same in three steps, for many of them: the clock is read, each is given to the engine, and it begins with all.
    void refresh(const Lock& /*lock*/) { loop_.refresh(); }
    void submit(const Lock& /*lock*/, Request&& request, Pending& pending) {
        exchange_.submit(loop_.now(), std::move(request), pending);
    }
    void turn(const Lock& /*lock*/) { driver_.turn(); }
    /// The consumer has dealt with `n` bytes of the body.
    void consume(const Lock& lock, Pending& pending, std::size_t n);
    /// Room for raw bytes; 0: Pending::on_writable() will tell.
    [[nodiscard]] std::size_t credit(const Lock& lock, const Pending& pending) const;
    void write(const Lock& lock, const Pending& pending, Buffer data);
    /// Of a request that is under way.
    [[nodiscard]] const Timings& timings(const Lock& lock, const Pending& pending) const;
    void finish(const Lock& lock, const Pending& pending);
    /// Asks the source once if it is wanted, with the lock released meanwhile; on_wanted() tells if it is to be asked
    /// again. In the thread that waits for the request.
    void feed(Lock& lock, Sender& sender);
    /// Cancels the request if it is under way; `pending` may go.
    void forget(const Lock& lock, Pending& pending);
    /// The same, but what is there of the rest of the response is read, and its connection may live.
    void discard(const Lock& lock, Pending& pending);
    /// Makes `waiter` wait until wake().
    void await(Lock& lock, Waiter& waiter);
    /// What `waiter` waits for is there. From Pending's calls, or otherwise with the lock held.
    void wake(Waiter& waiter);
    /// To be called at the end of what did not await() after start(), consume() or forget().
    void leave(Lock& lock);

private:
    void on_event(Time now, Event& event) override;

    [[nodiscard]] Result<Response> perform(Request&& request);
    void note_end();
    /// Deals with what has arrived or is due, without waiting, unless the leader does.
    void glance(const Lock& lock);
    void lead(Lock& lock, Waiter& waiter);
    void park(Lock& lock, Waiter& waiter);
    void appoint();
    void tell(Lock& lock) noexcept;

    const Defaults defaults_;
    const TraceFunction on_trace_;

    mutable std::mutex mutex_;  // Guards all that follows but Loop::wait() and Loop::wake().
    loop::Loop loop_;
    Engine engine_;
    Driver driver_;
    Exchange exchange_;
    std::vector<Waiter*> drainers_;  // Wait until nothing is under way.
    Waiter* leader_ = nullptr;
    bool polling_ = false;  // The leader is in Loop::wait().
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
    std::vector<event::Trace> traces_;
    bool telling_ = false;
};

}  // namespace ferry::detail
