// What a route answers: a head, and a body that is there or is made piece by piece.
#pragma once

#include <ferry/headers.hpp>
#include <ferry/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ferry::tools {

/// A body that is made while it is sent.
class Source {
public:
    enum class Next : std::uint8_t {
        more,    ///< Ask again.
        later,   ///< Ask again at `at`.
        end,     ///< That was all.
        broken,  ///< There is no more, although there should be: the connection is cut.
    };
    struct Step {
        std::size_t count = 0;  ///< Bytes put into the room.
        Next next = Next::more;
        Time at{};
    };

    virtual ~Source() = default;
    /// Puts the next bytes into `room`, which has at least 4 KiB.
    virtual Step read(Time now, std::span<std::byte> room) = 0;
};

/// One response. The connection adds Date, Server, Connection and the framing.
struct Reply {
    int status = 200;
    Headers headers{};
    std::string body{};                     ///< The body, if there is no source.
    std::unique_ptr<Source> source{};       ///< The body, if it is made while it is sent.
    std::optional<std::uint64_t> length{};  ///< Of the source's body; unknown means chunked.
    Duration delay{};                       ///< Silence before the first byte.
    bool close = false;                     ///< The connection ends with this reply.

    /// As new, but keeps the memory.
    void reset();
    void set_type(std::string_view content_type) { headers.set("Content-Type", content_type); }
};

/// Makes `reply` a JSON error with a sentence.
void set_error(Reply& reply, int status, std::string_view sentence);

}  // namespace ferry::tools
