// The facade: takes the time, lets the hub do the work, and carries out what the pool decided meanwhile.
#include <ferry/engine.hpp>

#include "core/engine/burst.hpp"
#include "core/engine/hub.hpp"

#include <stdexcept>
#include <utility>

namespace ferry {

namespace {
PoolLimits effective(PoolLimits limits) {
    if (limits.keepalive_expiry && *limits.keepalive_expiry <= Duration::zero()) {
        limits.max_keepalive = 0;  // kept for no time is not kept
    }
    return limits;
}
}  // namespace

Engine::Impl::Impl(EngineConfig configuration)
    : config(std::move(configuration)),
      lookups(config.hosts),
      pool(effective(config.limits)),
      random(config.seed),
      allowance(config.retry_budget) {
    if (config.limits.max_connections == 0) {
        throw std::invalid_argument("limits.max_connections is 0: no request could ever be sent");
    }
    if (config.limits.keepalive_expiry && *config.limits.keepalive_expiry < Duration::zero()) {
        throw std::invalid_argument("limits.keepalive_expiry is negative");
    }
    if (config.limits.max_per_origin == 0) {
        throw std::invalid_argument("limits.max_per_origin is 0: no request could ever be sent");
    }
    if (config.limits.max_connection_age && *config.limits.max_connection_age <= Duration::zero()) {
        throw std::invalid_argument("limits.max_connection_age is not positive");
    }
    for (const HostAddresses& entry : config.hosts) {
        if (entry.endpoints.empty()) {
            throw std::invalid_argument("hosts: " + entry.host + " has no address");
        }
    }
}

Engine::Engine() : Engine(EngineConfig{}) {}
Engine::Engine(EngineConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;
Engine::~Engine() = default;

void Engine::on_resolved(Time now, LookupId id, std::span<const Endpoint> endpoints, std::error_code error) {
    impl_->set_now(now);
    impl_->on_resolved(id, endpoints, error);
    impl_->carry_out();
}

void Engine::on_connected(Time now, ConnId id) {
    impl_->set_now(now);
    impl_->on_connected(id);
    impl_->carry_out();
}

void Engine::on_received(Time now, ConnId id, std::span<const std::byte> bytes) {
    impl_->set_now(now);
    impl_->on_received(id, bytes);
    impl_->carry_out();
}

void Engine::on_sent(Time now, ConnId id, std::size_t n) {
    impl_->set_now(now);
    impl_->on_sent(id, n);
    impl_->carry_out();
}

void Engine::on_send_failed(Time now, ConnId id, std::error_code error) {
    impl_->set_now(now);
    impl_->on_send_failed(id, error);
    impl_->carry_out();
}

void Engine::on_eof(Time now, ConnId id) {
    impl_->set_now(now);
    impl_->on_eof(id);
    impl_->carry_out();
}

void Engine::on_closed(Time now, ConnId id, std::error_code why) {
    impl_->set_now(now);
    impl_->on_closed(id, why);
    impl_->carry_out();
}

void Engine::on_time(Time now) {
    impl_->set_now(now);
    impl_->on_time();
    impl_->carry_out();
}

void Engine::on_wall_clock(Time now, std::chrono::sys_seconds wall) {
    impl_->set_now(now);
    impl_->config.wall = wall;
    impl_->config.wall_at = now;
}

std::span<const Op> Engine::take_ops() {
    if (impl_->ops.empty() && impl_->ops_taken.empty()) {
        return {};
    }
    if (std::exchange(impl_->ops_for_the_dead, false)) {
        impl_->bury_ops();
    }
    impl_->ops_taken.clear();
    std::swap(impl_->ops, impl_->ops_taken);
    if (!impl_->hosts.empty() || !impl_->hosts_taken.empty()) {
        impl_->hosts_taken.clear();
        std::swap(impl_->hosts, impl_->hosts_taken);
    }
    ++impl_->op_batch;
    return impl_->ops_taken;
}

std::span<Event> Engine::take_events() {
    if (impl_->events.empty() && impl_->events_taken.empty()) {
        return {};
    }
    for (const RequestId id : impl_->ended_taken) {  // their last event has been handled
        impl_->forget(id);
    }
    impl_->ended_taken.clear();
    impl_->events_taken.clear();
    std::swap(impl_->ended, impl_->ended_taken);
    std::swap(impl_->events, impl_->events_taken);
    if (impl_->flows.slots() > burst && impl_->flows.size() == 0 && impl_->events_taken.empty()) {
        impl_->end_burst();
    }
    return impl_->events_taken;
}

std::optional<Time> Engine::deadline() const { return impl_->timers.earliest(); }

std::size_t Engine::gather(ConnId id, std::span<ConstBuffer> out) { return impl_->gather(id, out); }

std::span<std::byte> Engine::read_buffer(ConnId /*id*/) { return impl_->read_memory.get(); }

RequestId Engine::submit(Time now, Request&& request) {
    impl_->set_now(now);
    return impl_->submit(std::move(request));
}

RequestId Engine::submit(Time now, const Request& request) { return submit(now, Request(request)); }

void Engine::cancel(Time now, RequestId id) {
    impl_->set_now(now);
    impl_->cancel(id);
    impl_->carry_out();
}

void Engine::discard(Time now, RequestId id) {
    impl_->set_now(now);
    impl_->discard(id);
    impl_->carry_out();
}

void Engine::consume(Time now, RequestId id, std::size_t n) {
    impl_->set_now(now);
    impl_->consume(id, n);
}

std::size_t Engine::write_body(Time now, RequestId id, Buffer data) {
    impl_->set_now(now);
    const std::size_t taken = impl_->write_body(id, std::move(data));
    impl_->carry_out();
    return taken;
}

std::size_t Engine::credit(RequestId id) const { return impl_->credit(id); }

void Engine::finish_body(Time now, RequestId id) { finish_body(now, id, Headers()); }

void Engine::finish_body(Time now, RequestId id, Headers trailers) {
    impl_->set_now(now);
    impl_->finish_body(id, std::move(trailers));
    impl_->carry_out();
}

void Engine::drain(Time now) {
    impl_->set_now(now);
    impl_->drain();
    impl_->carry_out();
}

void Engine::drain(Time now, Duration limit) {
    impl_->set_now(now);
    impl_->drain(limit);
    impl_->carry_out();
}

Buffer Engine::keep(std::span<const std::byte> data) { return impl_->read_memory.keep(data); }

ResponseHead Engine::take_head(RequestId id) {
    Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? std::move(flow->head) : ResponseHead{};
}

Buffer Engine::take_body(RequestId id) {
    Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? std::move(flow->body) : Buffer();
}

Headers Engine::take_trailers(RequestId id) {
    Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? std::move(flow->trailers) : Headers();
}

Error Engine::take_error(RequestId id) {
    Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? std::move(flow->error) : Error{Errc::invalid_state, {}, "no such request"};
}

Url Engine::take_url(RequestId id) {
    Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? std::exchange(flow->request.url, Url()) : Url();
}

const Request& Engine::request(RequestId id) const {
    static const Request nothing;
    const Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? flow->request : nothing;
}

const Timings& Engine::timings(RequestId id) const {
    static const Timings nothing;
    const Flow* flow = impl_->flows.get(id);
    return flow != nullptr ? flow->timings : nothing;
}

const Stats& Engine::stats() const {
    Stats& s = impl_->counters;
    s.idle = impl_->pool.idle_count();
    s.connecting = impl_->pool.dial_count() + impl_->pool.spare_count();
    s.active = impl_->pool.open_count() - s.idle - s.connecting;
    s.waiting = impl_->pool.waiting_count() + impl_->resting;
    return s;
}

std::string Engine::dump() const { return impl_->dump(); }
std::string Engine::audit() const { return impl_->audit(); }

}  // namespace ferry
