#include "transports/client/shared_loop.hpp"

#include "transports/client/at_exit.hpp"
#include "transports/client/gathering.hpp"
#include "transports/loop/address.hpp"
#include "transports/wall_clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

namespace ferry::detail {

namespace {

EngineConfig engine_config(const Defaults& defaults, loop::Loop& loop) {
    EngineConfig engine = defaults.engine();
    engine.capabilities = loop.capabilities();
    std::random_device random;
    engine.seed = std::uint64_t{random()} << 32U | random();
    return engine;
}

/// Lets go of the lock, and notes that the loop waits meanwhile.
class Polling {
public:
    Polling(SharedLoop::Lock& lock, bool& polling) : lock_(lock), polling_(polling) {
        polling_ = true;
        lock_.unlock();
    }
    Polling(const Polling&) = delete;
    Polling& operator=(const Polling&) = delete;
    ~Polling() {
        lock_.lock();
        polling_ = false;
    }

private:
    SharedLoop::Lock& lock_;
    bool& polling_;
};

/// A request that one thread waits for.
class Single final : public Sender {
public:
    explicit Single(SharedLoop& loop) : loop_(loop) {}

    [[nodiscard]] bool ended() const noexcept { return result_.has_value(); }

    void on_done(ResponseParts&& parts) override {
        result_.emplace(std::in_place, std::move(parts));
        loop_.wake(waiter_);
    }
    void on_failed(Error error) override {
        result_.emplace(std::move(error));
        loop_.wake(waiter_);
    }

    [[nodiscard]] Waiter& waiter() noexcept { return waiter_; }
    [[nodiscard]] Result<Response>&& result() { return *std::move(result_); }

private:
    void on_wanted() override { loop_.wake(waiter_); }

