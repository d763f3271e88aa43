// What all of a Client's verbs come down to.
#pragma once

#include <ferry/call.hpp>
#include <ferry/client.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include "transports/client/shared_loop.hpp"

#include <memory>
#include <string_view>

namespace ferry::detail {

/// By value: a share is held during each call, since the client may be destroyed meanwhile by another thread. Null: it
/// was moved from.
using Shared = std::shared_ptr<SharedLoop>;

/// Makes a request; `options` may be null.
[[nodiscard]] Result<Response> attempt(Shared loop, std::string_view method, UrlRef url, const Options* options);
/// The same, throwing.
Response demand(Shared loop, std::string_view method, UrlRef url, const Options* options);

/// The same with a loop of its own.
[[nodiscard]] Result<Response> attempt_once(std::string_view method, UrlRef url, const Options* options);
Response demand_once(std::string_view method, UrlRef url, const Options* options);

/// What a client that was moved from answers.
[[nodiscard]] Error moved_from(std::string_view method, UrlRef url);
/// The error of SharedLoop::make(), for a request that would have been made on it.
[[nodiscard]] Error not_set_up(Error error, std::string_view method, UrlRef url);

}  // namespace ferry::detail
