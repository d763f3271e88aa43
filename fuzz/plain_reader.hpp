// A second opinion on one HTTP/1.1 message: RFC 9112 read aloud, on a stream that is wholly in memory. It shares no line
// with the codec, knows no limits, and is not fast.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry::fuzz {

struct Plain {
    enum class Verdict {
        incomplete,  ///< More bytes could make it a message.
        refused,     ///< No bytes could; `why`.
        message,     ///< It is one, and ends at `end`.
        to_the_end,  ///< It is one, and its body ends with the connection.
        switched,    ///< It ends HTTP at `end`.
    };
    Verdict verdict = Verdict::incomplete;
    std::string why{};
    std::size_t end = 0;
    bool head = false;  ///< The head at least is whole, and what follows says what is in it.
    int status = 0;
    std::string reason{};
    std::string method{};
    std::string target{};
    std::string version{};  ///< "1.1"
    bool closes = false;    ///< The connection does not persist behind this message.
    std::vector<std::pair<std::string, std::string>> fields{};
    std::vector<std::pair<std::string, std::string>> trailers{};
    std::string body{};  ///< As far as it has come.
};

/// `method` is that of the request. Interim responses are messages of their own.
[[nodiscard]] Plain read_response(std::string_view stream, std::string_view method);
[[nodiscard]] Plain read_request(std::string_view stream);

}  // namespace ferry::fuzz
