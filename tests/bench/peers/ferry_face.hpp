// What the programs on ferry's faces have in common.
#pragma once

#include "tests/bench/peers/program.hpp"

#include <ferry/config.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// ferry's own limits stay, but for the number of connections. Requests may wait for one as long as they like, and
/// idle ones are kept.
inline ferry::Config client_config(const Arguments& arguments) {
    const std::size_t most = arguments.mode == Mode::idle ? arguments.requests : arguments.concurrency;
    ferry::Config config;
    config.limits = {.max_connections = most, .max_keepalive = most};
    config.timeout = ferry::Timeout{.pool = std::nullopt};
    return config;
}

/// Whether a program gathers bodies, or looks at them as they come.
inline bool gathers(const Arguments& arguments) { return arguments.mode != Mode::download || arguments.collect; }

inline ferry::Options request_options(const Arguments& arguments) {
    ferry::Options options;
    if (arguments.sends()) {  // The memory is sent from where it lies.
        options.content = ferry::Content(body_of(arguments));
        options.headers = {{"Content-Type", std::string(arguments.content_type())}};
    }
    return options;
}

[[noreturn]] inline void stop(const ferry::Error& error) { stop("ferry: " + error.message); }

/// The size of its body.
inline std::uint64_t check(const ferry::Result<ferry::Response>& response) {
    if (!response) {
        stop(response.error());
    }
    if (!response->is_success()) {
        stop("ferry: not a success");
    }
    return response->content().size();
}

}  // namespace bench
