// Errors that know their request.
#pragma once

#include <ferry/error.hpp>
#include <ferry/timings.hpp>

#include <string>
#include <string_view>

namespace ferry::detail {

/// `text`, which may be no URL at all, without a password.
[[nodiscard]] std::string masked_url(std::string_view text);

/// Tells `error` which request it is about, unless it knows. A password in `url` is masked.
[[gnu::cold]] void name_request(Error& error, std::string method, std::string_view url, const Timings& timings = {});

}  // namespace ferry::detail
