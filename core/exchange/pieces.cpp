#include "core/exchange/pieces.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ferry::detail {

void Pieces::push(Engine& engine, ConstBuffer bytes) {
    // One that is being taken from would never be let go of by a reader who is a little slower than the network.
    if (!pieces_.empty() && !pieces_.back().is_shared() && (pieces_.size() > 1 || taken_ == 0)) {
        pieces_.back().append(bytes);
        return;
    }
    Buffer piece = engine.keep(bytes);
    if (!piece.is_shared()) {
        piece.reserve(usual_);  // More will come.
    }
    pieces_.push_back(std::move(piece));
}

Buffer Pieces::pop() {
    Buffer piece = std::move(pieces_.front());
    pieces_.erase(pieces_.begin());
    if (!piece.is_shared()) {
        usual_ = piece.size();
    }
    const std::size_t taken = std::exchange(taken_, 0);
    return taken == 0 ? std::move(piece) : Buffer(piece.bytes().subspan(taken));
}

std::size_t Pieces::take(std::span<std::byte> memory) {
    const ConstBuffer left = pieces_.front().bytes().subspan(taken_);
    const std::size_t size = std::min(left.size(), memory.size());
    std::memcpy(memory.data(), left.data(), size);
    taken_ += size;
    if (taken_ == pieces_.front().size()) {
        pieces_.erase(pieces_.begin());
        taken_ = 0;
    }
    return size;
}

void Pieces::clear() noexcept {
    pieces_.clear();
    taken_ = 0;
}

}  // namespace ferry::detail