    SharedLoop& loop_;
    Waiter waiter_;
    std::optional<Result<Response>> result_;
};

}  // namespace

Result<std::shared_ptr<SharedLoop>> SharedLoop::make(Config config) {
    Result<Defaults> defaults = Defaults::make(config);
    if (!defaults) {
        return std::move(defaults).error();
    }
    if (auto fine = loop::check_socket_path(config.socket_path); !fine) {
        return std::move(fine).error();
    }
    try {
        return std::make_shared<SharedLoop>(*std::move(defaults), std::move(config.on_trace));
    } catch (const std::system_error& error) {
        return Error{.code = Errc::connect_failed,
                     .cause = error.code(),
                     .message = std::string("the client cannot be set up: ") + error.what(),
                     .safe_to_retry = true};
    }
}

SharedLoop::SharedLoop(Defaults defaults, TraceFunction on_trace)
    : defaults_(std::move(defaults)),
      on_trace_(std::move(on_trace)),
      loop_(loop::LoopOptions{.lookup = loop::lookup_in_force(defaults_.resolver())}),
      engine_(engine_config(defaults_, loop_)),
      driver_(engine_, loop_, *this),
      exchange_(engine_, &wall_clock) {
    loop_.attach(driver_);
}

SharedLoop::~SharedLoop() = default;

// ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────

Result<Response> SharedLoop::perform(std::string_view method, UrlRef url) {
    Result<Request> request = defaults_.prepare(method, url, true);
    return request ? perform(*std::move(request)) : std::move(request).error();
}

Result<Response> SharedLoop::perform(std::string_view method, UrlRef url, const Options& options) {
    Result<Request> request = defaults_.prepare(method, url, options, true);
    return request ? perform(*std::move(request)) : std::move(request).error();
}

Result<Response> SharedLoop::perform(Request&& request) {
    Single single(*this);
    {
        Lock held = lock();
        const AtExit forget_it([&] { forget(held, single); });
        start(held, std::move(request), single);
        while (!single.ended()) {
            await(held, single.waiter());
            feed(held, single);
        }
    }
    return single.result();
}

std::vector<Result<Response>> SharedLoop::gather(std::span<const Call> calls) { return Gathering(*this, calls).run(); }

void SharedLoop::close() noexcept {
    Lock held = lock();
    loop_.refresh();
    exchange_.close(loop_.now());
    driver_.turn();
    leave(held);
}

bool SharedLoop::drain(std::optional<Duration> limit) noexcept {
    Lock held = lock();
    loop_.refresh();
    const std::uint64_t cut_off = exchange_.cut_off();
    exchange_.drain(loop_.now(), limit);
    driver_.turn();
    Waiter waiter;
    while (exchange_.under_way() > 0) {
        drainers_.push_back(&waiter);
        await(held, waiter);
        std::erase(drainers_, &waiter);
    }
    loop_.refresh();
    const bool all_ended = exchange_.cut_off() == cut_off;
    exchange_.close(loop_.now());
    driver_.turn();
    leave(held);
    return all_ended;
}

Stats SharedLoop::stats() const {
    const Lock held = lock();
    return engine_.stats();
}

std::string SharedLoop::dump() const {
    const Lock held = lock();
    return engine_.dump();
}

void SharedLoop::start(const Lock& lock, Request&& request, Pending& pending) {
    refresh(lock);
    submit(lock, std::move(request), pending);
    turn(lock);
}

void SharedLoop::consume(const Lock& /*lock*/, Pending& pending, std::size_t n) {
    if (pending.id()) {
        loop_.refresh();
        engine_.consume(loop_.now(), pending.id(), n);
        driver_.turn();
    }
}

std::size_t SharedLoop::credit(const Lock& /*lock*/, const Pending& pending) const {
    return engine_.credit(pending.id());
}

const Timings& SharedLoop::timings(const Lock& /*lock*/, const Pending& pending) const {
    return engine_.timings(pending.id());
}

void SharedLoop::write(const Lock& /*lock*/, const Pending& pending, Buffer data) {
    loop_.refresh();
    static_cast<void>(engine_.write_body(loop_.now(), pending.id(), std::move(data)));
    driver_.turn();
}

void SharedLoop::finish(const Lock& /*lock*/, const Pending& pending) {
    loop_.refresh();
    engine_.finish_body(loop_.now(), pending.id());
    driver_.turn();
}

void SharedLoop::forget(const Lock& /*lock*/, Pending& pending) {
    if (pending.id()) {
        loop_.refresh();
        exchange_.forget(loop_.now(), pending);
        driver_.turn();
        note_end();
    }
}

void SharedLoop::discard(const Lock& lock, Pending& pending) {
    if (!pending.id()) {
        return;
    }
    loop_.refresh();
    exchange_.discard(loop_.now(), pending);
    driver_.turn();
    note_end();
    glance(lock);  // Nobody may come here for long.
}

void SharedLoop::glance(const Lock& /*lock*/) {
    if (!polling_) {
        loop_.prepare(loop_.now());
        loop_.wait();
        loop_.dispatch();
    }
}

// ── Bodies from sources ──────────────────────────────────────────────────────────────────────────────────────────

void Sender::on_writable(Engine& /*engine*/, Time /*now*/) {
    wanted_ = true;
    on_wanted();
}

void Sender::on_rewind() {
    rewind_ = true;
    on_wanted();
}

void SharedLoop::feed(Lock& lock, Sender& sender) {
    const auto wanted = [&] { return sender.id() && sender.upload().is_set() && (sender.rewind_ || sender.wanted_); };
    if (!wanted()) {
        return;
    }
    const bool rewind = std::exchange(sender.rewind_, false);
    sender.wanted_ = sender.wanted_ && rewind;
    lock.unlock();
    Result<void> asked = rewind ? sender.upload().rewind() : sender.upload().fetch();
    lock.lock();
    if (sender.id() && !sender.rewind_) {  // Else it has ended, or is wanted from its beginning.
        loop_.refresh();
        if (!asked) {
            sender.fail_with(std::move(asked).error());
            engine_.cancel(loop_.now(), sender.id());
        } else if (!rewind) {
            sender.wanted_ = sender.upload().give(engine_, loop_.now(), sender.id()) || sender.wanted_;
        }
        driver_.turn();
        glance(lock);  // A source that always has more must not keep time, answers and others waiting.
    }
    if (wanted()) {
        sender.on_wanted();
    }
}

void SharedLoop::on_event(Time now, Event& event) {
    if (auto* trace = std::get_if<event::Trace>(&event)) {
        traces_.push_back(std::move(*trace));
    } else {
        exchange_.on_event(now, event);
        note_end();
    }
}

void SharedLoop::note_end() {
    if (!drainers_.empty() && exchange_.under_way() == 0) {
        for (Waiter* drainer : drainers_) {
            wake(*drainer);
        }
    }
}

// ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

void SharedLoop::await(Lock& lock, Waiter& waiter) {
    while (!waiter.ready_) {
        if (!traces_.empty() && !telling_) {
            tell(lock);
        } else if (leader_ == nullptr) {
            lead(lock, waiter);
        } else {
            park(lock, waiter);
        }
    }
    waiter.ready_ = false;
    leave(lock);
}

void SharedLoop::wake(Waiter& waiter) {
    waiter.ready_ = true;
    if (waiter.parked_) {
        // With the lock held: once it sees `ready_`, the waiter may be gone.
        waiter.wake_.notify_one();
    } else if (&waiter == leader_ && polling_) {
        loop_.wake();
    }
}

void SharedLoop::leave(Lock& lock) {
    appoint();
    tell(lock);
}

// Until what the leader waits for is there, or there is something to tell.
void SharedLoop::lead(Lock& lock, Waiter& waiter) {
    leader_ = &waiter;
    const AtExit step_down([this] {
        leader_ = nullptr;
        appoint();
    });
    do {
        loop_.prepare();
        {
            const Polling polling(lock, polling_);
            loop_.wait();
        }
        loop_.dispatch();
    } while (!waiter.ready_ && (traces_.empty() || telling_));
}

void SharedLoop::park(Lock& lock, Waiter& waiter) {
    waiter.before_ = last_;
    waiter.behind_ = nullptr;
    (last_ != nullptr ? last_->behind_ : first_) = &waiter;
    last_ = &waiter;
    waiter.parked_ = true;
    waiter.wake_.wait(lock);  // For nothing sometimes: who wakes up looks.
    waiter.parked_ = false;
    (waiter.before_ != nullptr ? waiter.before_->behind_ : first_) = waiter.behind_;
    (waiter.behind_ != nullptr ? waiter.behind_->before_ : last_) = waiter.before_;
}

// One that is woken and does not lead, because it is ready or another one came first, appoints or is led.
void SharedLoop::appoint() {
    if (leader_ == nullptr && first_ != nullptr) {
        first_->wake_.notify_one();
    }
}

void SharedLoop::tell(Lock& lock) noexcept {
    if (telling_) {
        return;
    }
    telling_ = true;
    while (!traces_.empty()) {
        const std::vector<event::Trace> batch = std::exchange(traces_, {});
        lock.unlock();
        for (const event::Trace& trace : batch) {
            on_trace_(trace);
        }
        lock.lock();
    }
    telling_ = false;
}

}  // namespace ferry::detail
