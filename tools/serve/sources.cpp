#include "tools/serve/sources.hpp"

#include <algorithm>
#include <cstring>

namespace ferry::tools {

Source::Step RandomBytes::read(Time /*now*/, std::span<std::byte> room) {
    const std::size_t count = left_ < room.size() ? static_cast<std::size_t>(left_) : room.size() / 8 * 8;
    for (std::size_t i = 0; i < count; i += 8) {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        z ^= z >> 31U;
        for (std::size_t k = i; k < std::min(i + 8, count); ++k, z >>= 8U) {
            room[k] = static_cast<std::byte>(z & 0xFFU);
        }
    }
    left_ -= count;
    return {count, left_ == 0 ? Next::end : Next::more, {}};
}

Source::Step JsonLines::read(Time /*now*/, std::span<std::byte> room) {
    if (next_ == count_) {
        return {0, Next::end, {}};
    }
    if (sent_ == 0) {
        line_.resize(start_);
        line_ += std::to_string(next_) + "}\n";
    }
    const std::size_t count = std::min(room.size(), line_.size() - sent_);
    std::memcpy(room.data(), line_.data() + sent_, count);
    sent_ += count;
    if (sent_ == line_.size()) {
        sent_ = 0;
        ++next_;
    }
    return {count, next_ == count_ ? Next::end : Next::more, {}};
}

Duration Drip::due(std::uint64_t index) const noexcept {
    return Duration(static_cast<Duration::rep>(static_cast<double>(over_.count()) * static_cast<double>(index) /
                                               static_cast<double>(count_)));
}

Source::Step Drip::read(Time now, std::span<std::byte> room) {
    if (!begin_) {
        begin_ = now;
    }
    std::size_t count = 0;
    while (count < room.size() && sent_ < count_ && *begin_ + due(sent_) <= now) {
        room[count++] = std::byte{'*'};
        ++sent_;
    }
    if (sent_ == count_) {
        return {count, Next::end, {}};
    }
    const Time at = *begin_ + due(sent_);
    return {count, at > now ? Next::later : Next::more, at};
}

}  // namespace ferry::tools
