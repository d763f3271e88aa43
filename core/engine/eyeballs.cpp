#include "core/engine/eyeballs.hpp"

#include <utility>

namespace ferry {

std::vector<Endpoint> Eyeballs::interleaved(std::span<const Endpoint> endpoints, std::uint16_t port) {
    std::vector<Endpoint> order;
    order.reserve(endpoints.size());
    // Two cursors, one on the addresses of the first family and one on all others.
    std::size_t same = 0;
    std::size_t other = 0;
    const auto seek = [&](std::size_t& at, bool first_family) {
        while (at < endpoints.size() && (endpoints[at].family == endpoints.front().family) != first_family) {
            ++at;
        }
        return at < endpoints.size();
    };
    while (order.size() < endpoints.size()) {
        if (seek(same, true)) {
            order.push_back(endpoints[same++]);
        }
        if (seek(other, false)) {
            order.push_back(endpoints[other++]);
        }
    }
    for (Endpoint& endpoint : order) {
        endpoint.port = port;
    }
    return order;
}

Eyeballs::Step Eyeballs::start(std::vector<Endpoint> endpoints) {
    endpoints_ = std::move(endpoints);
    tried_ = 0;
    running_ = 0;
    return Step::attempt;
}

const Endpoint& Eyeballs::next(Time now) {
    last_ = now;
    crowded_ = false;
    ++running_;
    return endpoints_[tried_++];
}

Eyeballs::Step Eyeballs::failed() noexcept {
    --running_;
    if (tried_ < endpoints_.size()) {
        return Step::attempt;
    }
    return running_ > 0 ? Step::wait : Step::exhausted;
}

Eyeballs::Step Eyeballs::late(Time now, bool place) noexcept {
    if (place) {
        return Step::attempt;
    }
    if (now < saturating_add(last_, patience)) {
        crowded_ = true;
        return Step::wait;
    }
    --running_;
    return Step::replace;
}

std::optional<Time> Eyeballs::due() const noexcept {
    if (running_ == 0 || tried_ == endpoints_.size()) {
        return std::nullopt;
    }
    return saturating_add(last_, crowded_ ? patience : delay);
}

}  // namespace ferry
