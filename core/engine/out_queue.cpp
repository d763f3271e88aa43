#include "core/engine/out_queue.hpp"

#include <algorithm>

namespace ferry {

void OutQueue::push_borrowed(ConstBuffer bytes) {
    if (!bytes.empty()) {
        pieces_.push_back({bytes, {}});
        size_ += bytes.size();
    }
}

void OutQueue::push_owned(Buffer bytes) {
    if (!bytes.empty()) {
        const ConstBuffer view = bytes.bytes();
        pieces_.push_back({view, std::move(bytes)});  // moving a Buffer does not move its memory
        size_ += view.size();
    }
}

void OutQueue::adopt(Buffer bytes) {
    if (!empty()) {
        adopted_.push_back(std::move(bytes));
    }
}

std::size_t OutQueue::gather(std::span<ConstBuffer> out) {
    if (lent()) {
        return 0;
    }
    std::size_t count = 0;
    for (std::size_t i = first_; i < pieces_.size() && count < out.size(); ++i) {
        out[count++] = pieces_[i].bytes;
        lent_ += pieces_[i].bytes.size();
    }
    return count;
}

std::size_t OutQueue::settle(std::size_t n) {
    n = std::min(n, lent_);
    lent_ = 0;
    size_ -= n;
    std::size_t left = n;
    while (left > 0) {
        Piece& piece = pieces_[first_];
        if (left < piece.bytes.size()) {
            piece.bytes = piece.bytes.subspan(left);
            break;
        }
        left -= piece.bytes.size();
        piece.keep = Buffer();
        ++first_;
    }
    if (size_ == 0) {
        reset();
    } else if (first_ > 64) {  // a long upload never lets the queue run empty
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
    return n;
}

void OutQueue::drop() {
    lent_ = 0;
    size_ = 0;
    reset();
}

void OutQueue::reset() {
    pieces_.clear();
    adopted_.clear();
    first_ = 0;
}

}  // namespace ferry
