// The bytes of a body, put where the requests that they are for can share them.
#include <ferry/options.hpp>

#include <cstring>
#include <memory>
#include <utility>

namespace ferry {

Content::Content(Buffer bytes) : set_(true) {
    if (bytes.is_shared() || bytes.empty()) {
        bytes_ = std::move(bytes);
        return;
    }
    auto owner = std::make_shared<const Buffer>(std::move(bytes));
    bytes_ = Buffer::share(owner->bytes(), owner);
}

Content::Content(std::span<const std::byte> bytes) : set_(true) {
    if (!bytes.empty()) {
        const auto memory = std::make_shared_for_overwrite<std::byte[]>(bytes.size());
        std::memcpy(memory.get(), bytes.data(), bytes.size());
        bytes_ = Buffer::share({memory.get(), bytes.size()}, memory);
    }
}

}  // namespace ferry
