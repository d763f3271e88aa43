// Output of one connection, waiting to be written: pieces in order, and the loan of their front.
//
// gather() lends memory to a transport; until settle() or drop() it does not move and is not freed, whatever happens to
// the request that it came from. Bytes are copied only where they are few (chunk sizes); bodies are kept by reference.
#pragma once

#include <ferry/buffer.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace ferry {

class OutQueue {
public:
    /// Memory that somebody else keeps until it is sent or the connection is gone.
    void push_borrowed(ConstBuffer bytes);
    /// Memory that the queue keeps.
    void push_owned(Buffer bytes);
    /// A few bytes, copied.
    void push_copy(ConstBuffer bytes) { push_owned(Buffer(bytes)); }

    /// Keeps memory that borrowed pieces point into, until all that is queued now has been sent or dropped.
    void adopt(Buffer bytes);

    /// Lends the front: fills `out`, says how many pieces. 0 if a loan is running or there is nothing.
    [[nodiscard]] std::size_t gather(std::span<ConstBuffer> out);
    /// `n` bytes of the loan were written; the loan ends. Says how many really were (never more than lent).
    std::size_t settle(std::size_t n);
    /// Nothing more will be written; the loan has ended.
    void drop();

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    /// Bytes that are not written yet, lent ones among them.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool lent() const noexcept { return lent_ != 0; }
    /// Everything that is queued has been lent: a write that has it all is under way.
    [[nodiscard]] bool all_lent() const noexcept { return lent_ == size_; }

private:
    struct Piece {
        ConstBuffer bytes;
        Buffer keep;  // of push_owned
    };
    void reset();

    std::vector<Piece> pieces_;  // [first_, end): what is left
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    std::size_t lent_ = 0;
    std::vector<Buffer> adopted_;
};

}  // namespace ferry
