// Happy Eyeballs (RFC 8305): in which order, and how close upon each other, the addresses of a host are tried.
//
// Inputs: addresses, what became of attempts, time, and whether there is a place for another attempt; output: what to do
// next. It knows no connections: attempts are counted, and which is the oldest is the caller's to know.
//
//     start ─► attempt ──250 ms──► attempt_beside (there is a place) ──250 ms──► …
//                 │     └─ 2 s ──► replace (there was none all the time)
//                 └─ it fails ───► attempt, at once; wait for those under way; or exhausted
#pragma once

#include <ferry/endpoint.hpp>
#include <ferry/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ferry {

class Eyeballs {
public:
    /// RFC 8305 section 5: the recommended Connection Attempt Delay, and the longest that it should be.
    static constexpr Duration delay = std::chrono::milliseconds(250);
    static constexpr Duration patience = std::chrono::seconds(2);

    enum class Step : std::uint8_t {
        attempt,    ///< Connect to next().
        replace,    ///< Give up the oldest attempt, then connect to next() in its place.
        wait,       ///< Until due(), or for an attempt under way.
        exhausted,  ///< All addresses have failed.
    };

    /// The families by turns, beginning with the first one; each in its order (RFC 8305 section 4).
    [[nodiscard]] static std::vector<Endpoint> interleaved(std::span<const Endpoint> endpoints, std::uint16_t port);

    /// Begins with the first of `endpoints`: there is at least one.
    [[nodiscard]] Step start(std::vector<Endpoint> endpoints);
    /// The address to connect to, after attempt or replace. Once for each.
    [[nodiscard]] const Endpoint& next(Time now);
    /// An attempt has failed.
    [[nodiscard]] Step failed() noexcept;
    /// It is due(). `place`: a place for another attempt has been found.
    [[nodiscard]] Step late(Time now, bool place) noexcept;

    /// When the next address is to be tried, if nothing is heard before; nothing: never.
    [[nodiscard]] std::optional<Time> due() const noexcept;
    [[nodiscard]] std::size_t running() const noexcept { return running_; }
    [[nodiscard]] std::size_t tried() const noexcept { return tried_; }
    [[nodiscard]] std::size_t size() const noexcept { return endpoints_.size(); }

private:
    std::vector<Endpoint> endpoints_;
    std::size_t tried_ = 0;
    std::size_t running_ = 0;
    Time last_{};           // When the latest attempt was begun.
    bool crowded_ = false;  // There was no place for another since.
};

}  // namespace ferry
