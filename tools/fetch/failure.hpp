// Why ferry fetch fails: a sentence and curl's exit code.
#pragma once

#include <ferry/error.hpp>

#include <stdexcept>
#include <string>

namespace ferry::tools {

/// curl's exit codes, those that occur here.
namespace exit_code {
inline constexpr int unsupported_protocol = 1;
inline constexpr int usage = 2;
inline constexpr int bad_url = 3;
inline constexpr int lookup = 6;
inline constexpr int connect = 7;
inline constexpr int malformed_response = 8;
inline constexpr int truncated = 18;
inline constexpr int http_error = 22;
inline constexpr int write_error = 23;
inline constexpr int read_error = 26;
inline constexpr int out_of_memory = 27;
inline constexpr int timeout = 28;
inline constexpr int aborted = 42;
inline constexpr int internal_error = 43;
inline constexpr int too_many_redirects = 47;
inline constexpr int empty_reply = 52;
inline constexpr int send_error = 55;
inline constexpr int receive_error = 56;
inline constexpr int certificate = 60;
inline constexpr int bad_encoding = 61;
inline constexpr int too_large = 63;
inline constexpr int proxy = 97;
}  // namespace exit_code

/// The exit code that stands for an error.
[[nodiscard]] int exit_code_of(Errc code) noexcept;

/// Thrown where there is no transfer to report to.
class FetchFailure : public std::runtime_error {
public:
    FetchFailure(int code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    int code_;
};

}  // namespace ferry::tools
