// A byte stream played into a Machine, and what came out as text: the oracle of the codec's tests and fuzz targets.
//
// One line an event, so that a table can hold what is expected:
//     head 200 OK 1.1 | Content-Length: 5
//     data hello
//     end keep-alive
// Data is merged; everything else is in the order in which it came. Bytes that are not printable are written as \xNN.
#pragma once

#include <ferry/http1.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::http1::test {

/// What the peer of the stream does: the requests that a client has sent, or a server that answers each with 200.
struct Script {
    Role role = Role::client;
    std::vector<std::string> methods{"GET"};  ///< Client role: the requests, in order.
    std::vector<std::string> upgrade{};       ///< Client role: the Upgrade of the requests.
    bool hold_back = true;                    ///< Client role, with more than one request.
    bool eof = false;                         ///< The stream ends behind the bytes.
    bool switches = true;                     ///< Server role: agrees to upgrades and tunnels.
    Limits limits{};
};

/// How many bytes to feed next, at least 1.
using Pieces = std::function<std::size_t(std::size_t left)>;

[[nodiscard]] Pieces whole();
[[nodiscard]] Pieces byte_by_byte();
[[nodiscard]] Pieces random_pieces(std::uint64_t seed);

[[nodiscard]] std::string trace(const Script& script, std::string_view stream, const Pieces& pieces);

/// The trace of the whole stream; if any other split gives another one, a text that says so instead.
[[nodiscard]] std::string trace_every_split(const Script& script, std::string_view stream);

/// Text with what is not printable as \xNN.
[[nodiscard]] std::string visible(std::string_view text);

}  // namespace ferry::http1::test
