#include "tests/sim/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace ferry::testing {

namespace {

constexpr const char* signature = "X-For";

/// No server of a storm, but the hopeless ones, does what these complain of.
bool blames_the_server(Errc code) { return code >= Errc::unexpected_bytes && code <= Errc::chunk_extensions_too_large; }

std::string host_of(const Plan& plan) {
    const std::string::size_type begin = plan.url.find("://") + 3;
    return plan.url.substr(begin, plan.url.find('/', begin) - begin);
}

class Verdict {
public:
    Verdict(Session& session, Watcher& watcher, const Conditions& conditions, const std::deque<Plan>& plans)
        : session_(session), watcher_(watcher), conditions_(conditions), plans_(plans) {}

    void pass() {
        count_attempts();
        for (const Plan& plan : plans_) {
            const Exchange& exchange = session_[plan.id];
            judge_ending(plan, exchange);
            judge_drain(exchange);
            if (exchange.head && !plan.hopeless) {
                judge_answer(plan, exchange);
            }
        }
        for (const Conditions::Place& place : conditions_.origins) {
            for (const Seen& seen : place.origin->requests()) {
                judge_seen(place, seen);
            }
        }
        judge_numbers();
    }

private:
    void wrong(const Plan& plan, const std::string& what) {
        session_.network().violation(session_[plan.id].name + ": " + what + " (" + session_[plan.id].summary() + ")");
    }
    void count_attempts();
    void judge_ending(const Plan& plan, const Exchange& exchange);
    void judge_drain(const Exchange& exchange);
    void judge_answer(const Plan& plan, const Exchange& exchange);
    void judge_repetition(const Plan& plan, const Exchange& exchange);
    void judge_pause(const Plan& plan, const std::vector<const Seen*>& all);
    void judge_seen(const Conditions::Place& place, const Seen& seen);
    void judge_numbers();

