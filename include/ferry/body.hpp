// A request's body that is made while it is sent.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/headers.hpp>

#include <cstdint>
#include <functional>
#include <optional>

namespace ferry {

/// Where the pieces of a body come from. `next` is called whenever the connection can take more, so it is memory for a
/// few pieces that a large body needs:
///
///     client.put("/backup", {.body = {.next = [&]() -> std::optional<ferry::Buffer> { return read_some(file); },
///                                     .length = size_of(file)}});
///
/// The blocking client calls these functions in the thread that makes the request, without a lock, so they may wait; the
/// others on their loop, where they must not. An exception from them ends the request with Errc::invalid_body, which has
/// its text.
struct BodySource {
    /// The next piece, or nothing at the end. Pieces of 16 to 256 KiB are best; empty ones are skipped.
    std::function<std::optional<Buffer>()> next{};
    /// How many bytes there will be in all, sent as Content-Length; fewer or more are an error. Unset: the body is chunked.
    std::optional<std::uint64_t> length{};
    /// Goes back to the beginning, so that the body can be sent once more. Without it the body is sent once, and a request
    /// that would have to be repeated after the first piece ends as it is.
    std::function<void()> rewind{};
    /// The fields behind a chunked body (RFC 9110 section 6.5), such as a digest; asked for after the last piece.
    std::function<Headers()> trailers{};

    [[nodiscard]] bool is_set() const noexcept { return next != nullptr; }
};

}  // namespace ferry
