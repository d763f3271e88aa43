// A request's body that is made while it is sent.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/headers.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace ferry {

/// What gives the pieces of a body: anything that is called without arguments and returns exactly std::optional<Buffer>,
/// because what returns a Buffer has no end.
class NextPiece {
public:
    NextPiece() noexcept = default;
    NextPiece(std::nullptr_t) noexcept {}
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, NextPiece> &&
                 std::same_as<std::invoke_result_t<Function&>, std::optional<Buffer>>)
    NextPiece(Function&& function) : function_(std::forward<Function>(function)) {}
    /// Not std::optional<Buffer>: there would be no end.
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, NextPiece> &&
                 !std::same_as<std::invoke_result_t<Function&>, std::optional<Buffer>>)
    NextPiece(Function&& return_an_optional_buffer) = delete;

    /// Must not be null.
    [[nodiscard]] std::optional<Buffer> operator()() const { return function_(); }
    [[nodiscard]] bool operator==(std::nullptr_t) const noexcept { return function_ == nullptr; }

private:
    std::function<std::optional<Buffer>()> function_;
};

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
    NextPiece next{};
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
