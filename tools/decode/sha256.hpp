// SHA-256 (FIPS 180-4), so that a decoded body can be compared without being printed.
#pragma once

#include <ferry/buffer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace ferry::tools {

class Sha256 {
public:
    Sha256() noexcept;
    void update(ConstBuffer bytes) noexcept;
    /// The digest in lower-case hexadecimal; the object is as new afterwards.
    [[nodiscard]] std::string finish();

private:
    void block(const std::byte* bytes) noexcept;

    std::array<std::uint32_t, 8> state_;
    std::array<std::byte, 64> pending_{};
    std::uint64_t size_ = 0;
};

}  // namespace ferry::tools