    Session& session_;
    Watcher& watcher_;
    const Conditions& conditions_;
    const std::deque<Plan>& plans_;
    std::map<std::string, std::vector<const Seen*>> seen_;  // by target
    std::set<std::string> says_more_;                       // hosts that say what nobody has asked for
};

void Verdict::count_attempts() {
    for (const Conditions::Place& place : conditions_.origins) {
        for (const Seen& seen : place.origin->requests()) {
            seen_[seen.head.target].push_back(&seen);
        }
    }
    for (const Plan& plan : plans_) {
        if (std::ranges::any_of(plan.replies, [](const Reply& reply) { return !reply.extra.empty(); })) {
            says_more_.insert(host_of(plan));
        }
    }
    for (auto& [target, all] : seen_) {
        std::ranges::sort(all, {}, [](const Seen* seen) { return std::pair(seen->at, seen->connection); });
    }
}

void Verdict::judge_ending(const Plan& plan, const Exchange& exchange) {
    if (plan.hopeless && exchange.is_done() && !exchange.discarded) {
        wrong(plan, "is done, but its server cannot have answered");
    }
    if (!plan.hopeless && !says_more_.contains(host_of(plan)) && exchange.error &&
        blames_the_server(exchange.error->code)) {
        wrong(plan, "a server is blamed that did nothing wrong");
    }
    // What comes unasked while the request is on its way cannot be told from its answer.
    const bool unasked = conditions_.unasked && says_more_.contains(host_of(plan)) && exchange.status() == 299;
    // Where there is more than was announced, the answer may come right behind what was.
    const bool too_short = plan.wrong_length() && *plan.announced > plan.content().size();
    if (too_short && exchange.is_done() && !exchange.discarded && !plan.early && !unasked) {
        wrong(plan, "is done with a body of the wrong length");
    }
}

void Verdict::judge_drain(const Exchange& exchange) {
    const bool closed = exchange.errc() == Errc::client_closed;
    const bool late = conditions_.drained_at && exchange.submitted_at > *conditions_.drained_at;
    if (late && !closed) {
        session_.network().violation(exchange.name + ": was taken while draining");
    }
    if (!conditions_.drained_at || !conditions_.drain_limit) {
        if (closed && (!conditions_.drained_at || exchange.submitted_at < *conditions_.drained_at)) {
            session_.network().violation(exchange.name + ": was ended by a drain that has no limit");
        }
        return;
    }
    const Duration end = watcher_.rounded(*conditions_.drained_at + *conditions_.drain_limit);
    if (*exchange.ended_at > std::max(watcher_.due(end), exchange.submitted_at)) {
        session_.network().violation(exchange.name + ": ended after the limit of a drain");
    }
    if (closed && exchange.submitted_at < *conditions_.drained_at && *exchange.ended_at < end) {
        session_.network().violation(exchange.name + ": was ended before the limit of a drain");
    }
}

void Verdict::judge_answer(const Plan& plan, const Exchange& exchange) {
    if (exchange.status() == 400) {
        return;  // The origin could not read the request: it was cut.
    }
    const std::string mark(exchange.head->headers.first("x-for").value_or(""));
    const std::string number = std::to_string(plan.number) + " ";
    if (conditions_.unasked && says_more_.contains(host_of(plan))) {
        return;  // Nobody can tell what comes in the wrong moment from an answer; the Watcher judges the right ones.
    }
    if (!mark.starts_with(number)) {
        wrong(plan, "was answered with another request's response: " + mark);
        return;
    }
    std::size_t attempt = 0;
    std::from_chars(mark.data() + number.size(), mark.data() + mark.size(), attempt);
    const Reply& reply =
        plan.early ? *plan.early : plan.replies[std::min(std::max<std::size_t>(attempt, 1), plan.replies.size()) - 1];
    if (exchange.status() != reply.status) {
        wrong(plan, "the origin sent " + std::to_string(reply.status));
    }
    watcher_.compare(exchange, reply.status, plan.expected(reply));
    const bool has_trailers = exchange.is_done() && !exchange.discarded && !plan.expected(reply).empty() &&
                              !reply.trailers.empty() && !plan.early;
    if (has_trailers && exchange.trailers.first("x-trailer") != "yes") {
        wrong(plan, "the trailers are missing");
    }
    judge_repetition(plan, exchange);
}

/// A response that the policy does not want was delivered: was there a reason?
void Verdict::judge_repetition(const Plan& plan, const Exchange& exchange) {
    if (!plan.policy || conditions_.budget || plan.body == Request::Body::streamed || plan.upgrade) {
        return;
    }
    const RetryPolicy& policy = *plan.policy;
    const bool wanted = std::ranges::find(policy.statuses, exchange.status()) != policy.statuses.end() &&
                        std::ranges::find(policy.methods, plan.method) != policy.methods.end();
    // Which request was made again how often is not told: this one at most as often as all.
    const bool has_retries = session_.engine().stats().retries < policy.max_retries;
    constexpr Duration longest_pause = std::chrono::seconds(5);  // Without Retry-After.
    const bool has_time = !exchange.deadlines.total ||
                          exchange.submitted_at + *exchange.deadlines.total > *exchange.head_at + longest_pause;
    const auto asked = exchange.head->headers.first("retry-after");
    const bool asks_too_much = policy.respect_retry_after && asked && !asked->empty();
    if (wanted && has_retries && has_time && !asks_too_much) {
        wrong(plan, "should have been made again");
    }
}

/// RFC 9110 section 10.2.3: whoever was asked to wait comes back no sooner.
void Verdict::judge_pause(const Plan& plan, const std::vector<const Seen*>& all) {
    if (!plan.policy || !plan.policy->respect_retry_after || plan.early || all.size() != 2 ||
        std::ranges::find(plan.policy->statuses, plan.replies.front().status) == plan.policy->statuses.end()) {
        return;
    }
    const auto asked = plan.replies.front().headers.first("retry-after");
    std::uint64_t seconds = 0;
    if (asked && !asked->empty()) {
        std::from_chars(asked->data(), asked->data() + asked->size(), seconds);
    }
    // The first attempt may have been repeated for another reason: then it was not answered.
    const bool answered = watcher_.answered(session_[plan.id]);
    if (answered && all[1]->at < all[0]->at + std::chrono::seconds(seconds)) {
        wrong(plan, "was made again sooner than the origin asked for");
    }
}

void Verdict::judge_seen(const Conditions::Place& place, const Seen& seen) {
    Network& network = session_.network();
    const Plan* known = find_plan(plans_, seen.head.target);
    if (known == nullptr) {
        network.violation("an origin was asked for " + seen.head.target);
        return;
    }
    const Plan& plan = *known;
    const std::string content = plan.upgrade ? "" : plan.content();
    // Where the length is wrong, the origin cannot know that there should be more.
    const bool whole = plan.wrong_length() ? seen.body.size() == *plan.announced : seen.body == content;
    if ((seen.complete && !whole) || !content.starts_with(seen.body)) {
        wrong(plan, "an origin got another body");
    }
    if (seen.complete && seen.trailers != plan.trailers) {
        wrong(plan, "an origin got other trailers");
    }
    if (seen.head.headers.first("host") != place.host && !plan.upgrade) {
        wrong(plan, "was sent to " + place.host);
    }
    const bool asks = plan.expect && !content.empty();
    const bool streams = plan.body == Request::Body::streamed;
    if (!streams && seen.head.headers.contains("expect") != asks) {
        wrong(plan, asks ? "an origin was not asked before it got the body" : "an origin was asked for no reason");
    }
    const std::vector<const Seen*>& all = seen_[seen.head.target];
    judge_pause(plan, all);
    const bool repeatable = is_idempotent(plan.method);
    const std::size_t rounds = plan.policy ? std::size_t{plan.policy->max_retries} + 1 : 1;
    const bool by_policy =
        plan.policy && std::ranges::find(plan.policy->methods, plan.method) != plan.policy->methods.end();
    if (all.size() > (repeatable ? 2 : 1) * (repeatable || by_policy ? rounds : 1)) {
        wrong(plan, "an origin got it " + std::to_string(all.size()) + " times");
    }
}

void Verdict::judge_numbers() {
    Network& network = session_.network();
    for (const std::string& host : conditions_.pinned) {
        if (network.lookups(host) > 0) {
            network.violation(host + " was looked up, and its address was known");
        }
    }
    if (network.most_open() > conditions_.max_connections) {
        network.violation(std::to_string(network.most_open()) + " connections were open, " +
                          std::to_string(conditions_.max_connections) + " are allowed");
    }
    const Stats& stats = session_.engine().stats();
    if (conditions_.budget) {
        const std::uint64_t most = conditions_.budget->reserve + stats.requests * conditions_.budget->percent / 100;
        if (stats.retries > most) {
            network.violation(std::to_string(stats.retries) + " repetitions, the budget had " + std::to_string(most));
        }
    }
}

}  // namespace

void sign(Reply& reply, const Plan& plan, std::size_t attempt) {
    reply.headers.add(signature, std::to_string(plan.number) + " " + std::to_string(attempt));
}

const Plan* find_plan(const std::deque<Plan>& plans, std::string_view target) {
    std::size_t number = plans.size();
    if (target.size() > 1) {
        std::from_chars(target.data() + 1, target.data() + target.size(), number);
    }
    return number < plans.size() ? &plans[number] : nullptr;
}

const Plan* find_plan(const std::deque<Plan>& plans, RequestId id) {
    const auto found = std::ranges::find(plans, id, &Plan::id);
    return found != plans.end() ? &*found : nullptr;
}

void judge(Session& session, Watcher& watcher, const Conditions& conditions, const std::deque<Plan>& plans) {
    Verdict(session, watcher, conditions, plans).pass();
}

}  // namespace ferry::testing
