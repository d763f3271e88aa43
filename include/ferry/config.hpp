// What a client is told once.
#pragma once

#include <ferry/engine_io.hpp>
#include <ferry/headers.hpp>
#include <ferry/hosts.hpp>
#include <ferry/limits.hpp>
#include <ferry/resolver.hpp>
#include <ferry/retry.hpp>
#include <ferry/url.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ferry {

/// The settings of a client; all of them may be left out:
///
///     ferry::Client client({.base_url = "http://api.example/v1", .headers = {{"Authorization", "Bearer …"}}});
///
/// A client refuses a setting without meaning when it is made, in a sentence that names it.
struct Config {
    /// An absolute http or https URL that relative URLs are appended to: with "http://h/v1", "items", "/items" and
    /// "///items" are "http://h/v1/items"; "//items" is refused, as it would name a host. It must have no query (use
    /// `params`) and no fragment.
    std::string base_url{};
    /// Sent with every request. A request's own field of the same name goes instead; these go instead of the defaults
    /// (Accept, Connection, User-Agent).
    Headers headers{};
    /// Put into the query of every request, in the place of what its URL has under the same name. A parameter of that name
    /// in Options::params goes instead of both.
    Params params{};
    /// `5s`, `std::nullopt`, or `Timeout{.read = 300ms}`.
    TimeoutOption timeout{};
    Limits limits{};
    /// Default header fields that are not to be sent, in any case: {"User-Agent"}. Host is always sent.
    std::vector<std::string> remove_headers{};
    /// A response whose body has more bytes fails with Errc::body_too_large. Unset: 1 GiB where the body is collected,
    /// no limit where it is streamed.
    CountLimit max_decoded_bytes{};
    /// If set, is told what happens on the wire, for people; secrets are masked. Called in order and by one thread at a
    /// time, one of those that use the client, outside of all locks: the client may be used from it. A call may return
    /// before its last lines are told if another thread is telling. An exception from it ends the program.
    std::function<void(const event::Trace&)> on_trace{};
    /// If set, every connection goes to this Unix domain socket, whatever host the URL names; nothing is looked up.
    std::string socket_path{};
    /// How sockets are set up: local address, buffer sizes, keep-alive.
    SocketOptions socket_options{};
    /// How often a request tries again to connect when that fails [0]: at once, then after 0.5 s, 1 s, 2 s …, at most
    /// 1 minute. Lookup, connect and handshakes together are one attempt, with a `timeout.connect` of its own; waiting
    /// between two attempts takes no place in max_connections. Nothing is sent twice: no request was.
    CountLimit retries{};
    /// Hosts whose addresses are written here, and not looked up.
    Hosts hosts{};
    /// If set, finds the addresses of all other hosts, instead of the system. An answer serves for 10 s.
    ResolveFunction resolver{};
    /// Requests with a body ask before they send it: `true`, or how long they wait for the answer. Without effect on those
    /// that have none.
    ExpectContinue expect_continue{};
    /// Which failures are answered with another attempt. Unset: none.
    std::optional<RetryPolicy> retry_policy{};
    /// How many of these attempts there may be, all requests together. Unset: any number.
    std::optional<RetryBudget> retry_budget{};
};

}  // namespace ferry
