// The memory that transports read into: one block for all connections, since what is read is used before the next read.
//
// It grows while reads fill it, so small answers cost little memory and large ones few system calls. What is read may be
// kept as it is: then the block belongs to whoever keeps it, until the last of them lets go of it, in whatever thread, and
// the next read is into another one.
#pragma once

#include <ferry/buffer.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace ferry {

class ReadMemory {
public:
    /// Where to read to; dies with the next call.
    [[nodiscard]] std::span<std::byte> get();
    /// How much of it a read has filled, or one into other memory.
    void note(std::size_t filled) noexcept { was_full_ = filled >= size_; }
    /// True if a read of `bytes`, which begin at the front of this memory or of another's, has left nothing to be read.
    [[nodiscard]] bool was_the_end(ConstBuffer bytes) const noexcept;
    /// Keeps `bytes`: those of the last read are shared if they fill most of the block, others are copied.
    [[nodiscard]] Buffer keep(ConstBuffer bytes);

private:
    class Spares;

    void renew(std::size_t size, std::shared_ptr<Spares> spares);

    std::shared_ptr<std::byte[]> block_;
    std::shared_ptr<Spares> spares_;  // Of this size.
    std::size_t size_ = 0;
    bool was_full_ = false;
    bool kept_ = false;  // Somebody has a share of the block.
};

}  // namespace ferry
