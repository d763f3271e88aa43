// The connector: how a new connection comes about. One Dial is one attempt to reach an origin: a lookup, then its
// addresses in order until one answers. Inputs: begin, resolved, failed attempts, cancel. Outputs: what to do next.
//
// It knows nothing of requests, timeouts or pools; a dial goes on until it is told to stop.
#pragma once

#include "core/engine/slot_map.hpp"

#include <ferry/endpoint.hpp>
#include <ferry/error.hpp>
#include <ferry/id.hpp>
#include <ferry/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ferry {

/// One attempt to reach an origin. Its id is the id of its lookup, whether it needs one or not.
struct Dial {
    enum class State : std::uint8_t {
        looking_up,  ///< op::Lookup is out.
        connecting,  ///< op::Connect is out, for `connection`.
    };
    State state = State::looking_up;
    std::uint32_t origin = 0;  ///< Pool::Origin.
    std::string host{};
    std::uint16_t port = 0;
    std::vector<Endpoint> endpoints{};
    std::size_t tried = 0;  ///< Endpoints used so far; the present one is the last of these.
    ConnId connection{};
    Time began{};
    std::optional<Time> resolved{};
    Errc failure = Errc::connect_failed;  ///< Of the latest attempt.
    std::error_code cause{};
    // In its origin's list, oldest first.
    LookupId older{};
    LookupId newer{};
};

class Connector {
public:
    /// What the engine does after an input.
    enum class Step : std::uint8_t {
        lookup,   ///< Look the host up.
        connect,  ///< Connect to endpoint().
        failed,   ///< The dial has failed: `failure` and `cause` tell why.
        ignore,   ///< The id was stale.
    };

    /// Starts a dial: to `socket_path` if there is one, else to the address that `host` is or stands for.
    LookupId begin(Time now, std::uint32_t origin, std::string_view host, std::uint16_t port,
                   const std::string& socket_path);
    /// The first step of a new dial.
    [[nodiscard]] Step first_step(LookupId id);
    /// The lookup has been answered.
    [[nodiscard]] Step resolved(Time now, LookupId id, std::span<const Endpoint> endpoints, std::error_code error);
    /// The present attempt has failed.
    [[nodiscard]] Step attempt_failed(LookupId id, std::error_code why);
    /// The dial is over, however it went.
    void end(LookupId id);

    [[nodiscard]] Dial* get(LookupId id) noexcept { return dials_.get(id); }
    /// Where the present attempt goes.
    [[nodiscard]] const Endpoint& endpoint(const Dial& dial) const noexcept { return dial.endpoints[dial.tried - 1]; }
    [[nodiscard]] LookupId oldest(std::uint32_t origin) const noexcept;
    [[nodiscard]] LookupId newest(std::uint32_t origin) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return dials_.size(); }
    [[nodiscard]] const SlotMap<Dial, LookupTag>& dials() const noexcept { return dials_; }

private:
    struct Ends {
        LookupId oldest{};
        LookupId newest{};
    };
    [[nodiscard]] Step next_endpoint(Dial& dial);

    SlotMap<Dial, LookupTag> dials_;
    std::vector<Ends> by_origin_;
};

}  // namespace ferry
