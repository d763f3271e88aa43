// The body of a response between the engine, which gives it, and its reader, who comes when he likes.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/engine.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace ferry::detail {

class Pieces {
public:
    [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }
    /// What an event::Body has: kept where it lies if it is much, else put to what is there.
    void push(Engine& engine, ConstBuffer bytes);
    /// The first piece, or what is left of it. There must be one.
    [[nodiscard]] Buffer pop();
    /// Copies from the first piece; says how much. There must be one.
    [[nodiscard]] std::size_t take(std::span<std::byte> memory);
    void clear() noexcept;

private:
    std::vector<Buffer> pieces_;
    std::size_t taken_ = 0;  // Of the first one.
    std::size_t usual_ = 0;  // The size of the last one that was put together.
};

}  // namespace ferry::detail
