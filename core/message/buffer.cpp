#include <ferry/buffer.hpp>

#include "core/message/fail.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <limits>
#include <new>

namespace ferry {

namespace {

// Less than this is not worth a second allocation.
constexpr std::size_t smallest_capacity = 256;

constexpr std::size_t largest_capacity = std::numeric_limits<std::size_t>::max() / 2;

// What a buffer of `size` of `capacity` bytes grows to when `more` are to be added: twice, so that appending is linear.
std::size_t grown(std::size_t size, std::size_t capacity, std::size_t more) {
    if (more > largest_capacity - size) {
        detail::fail(std::bad_alloc());
    }
    return std::max({size + more, capacity * 2, smallest_capacity});
}

}  // namespace

Buffer::Buffer(std::string_view text) : Buffer(as_bytes(text)) {}

Buffer::Buffer(ConstBuffer bytes) {
    reserve(bytes.size());
    append(bytes);
}

Buffer::Buffer(const Buffer& other) {
    if (other.is_shared()) {
        data_ = other.data_;
        size_ = other.size_;
        owner_ = other.owner_;
    } else {
        reserve(other.size());
        append(other.bytes());
    }
}

Buffer& Buffer::operator=(const Buffer& other) {
    if (this == &other) {
        return *this;
    }
    if (is_shared() || other.is_shared()) {
        return *this = Buffer(other);
    }
    clear();
    append(other.bytes());
    return *this;
}

Buffer Buffer::share(ConstBuffer bytes, std::shared_ptr<const void> owner) noexcept {
    assert(owner != nullptr);
    Buffer buffer;
    buffer.data_ = const_cast<std::byte*>(bytes.data());
    buffer.size_ = bytes.size();
    buffer.owner_ = std::move(owner);
    return buffer;
}

Buffer Buffer::share(std::string text) {
    auto owner = std::make_shared<const std::string>(std::move(text));
    const ConstBuffer bytes = as_bytes(*owner);
    return share(bytes, std::move(owner));
}

void Buffer::append(ConstBuffer bytes) {
    if (bytes.empty()) {
        return;
    }
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    commit(bytes.size());
}

void Buffer::reserve(std::size_t total) {
    total = is_shared() ? std::max({total, size_, std::size_t{1}}) : total;
    if (total <= capacity_ && !is_shared()) {
        return;
    }
    // Not new[]: realloc can grow in place, and does not clear.
    void* const grown_data = total > largest_capacity ? nullptr : std::realloc(is_shared() ? nullptr : data_, total);
    if (grown_data == nullptr) {
        detail::fail(std::bad_alloc());
    }
    if (is_shared()) {
        if (size_ > 0) {
            std::memcpy(grown_data, data_, size_);
        }
        owner_.reset();
    }
    data_ = static_cast<std::byte*>(grown_data);
    capacity_ = total;
}

std::span<std::byte> Buffer::prepare(std::size_t atleast) {
    if (is_shared() || atleast > capacity_ - size_) {
        reserve(grown(size_, capacity_, atleast));
    }
    return {data_ + size_, capacity_ - size_};
}

}  // namespace ferry
