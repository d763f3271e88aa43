// When a request is made again: data, nothing else. Off unless a policy is set.
//
//     ferry::Client client({.retry_policy = ferry::RetryPolicy{.max_retries = 5}});
//     client.get(url, {.retry_policy = ferry::RetryPolicy{.max_retries = 0}});     // this one not
//
// Before each repetition there is a pause: as long as the server's Retry-After says (RFC 9110 section 10.2.3), else
// backoff, 2 · backoff, 4 · backoff and so on, each up to max_backoff and less by a random part, so that many clients
// do not come back at one instant. What the last attempt brought is the outcome.
#pragma once

#include <ferry/limits.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferry {

/// Which outcomes of an attempt are answered with another one. Never repeated: a request whose body cannot be sent
/// again, one whose response has begun to be delivered, and one whose `total` limit would end during the pause.
struct RetryPolicy {
    /// Repetitions at most; 0: none.
    std::uint32_t max_retries = 3;
    /// Responses that are thrown away and asked for again.
    std::vector<int> statuses{408, 429, 500, 502, 503, 504};
    /// Methods that are repeated; those that RFC 9110 section 9.2.2 calls idempotent. A connection that could not be made
    /// is tried again whatever the method: the server has seen nothing.
    std::vector<std::string> methods{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
    /// Repeat when the connect, read or write limit was reached.
    bool timeouts = true;
    /// Repeat when the lookup or connect failed, or the connection broke.
    bool network_errors = true;
    TimeLimit backoff = std::chrono::milliseconds(500);  ///< Before the first repetition; doubled for each further one.
    TimeLimit max_backoff = std::chrono::seconds(30);
    /// The random part of a back-off: 0 is none, 1 is anything down to no pause at all.
    double jitter = 0.5;
    /// Wait as long as Retry-After says, in seconds or as a date, instead of the back-off.
    bool respect_retry_after = true;
    /// A response that asks for a longer pause is delivered instead. `std::nullopt`: any pause.
    TimeLimit max_retry_after = std::chrono::seconds(60);
};

/// What all requests of a client may spend on repetitions together, so that a server in trouble does not get more
/// requests for being in trouble. Each request adds a share of a repetition, each repetition takes one.
struct RetryBudget {
    std::uint32_t reserve = 10;  ///< Repetitions that can be saved up, and that there are in the beginning.
    std::uint32_t percent = 20;  ///< Of a repetition, added by each request.
};

}  // namespace ferry
