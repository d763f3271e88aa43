// What a RetryPolicy makes again. core/policy decides; here is what becomes of the connection, the body and the time.
#include "core/engine/hub.hpp"
#include "core/engine/plant.hpp"

#include "core/policy/retry.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace ferry {

bool Engine::Impl::may_repeat(const Flow& flow) const noexcept {
    const RetryPolicy* policy = flow.request.retry_policy.get();
    return policy != nullptr && flow.retries < policy->max_retries + std::uint32_t{planted(Plant::retries_uncounted)} &&
           !flow.head_delivered && (flow.replayable() || planted(Plant::one_shot_replayed));
}

bool Engine::Impl::can_afford(const Flow& flow, Duration pause) {
    return saturating_add(now, pause) < flow.timers->total.due && (allowance.spend() || planted(Plant::budget_ignored));
}

bool Engine::Impl::repeat(Flow& flow, const Error& error) {
    if (!may_repeat(flow) || !repeats(*flow.request.retry_policy, flow.request.method, error.code, !flow.exposed)) {
        return false;
    }
    const Duration pause = ferry::back_off(*flow.request.retry_policy, flow.retries, random.next());
    if (!can_afford(flow, pause)) {
        return false;
    }
    if (tracing()) {
        trace(flow.id, {}, error.message + ": once more in " + to_text(pause));
    }
    start_over(flow);
    back_off(flow, pause);
    return true;
}

bool Engine::Impl::unwanted(Flow& flow, const ResponseHead& head) {
    if (!may_repeat(flow) || !repeats(*flow.request.retry_policy, flow.request.method, head.status) ||
        planted(Plant::retry_forgotten)) {
        return false;
    }
    const RetryPolicy& policy = *flow.request.retry_policy;
    Duration pause = ferry::back_off(policy, flow.retries, random.next());
    if (policy.respect_retry_after) {
        const auto wall = std::chrono::floor<std::chrono::seconds>(config.wall + (now - config.wall_at));
        if (const std::optional<Duration> asked = retry_after(head.headers, wall)) {
            if (!policy.max_retry_after.is_never() && *asked > policy.max_retry_after.value()) {
                return false;
            }
            pause = planted(Plant::retry_after_ignored) ? pause : *asked;
        }
    }
    if (!can_afford(flow, pause)) {
        return false;
    }
    if (tracing()) {
        trace(flow.id, flow.connection, std::to_string(head.status) + ": once more in " + to_text(pause));
    }
    flow.repeat_after = pause;
    return true;
}

void Engine::Impl::leave_response(Flow& flow, Connection& connection) {
    const Duration pause = *flow.repeat_after;
    const bool request_complete = flow.request_complete;
    const bool response_complete = flow.response_complete;
    detach(flow, connection, true);
    start_over(flow);
    back_off(flow, pause);
    if (response_complete) {
        put_back(connection, request_complete);
    } else {
        drain_rest(connection, request_complete);
    }
}

void Engine::Impl::start_over(Flow& flow) {
    if (flow.body_begun) {
        if (!planted(Plant::rewind_forgotten)) {
            events.emplace_back(event::Rewind{flow.id});
        }
        flow.body_begun = false;
        flow.body_finished = false;
        flow.request_trailers = {};
    }
    flow.writable_wanted = flow.request.body == Request::Body::streamed && !flow.body_finished;
    flow.offered = 0;
    flow.request_complete = false;
    flow.expectation.begin(false);
    flow.response_started = false;
    flow.response_complete = false;
    flow.trailers = {};
    flow.repeat_after.reset();
    flow.timings.request_sent.reset();
    flow.timings.starttransfer.reset();
    set_phase(flow, Flow::Phase::none, std::nullopt);
}

void Engine::Impl::back_off(Flow& flow, Duration pause) {
    ++flow.retries;
    ++counters.retries;
    flow.retried = false;  // the attempt to come has all that the first one had
    flow.connect_failures = 0;
    flow.pool_waited = Duration::zero();
    flow.state = Flow::State::resting;
    ++resting;
    set_phase(flow, Flow::Phase::backoff, pause);
}

}  // namespace ferry
