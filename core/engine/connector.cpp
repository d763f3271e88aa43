#include "core/engine/connector.hpp"

#include <algorithm>

namespace ferry {

Duration Connector::backoff(std::uint64_t failures) noexcept {
    if (failures <= 1) {
        return Duration::zero();
    }
    constexpr Duration first = std::chrono::milliseconds(500);
    constexpr std::uint64_t doublings = 7;  // beyond a minute
    return std::min(first * (std::int64_t{1} << std::min(failures - 2, doublings)), longest_backoff);
}

Dial& Connector::begin(std::uint32_t origin) {
    const DialId id = dials_.emplace();
    Dial& dial = *dials_.get(id);
    dial.id = id;
    dial.timer.owner = id.slot;
    dial.origin = origin;
    if (origin >= newest_.size()) {
        newest_.resize(origin + std::size_t{1});
    }
    dial.older = newest_[origin];
    if (Dial* older = dials_.get(dial.older); older != nullptr) {
        older->newer = id;
    }
    newest_[origin] = id;
    return dial;
}

void Connector::end(DialId id) {
    const Dial* dial = dials_.get(id);
    if (dial == nullptr) {
        return;
    }
    if (Dial* older = dials_.get(dial->older); older != nullptr) {
        older->newer = dial->newer;
    }
    if (Dial* newer = dials_.get(dial->newer); newer != nullptr) {
        newer->older = dial->older;
    } else {
        newest_[dial->origin] = dial->older;
    }
    dials_.erase(id);
}

Dial* Connector::newest(std::uint32_t origin) noexcept {
    return origin < newest_.size() ? dials_.get(newest_[origin]) : nullptr;
}

}  // namespace ferry
