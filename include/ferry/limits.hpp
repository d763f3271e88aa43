// Limits on time and numbers as users write them. Each is one of three: unset, none at all, or a value.
//
//     Timeout{.read = 300ms}             the read limit; the others stay unset and come from the client or the defaults
//     Timeout{.read = std::nullopt}      never for lack of bytes
//     Limits{.max_connections = 100}     a cap on connections, and none on idle ones
//
// Values without meaning (negative, or zero where zero is none) are kept, and reported where they are used.
#pragma once

#include <ferry/time.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace ferry {

/// How long something may take: unset, never too long (`std::nullopt`), or a duration.
class TimeLimit {
public:
    /// Unset: what is less specific decides.
    constexpr TimeLimit() noexcept = default;
    /// No limit.
    constexpr TimeLimit(std::nullopt_t) noexcept : state_(State::never) {}
    /// Any duration, `1.5s` too. Too long ones are held at the longest (292 years); a positive one never becomes zero.
    template <class Rep, class Period>
    constexpr TimeLimit(std::chrono::duration<Rep, Period> limit) noexcept
        : value_(to_duration(limit)), state_(limit == limit ? State::limited : State::not_a_number) {}
    /// A number has no unit: write `2s` or `500ms`.
    template <class Number>
        requires std::is_arithmetic_v<Number>
    TimeLimit(Number write_2s_or_500ms) = delete;

    [[nodiscard]] constexpr bool is_set() const noexcept { return state_ != State::unset; }
    [[nodiscard]] constexpr bool is_never() const noexcept { return state_ == State::never; }
    /// False for a floating-point duration that is no number.
    [[nodiscard]] constexpr bool is_number() const noexcept { return state_ != State::not_a_number; }
    /// The duration; zero if there is none.
    [[nodiscard]] constexpr Duration value() const noexcept { return value_; }
    /// This limit, or `other` if this one is unset.
    [[nodiscard]] constexpr TimeLimit or_else(TimeLimit other) const noexcept { return is_set() ? *this : other; }

    friend constexpr bool operator==(const TimeLimit&, const TimeLimit&) noexcept = default;

private:
    enum class State : std::uint8_t { unset, never, limited, not_a_number };

    template <class Rep, class Period>
    [[nodiscard]] static constexpr Duration to_duration(std::chrono::duration<Rep, Period> limit) noexcept {
        using Wide = std::chrono::duration<long double, std::nano>;
        constexpr auto most = static_cast<long double>(Duration::max().count());
        const long double wide = std::chrono::duration_cast<Wide>(limit).count();
        if (wide >= most) {
            return Duration::max();
        }
        if (wide <= -most) {
            return -Duration::max();
        }
        if (!(limit == limit)) {
            return Duration::zero();
        }
        // The nearest nanosecond for a fraction of one, but never zero for what is not.
        Duration result = std::chrono::duration_cast<Duration>(limit);
        if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
            result = Duration(static_cast<Duration::rep>(wide < 0 ? wide - 0.5L : wide + 0.5L));
        }
        if (result == Duration::zero() && wide != 0) {
            result = Duration(wide < 0 ? -1 : 1);
        }
        return result;
    }

    Duration value_{};
    State state_ = State::unset;
};

/// The five limits on a request. Unset in a request: the client's; unset there: 5 s each, and none for `total`.
struct Timeout {
    TimeLimit connect{};  ///< Lookup, connect and handshakes together.
    TimeLimit read{};     ///< Silence while the response is awaited or read; paused while you do not read.
    TimeLimit write{};    ///< No byte of the request accepted by the peer.
    TimeLimit pool{};     ///< Waiting for a connection. 0: fail at once if there is none; elsewhere 0 is an error.
    TimeLimit total{};    ///< From the start to the last byte of the response.

    friend bool operator==(const Timeout&, const Timeout&) noexcept = default;
};

