// The connector: the dials under way. One Dial is one attempt to reach an origin for one request: a lookup, unless the
// addresses are known, then its addresses until one answers (eyeballs.hpp). A dial that has failed is over; a request
// that tries again gets another one.
//
// It keeps them, by id and by origin in order of age, and knows nothing of timeouts or of the
// pool; dialling.cpp does what is to be done.
#pragma once

#include "core/engine/eyeballs.hpp"
#include "core/engine/slot_map.hpp"
#include "core/engine/timers.hpp"

#include <ferry/endpoint.hpp>
#include <ferry/error.hpp>
#include <ferry/id.hpp>
#include <ferry/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ferry {

using DialId = Id<struct DialTag>;

struct Dial {
    enum class State : std::uint8_t {
        looking_up,  ///< It has joined a lookup.
        connecting,  ///< `attempts` are under way.
    };
    State state = State::looking_up;
    DialId id{};
    RequestId flow{};          ///< Whose budget it runs on.
    std::uint32_t origin = 0;  ///< Pool::Origin.
    std::string host{};
    std::uint16_t port = 0;
    Eyeballs eyeballs{};
    std::vector<ConnId> attempts{};       ///< The oldest first. Each but one has a spare place in the pool.
    Timer timer{Timer::Kind::dial};       ///< Connecting: the next address's turn.
    std::optional<Time> resolved{};       ///< When its addresses were known, if they were looked up.
    Errc failure = Errc::connect_failed;  ///< Of the latest attempt.
    std::error_code cause{};
    // In its origin's list, oldest first.
    DialId older{};
    DialId newer{};
};

class Connector {
public:
    /// The longest wait before a connect is tried again.
    static constexpr Duration longest_backoff = std::chrono::minutes(1);
    /// How long to wait before trying again when `failures` attempts have failed: 0, 0.5 s, 1 s, 2 s …
    [[nodiscard]] static Duration backoff(std::uint64_t failures) noexcept;

    Dial& begin(std::uint32_t origin);
    /// The dial is over, however it went.
    void end(DialId id);

    /// Gives memory back that was needed for more dials, if there are none.
    void give_back() { dials_.give_back(); }

    [[nodiscard]] Dial* get(DialId id) noexcept { return dials_.get(id); }
    [[nodiscard]] Dial* in_slot(std::uint32_t slot) noexcept { return dials_.in_slot(slot); }
    /// The one of an origin's dials that began last; null if it has none.
    [[nodiscard]] Dial* newest(std::uint32_t origin) noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return dials_.size(); }
    [[nodiscard]] const SlotMap<Dial, DialTag>& dials() const noexcept { return dials_; }

private:
    SlotMap<Dial, DialTag> dials_;
    std::vector<DialId> newest_;  // by origin
};

}  // namespace ferry
