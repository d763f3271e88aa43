// Bytes: a growable buffer that owns them, and a view for scatter writes.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ferry {

/// One piece of memory to be written, as in `iovec`. It owns nothing.
using ConstBuffer = std::span<const std::byte>;

/// The bytes of a text, without copying them. Valid as long as the text.
[[nodiscard]] inline ConstBuffer as_bytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// The text in some bytes, without copying or checking them. Valid as long as the bytes.
[[nodiscard]] inline std::string_view as_text(ConstBuffer bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A growable run of bytes, such as a body. Unlike `std::vector<std::byte>` it grows without clearing memory that is
/// about to be overwritten by a read. A moved-from Buffer is empty. Allocation failure throws `std::bad_alloc`.
class Buffer {
public:
    Buffer() noexcept = default;
    /// A copy of `text`.
    explicit Buffer(std::string_view text);
    /// A copy of `bytes`.
    explicit Buffer(ConstBuffer bytes);
    Buffer(const Buffer& other);
    Buffer(Buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Buffer& operator=(const Buffer& other);
    Buffer& operator=(Buffer&& other) noexcept {
        if (this != &other) {
            std::free(data_);
            data_ = std::exchange(other.data_, nullptr);
            size_ = std::exchange(other.size_, 0);
            capacity_ = std::exchange(other.capacity_, 0);
        }
        return *this;
    }
    ~Buffer() { std::free(data_); }

    [[nodiscard]] const std::byte* data() const noexcept { return data_; }
    [[nodiscard]] std::byte* data() noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The content as text, unchecked. Valid until the buffer changes or dies.
    [[nodiscard]] std::string_view view() const noexcept { return as_text(bytes()); }
    /// The content as bytes. Valid until the buffer changes or dies.
    [[nodiscard]] ConstBuffer bytes() const noexcept { return {data_, size_}; }
    /// A copy of the content as a string.
    [[nodiscard]] std::string str() const { return std::string(view()); }

    /// Adds a copy of `bytes`, which must not lie in this buffer.
    void append(ConstBuffer bytes);
    void append(std::string_view text) { append(as_bytes(text)); }

    /// Room for at least `total` bytes in all; never shrinks. Pointers into the buffer are invalid afterwards.
    void reserve(std::size_t total);
    /// At least `atleast` writable bytes behind the content, uninitialised. Write into them, then call commit().
    [[nodiscard]] std::span<std::byte> prepare(std::size_t atleast);
    /// The first `n` bytes of what prepare() gave now belong to the content.
    void commit(std::size_t n) noexcept { size_ += n; }
    /// Forgets the content and keeps the memory.
    void clear() noexcept { size_ = 0; }
    /// Forgets all but the first `n` bytes; `n` must not be larger than size().
    void truncate(std::size_t n) noexcept { size_ = n; }

    friend bool operator==(const Buffer& a, const Buffer& b) noexcept { return a.view() == b.view(); }
    friend bool operator==(const Buffer& a, std::string_view b) noexcept { return a.view() == b; }

private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace ferry