/// What the `timeout` of a client or request is set to: a Timeout; a duration for connect, read, write and pool; or
/// `std::nullopt` for no limit on these four. `total` is set by a Timeout only.
class TimeoutOption {
public:
    constexpr TimeoutOption() noexcept = default;
    constexpr TimeoutOption(std::nullopt_t) noexcept : TimeoutOption(TimeLimit(std::nullopt)) {}
    constexpr TimeoutOption(const Timeout& timeout) noexcept : timeout_(timeout) {}
    template <class Rep, class Period>
    constexpr TimeoutOption(std::chrono::duration<Rep, Period> limit) noexcept : TimeoutOption(TimeLimit(limit)) {}
    /// A number has no unit: write `2s` or `500ms`.
    template <class Number>
        requires std::is_arithmetic_v<Number>
    TimeoutOption(Number write_2s_or_500ms) = delete;

    [[nodiscard]] constexpr const Timeout& timeout() const noexcept { return timeout_; }

    friend bool operator==(const TimeoutOption&, const TimeoutOption&) noexcept = default;

private:
    constexpr explicit TimeoutOption(TimeLimit each) noexcept
        : timeout_{.connect = each, .read = each, .write = each, .pool = each, .total = {}} {}

    Timeout timeout_{};
};

/// Whether a request asks before it sends its body ("Expect: 100-continue", RFC 9110 section 10.1.1): unset, no (`false`),
/// or how long the answer is waited for before the body is sent all the same; `true` is 1 s.
class ExpectContinue {
public:
    /// Unset: what is less specific decides.
    constexpr ExpectContinue() noexcept = default;
    template <std::same_as<bool> Bool>
    constexpr ExpectContinue(Bool asks) noexcept
        : wait_(asks ? TimeLimit(std::chrono::seconds(1)) : TimeLimit(std::nullopt)) {}
    template <class Rep, class Period>
    constexpr ExpectContinue(std::chrono::duration<Rep, Period> wait) noexcept : wait_(wait) {}

    /// How long to wait. Never: it does not ask.
    [[nodiscard]] constexpr TimeLimit wait() const noexcept { return wait_; }

    friend bool operator==(const ExpectContinue&, const ExpectContinue&) noexcept = default;

private:
    TimeLimit wait_{};
};

/// How many there may be: unset, any number (`std::nullopt`), or a number.
class CountLimit {
public:
    /// Unset: what is less specific decides.
    constexpr CountLimit() noexcept = default;
    /// No limit.
    constexpr CountLimit(std::nullopt_t) noexcept : state_(State::none) {}
    template <std::integral Int>
        requires(!std::same_as<Int, bool>)
    constexpr CountLimit(Int limit) noexcept
        : value_(limit < Int{0} ? 0 : static_cast<std::uint64_t>(limit)),
          state_(limit < Int{0} ? State::negative : State::limited) {}

    [[nodiscard]] constexpr bool is_set() const noexcept { return state_ != State::unset; }
    [[nodiscard]] constexpr bool is_none() const noexcept { return state_ == State::none; }
    [[nodiscard]] constexpr bool is_negative() const noexcept { return state_ == State::negative; }
    /// The number; 0 if there is none.
    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
    /// This limit, or `other` if this one is unset.
    [[nodiscard]] constexpr CountLimit or_else(CountLimit other) const noexcept { return is_set() ? *this : other; }

    friend constexpr bool operator==(const CountLimit&, const CountLimit&) noexcept = default;

private:
    enum class State : std::uint8_t { unset, none, limited, negative };

    std::uint64_t value_ = 0;
    State state_ = State::unset;
};

/// Bounds on a client's connections. As long as no field is set, the defaults in brackets hold; as soon as one is, those
/// that are not set mean "no limit", but for keepalive_expiry, whose default stays.
struct Limits {
    CountLimit max_connections{};  ///< Open or opening, all origins together [100]. 0 is an error.
    CountLimit max_keepalive{};    ///< Idle ones, all origins together [20]. 0: connections are never reused.
    TimeLimit keepalive_expiry{};  ///< How long an idle one is kept [5 s]. 0: connections are never reused. A server's
                                   ///< "Keep-Alive: timeout=N" shortens it to N - 1 s.
    CountLimit max_per_origin{};   ///< As max_connections, for each scheme, host and port [no limit]. 0 is an error.
    TimeLimit max_connection_age{};  ///< From when it is established; an older one is not used for another request, and
                                     ///< closed as soon as it has none [no limit]. 0 is an error.

    friend bool operator==(const Limits&, const Limits&) noexcept = default;
};

}  // namespace ferry
