// A body on its way from its BodySource to the engine.
//
//     feed(): next piece from the source, into the engine, until there is no credit or the body is complete
//
// Where the source may be called in the same place as the engine, feed() is all there is to it. Where not (the blocking
// client calls the one with a lock and the other without), fetch() and give() are its two halves.
#pragma once

#include <ferry/body.hpp>
#include <ferry/buffer.hpp>
#include <ferry/engine.hpp>
#include <ferry/id.hpp>
#include <ferry/result.hpp>

#include <memory>
#include <optional>

namespace ferry::detail {

class Upload {
public:
    Upload() noexcept = default;
    /// Null: there is nothing to send.
    explicit Upload(std::shared_ptr<BodySource> source) noexcept : source_(std::move(source)) {}

    [[nodiscard]] bool is_set() const noexcept { return source_ != nullptr; }

    /// Calls the source, unless there is a piece that has not been given yet. Errc::invalid_body if it throws.
    [[nodiscard]] Result<void> fetch();
    /// Gives the engine what has been fetched. True if it takes more: then fetch() again.
    [[nodiscard]] bool give(Engine& engine, Time now, RequestId id);
    /// Both, as long as the engine takes more.
    [[nodiscard]] Result<void> feed(Engine& engine, Time now, RequestId id);
    /// The body is wanted from its beginning. Errc::invalid_body if the source throws.
    [[nodiscard]] Result<void> rewind();

private:
    std::shared_ptr<BodySource> source_;
    std::optional<Buffer> piece_;
    std::optional<Headers> trailers_;  // Set once the last piece is known.
};

}  // namespace ferry::detail
