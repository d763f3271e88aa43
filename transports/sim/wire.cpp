#include "transports/sim/wire.hpp"

#include <algorithm>
#include <utility>

namespace ferry::testing {

void Wire::connect(Receiver& receiver, std::weak_ptr<void> owner) {
    receiver_ = &receiver;
    owner_ = std::move(owner);
    if (cut_ && cut_->after == 0) {
        end(cut_->end);
    }
}

void Wire::send(std::string_view bytes) {
    outstanding_ += bytes.size();  // Also what is cut off: it was accepted, and never gets there.
    if (state_ != State::open || bytes.empty()) {
        return;
    }
    bool last = false;
    if (cut_) {
        const std::uint64_t left = cut_->after - sent_;
        last = bytes.size() >= left;
        bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
    }
    sent_ += bytes.size();

    // On a slow link a long message arrives bit by bit, a hundred times a second.
    std::size_t piece = bytes.size();
    if (link_.bandwidth != 0) {
        piece = static_cast<std::size_t>(std::clamp<std::uint64_t>(link_.bandwidth / 100, 1, bytes.size()));
    }
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        put({.bytes = std::string(bytes.substr(at, piece))});
    }
    if (last) {
        end(cut_->end);
    }
}

void Wire::finish() {
    if (state_ == State::open) {
        end(End::fin);
    }
}

void Wire::reset() {
    if (state_ != State::broken) {
        end(End::reset);
    }
}

void Wire::drop() {
    for (Item& item : travelling_) {
        outstanding_ -= item.bytes.size();
        item = {};
    }
    state_ = State::broken;
}

void Wire::end(End how) {
    state_ = how == End::fin ? State::finished : State::broken;
    put({.end = how});
}

void Wire::put(Item item) {
    Time arrival = world_.now;
    if (link_.bandwidth != 0) {
        constexpr double nanoseconds = 1e9;
        const double seconds = static_cast<double>(item.bytes.size()) / static_cast<double>(link_.bandwidth);
        busy_until_ = std::max(busy_until_, world_.now) + Duration(static_cast<Duration::rep>(seconds * nanoseconds));
        arrival = busy_until_;
    }
    arrival = saturating_add(arrival, link_.latency);
    if (link_.jitter > Duration::zero()) {
        arrival += Duration(
            static_cast<Duration::rep>(world_.random.below(static_cast<std::uint64_t>(link_.jitter.count()) + 1)));
    }
    last_arrival_ = std::max(last_arrival_, arrival);
    travelling_.push_back(std::move(item));

    // Each arrival takes the item at the front, so that the order does not depend on the schedule's.
    world_.schedule.push(last_arrival_, [this, owner = owner_.lock()] {
        Item front = std::move(travelling_.front());
        travelling_.pop_front();
        if (!front.bytes.empty()) {
            receiver_->arrived(std::move(front.bytes));
        } else if (front.end) {
            receiver_->ended(*front.end);
        }
    });
}

}  // namespace ferry::testing
