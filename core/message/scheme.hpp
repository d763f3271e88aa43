// Which URLs can be requested at all.
#pragma once

#include <ferry/result.hpp>
#include <ferry/url.hpp>

namespace ferry::detail {

/// Errc::unsupported_protocol for a scheme that is missing or not available, Errc::invalid_url for a URL without a host.
[[nodiscard]] Result<void> check_requestable(const Url& url);

}  // namespace ferry::detail
