// One request of a storm: what it asks, how it is answered, and what is done to it. All of it by lot.
#pragma once

#include "tests/sim/dice.hpp"

#include <ferry/testing.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::testing {

/// What a storm is like as a whole.
struct Climate {
    bool calm = false;     ///< Limits on time are long, and most requests get through.
    bool sleepy = false;   ///< The client's loop is late to see what has come.
    bool retries = false;  ///< Many requests have a RetryPolicy.
    bool drowsy = false;   ///< The application blocks its loop now and then.
    bool unasked = false;  ///< Servers send whole responses that nobody has asked for.
};

struct Plan {
    std::size_t number = 0;
    std::string method = "GET";
    std::string url{};
    std::string target{};  ///< Of CONNECT.
    Request::Body body = Request::Body::none;
    std::vector<std::string> pieces{};  ///< Of the request's body, or of what is written after an upgrade.
    Headers trailers{};
    std::optional<std::uint64_t> announced{};  ///< Content-Length of a streamed body; may be wrong.
    bool finishes = true;
    bool rewindable = false;
    std::optional<Duration> expect{};
    std::shared_ptr<const RetryPolicy> policy{};
    std::uint64_t connect_retries = 0;

    std::vector<Reply> replies{};  ///< As the origin sees it for the first time, the second … the last for all others.
    std::optional<Duration> asked_by_date{};  ///< The first reply says so in its Retry-After, as a date.
    std::optional<Reply> early{};             ///< Given when the head has come.
    bool upgrade = false;
    bool hopeless = false;  ///< Its server never gives a good answer.

    bool collect = true;
    std::size_t window = 0;
    bool held = false;
    std::size_t sips = 0;                     ///< Bytes that a held one consumes now and then.
    std::optional<Duration> discard_after{};  ///< Since its head.
    std::uint64_t max_body = std::uint64_t{1} << 30U;
    Deadlines deadlines{};
    RequestId id{};

    /// Becomes an upload that no buffer holds, soon impatient.
    void overflow(Dice& dice);
    [[nodiscard]] std::string content() const;
    [[nodiscard]] bool wrong_length() const { return announced && *announced != content().size(); }
    /// What the client gets if all goes well.
    [[nodiscard]] std::string expected(const Reply& answer) const;
    [[nodiscard]] Request request() const;
};

/// What comes next to the origin's mind, for the request with this number. `wall` is for Retry-After.
[[nodiscard]] Plan make_plan(Dice& dice, const Climate& climate, std::size_t number, std::string_view host,
                             bool hopeless);

/// "Fri, 02 Jan 2026 03:04:05 GMT".
[[nodiscard]] std::string http_date(std::chrono::sys_seconds when);

}  // namespace ferry::testing
