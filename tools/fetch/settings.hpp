// What the command line of ferry fetch says, as it says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ferry::tools {

struct FetchSettings {
    /// One -d, --data-binary, --data-raw or --json, in the order of the command line.
    struct Data {
        enum class Kind : std::uint8_t { form, binary, json, raw };
        Kind kind = Kind::form;
        std::string value{};  ///< The data, or "@file", or "@-"; with `raw` the data always.
    };

    std::vector<std::string> urls{};
    std::string transport = "loop";  ///< One of getter_kinds.
    std::string unix_socket{};       ///< Its path, or empty.
    std::optional<std::string> method{};
    std::optional<std::string> user{};  ///< "NAME:PASSWORD", or "NAME".
    std::vector<std::string> headers{};
    std::vector<Data> data{};
    std::vector<std::string> outputs{};  ///< The first for the first URL, and so on; "-" is standard output.
    std::vector<std::string> resolve{};  ///< "HOST:PORT:ADDRESS[,ADDRESS…]".
    std::vector<std::string> uploads{};  ///< The first for the first URL, and so on; "-" is standard input, "" none.
    std::optional<std::uint64_t> max_filesize{};
    unsigned retries = 0;
    double expect_timeout = 1;  ///< Seconds.
    std::string write_out{};
    bool without_meaning = false;  ///< What curl can do, and ferry does anyhow or not yet.
    bool data_in_query = false;    ///< -G
    bool head = false;             ///< -I
    bool include = false;          ///< -i
    bool fail = false;
    bool silent = false;
    bool show_error = false;
    bool verbose = false;
    bool parallel = false;
    unsigned parallel_max = 50;
    double max_time = 0;  ///< Seconds, as the others; 0 is no limit.
    double connect_timeout = 300;
    double read_timeout = 0;
};

}  // namespace ferry::tools
