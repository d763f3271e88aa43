// Bytes: a growable buffer that owns or shares them, and a view for scatter writes.
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
/// about to be overwritten by a read, and it can share memory that somebody else has, which then is sent from where it
/// lies. A moved-from Buffer is empty. Allocation failure throws `std::bad_alloc`.
class Buffer {
public:
    Buffer() noexcept = default;
    /// A copy of `text`.
    explicit Buffer(std::string_view text);
    /// A copy of `bytes`.
    explicit Buffer(ConstBuffer bytes);
    /// A copy of the content; of a Buffer that shares memory, another share of it.
    Buffer(const Buffer& other);
    Buffer(Buffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)),
          owner_(std::move(other.owner_)) {}
    Buffer& operator=(const Buffer& other);
    Buffer& operator=(Buffer&& other) noexcept {
        if (this != &other) {
            release();
            data_ = std::exchange(other.data_, nullptr);
            size_ = std::exchange(other.size_, 0);
            capacity_ = std::exchange(other.capacity_, 0);
            owner_ = std::move(other.owner_);
        }
        return *this;
    }
    ~Buffer() { release(); }

    /// `bytes` as they are, without a copy. They must stay and not change as long as `owner` lives, of which this Buffer
    /// and all copies of it have a share; it must not be null. A Buffer that is to be changed makes a copy of its own
    /// first. The last share may be one of a client's: whoever `owner` destroys must neither use the client, nor wait, nor
    /// throw, and may be destroyed in any thread that uses it.
    ///
    ///     auto file = std::make_shared<const Mapping>(path);
    ///     client.put("/backup", {.content = ferry::Buffer::share(file->bytes(), file)});
    [[nodiscard]] static Buffer share(ConstBuffer bytes, std::shared_ptr<const void> owner) noexcept;
    /// The same for a text, which is moved to where all copies share it.
    [[nodiscard]] static Buffer share(std::string text);
    /// True if the content is memory of share(), or of what it was copied from.
    [[nodiscard]] bool is_shared() const noexcept { return owner_ != nullptr; }

    [[nodiscard]] const std::byte* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Bytes that fit without another allocation; 0 for shared memory.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// The content as text, unchecked. Valid until the buffer changes or dies.
    [[nodiscard]] std::string_view view() const noexcept { return as_text(bytes()); }
    /// The content as bytes. Valid until the buffer changes or dies.
    [[nodiscard]] ConstBuffer bytes() const noexcept { return {data_, size_}; }
    /// The content, to be written to. Shared memory is copied first, since nobody must write to that.
    [[nodiscard]] std::span<std::byte> writable() {
        if (is_shared()) {
            reserve(size_);
        }
        return {data_, size_};
    }
    /// A copy of the content as a string.
    [[nodiscard]] std::string str() const { return std::string(view()); }

    /// Adds a copy of `bytes`, which must lie neither in this buffer nor in what it shares.
    void append(ConstBuffer bytes);
    void append(std::string_view text) { append(as_bytes(text)); }

    /// Room for at least `total` bytes in all; never shrinks. Pointers into the buffer are invalid afterwards.
    void reserve(std::size_t total);
    /// At least `atleast` writable bytes behind the content, uninitialised. Write into them, then call commit().
    [[nodiscard]] std::span<std::byte> prepare(std::size_t atleast);
    /// The first `n` bytes of what prepare() gave now belong to the content.
    void commit(std::size_t n) noexcept { size_ += n; }
    /// Forgets the content and keeps the memory; a share of memory is given up.
    void clear() noexcept {
        if (is_shared()) {
            *this = Buffer();
        }
        size_ = 0;
    }
    /// Forgets all but the first `n` bytes; `n` must not be larger than size().
    void truncate(std::size_t n) noexcept { size_ = n; }

    friend bool operator==(const Buffer& a, const Buffer& b) noexcept { return a.view() == b.view(); }
    friend bool operator==(const Buffer& a, std::string_view b) noexcept { return a.view() == b; }

private:
    void release() noexcept {
        if (owner_ == nullptr) {
            std::free(data_);
        }
    }

    std::byte* data_ = nullptr;  // Not written to while there is an owner.
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::shared_ptr<const void> owner_;  // Of shared memory.
};

}  // namespace ferry
