// What is to be sent: the command line, checked in full before anything is.
#pragma once

#include "tools/fetch/settings.hpp"
#include "tools/fetch/upload.hpp"

#include <ferry/config.hpp>
#include <ferry/options.hpp>
#include <ferry/url.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ferry::tools {

struct Plan {
    struct Target {
        std::string text{};  ///< As on the command line; with its scheme where -G or -T add to it.
        Url url{};
        std::string method{};
        std::string output{};  ///< A file, or empty for standard output.
        Upload upload{};       ///< Its own body, if set.
        ExpectContinue expect_continue{};
        std::uint64_t head_size = 0;  ///< Bytes of the request before its body.
    };

    std::vector<Target> targets{};
    Options options{};  ///< The same for all.

    /// All options of one target.
    [[nodiscard]] Options options_for(const Target& target) const;
    Config config{};
    std::string write_out{};  ///< The format.
};

/// Throws FetchFailure that names what is wrong.
[[nodiscard]] Plan make_plan(const FetchSettings& settings);

}  // namespace ferry::tools
