#include "transports/client/gathering.hpp"

#include "transports/client/at_exit.hpp"

#include <algorithm>
#include <utility>

namespace ferry::detail {

namespace {

// What is made of a few requests is still near when they are begun.
constexpr std::size_t batch_size = 16;

/// A request that keeps others from beginning; not one that may rest for a while before it is made again.
bool crowds(const Request& request) { return request.retry_policy == nullptr && request.connect_retries == 0; }

/// All, where those that wait may be for an origin that has no connection left, while there are connections for others.
std::size_t crowd_for(const PoolLimits& limits) {
    const bool by_origin = limits.max_per_origin < limits.max_connections;
    return by_origin || limits.max_connections > PoolLimits::none / 2 ? PoolLimits::none : 2 * limits.max_connections;
}

}  // namespace

/// A call that is under way.
class Gathering::Member final : public Sender {
public:
    void begin(Gathering& group, std::size_t place, bool crowded) {
        renew();
        group_ = &group;
        place_ = place;
        crowded_ = crowded;
    }
    void off_list() noexcept { wanting_ = false; }

    void on_done(ResponseParts&& parts) override {
        group_->results_[place_].emplace(std::move(parts));
        group_->ended(*this, crowded_);
    }
    void on_failed(Error error) override {
        group_->results_[place_] = std::move(error);
        group_->ended(*this, crowded_);
    }

private:
    void on_wanted() override {
        if (!std::exchange(wanting_, true)) {
            group_->wanting_.push_back(this);
            group_->loop_.wake(group_->waiter_);
        }
    }

    Gathering* group_ = nullptr;
    std::size_t place_ = 0;
    bool crowded_ = true;
    bool wanting_ = false;  // It is in the group's list.
};

Gathering::Gathering(SharedLoop& loop, std::span<const Call> calls)
    : loop_(loop),
      calls_(calls),
      most_(crowd_for(loop.defaults().engine().limits)),
      lock_(loop.lock()),
      more_(!calls.empty()) {
    results_.reserve(calls.size());
    batch_.reserve(std::min(batch_size, calls.size()));
}

Gathering::~Gathering() {
    for (std::vector<Member>& block : members_) {
        for (Member& member : block) {
            loop_.forget(lock_, member);
        }
    }
    lock_.unlock();
}

std::vector<Result<Response>> Gathering::run() {
    while (more_ || under_way_ > 0) {
        if (more_ && crowd_ < most_) {
            begin_some();
        }
        if (under_way_ > 0) {
            loop_.await(lock_, waiter_);
        }
        for (Member* member : std::exchange(wanting_, {})) {
            member->off_list();
            loop_.feed(lock_, *member);
        }
    }
    loop_.leave(lock_);  // There may have been nothing to await.
    return std::move(results_);
}

void Gathering::begin_some() {
    while (more_ && crowd_ < most_) {
        prepare_some();
        loop_.refresh(lock_);
        for (Result<Request>& request : batch_) {
            begin(std::move(request));
        }
        more_ = results_.size() < calls_.size();
        loop_.turn(lock_);  // Their time has begun: they must not wait for the others to be made.
    }
}

void Gathering::prepare_some() {
    std::swap(ended_, resting_);
    ended_.reserve(made_);  // It takes them all without an allocation.
    const std::size_t room = most_ - crowd_;
    lock_.unlock();
    const AtExit lock_again([this] { lock_.lock(); });
    for (Member* member : resting_) {
        member->upload() = Upload();
        idle_.push_back(member);
    }
    resting_.clear();
    batch_.clear();
    std::size_t crowd = 0;
    for (std::size_t next = results_.size(); next < calls_.size() && batch_.size() < batch_size && crowd < room;
         ++next) {
        const Call& call = calls_[next];
        Result<Request>& request = batch_.emplace_back(std::in_place);
        loop_.defaults().prepare_in(request, call.method, call.url, call.options);
        crowd += request && crowds(*request) ? 1U : 0U;
    }
}

void Gathering::begin(Result<Request>&& request) {
    if (!request) {
        results_.emplace_back(std::move(request).error());
        return;
    }
    Member& member = idle_member();
    const bool crowded = crowds(*request);
    member.begin(*this, results_.size(), crowded);
    results_.emplace_back(Error());
    ++under_way_;
    crowd_ += crowded ? 1U : 0U;
    loop_.submit(lock_, *std::move(request), member);
}

Gathering::Member& Gathering::idle_member() {
    if (idle_.empty()) {
        std::vector<Member>& block = members_.emplace_back(std::min(most_ - crowd_, calls_.size() - results_.size()));
        made_ += block.size();
        idle_.reserve(made_);
        ended_.reserve(made_);
        for (Member& member : block) {
            idle_.push_back(&member);
        }
    }
    Member& member = *idle_.back();
    idle_.pop_back();
    return member;
}

void Gathering::ended(Member& member, bool crowded) {
    --under_way_;
    crowd_ -= crowded ? 1U : 0U;
    ended_.push_back(&member);
    if (under_way_ == 0 || (more_ && crowd_ <= most_ - most_ / 4)) {
        loop_.wake(waiter_);
    }
}

}  // namespace ferry::detail
