// Bodies that are made while they are sent.
#pragma once

#include "tools/serve/reply.hpp"

#include <cstdint>
#include <string>

namespace ferry::tools {

/// Random bytes, the same for the same seed: those of SplitMix64, eight at a time, lowest first.
class RandomBytes final : public Source {
public:
    RandomBytes(std::uint64_t count, std::uint64_t seed) noexcept : left_(count), state_(seed) {}
    Step read(Time now, std::span<std::byte> room) override;

private:
    std::uint64_t left_;
    std::uint64_t state_;
};

/// JSON objects, one a line: "{…, "id": 0}".
class JsonLines final : public Source {
public:
    /// `start` is the line up to the number.
    JsonLines(std::uint64_t count, std::string start) : count_(count), line_(std::move(start)), start_(line_.size()) {}
    Step read(Time now, std::span<std::byte> room) override;

private:
    std::uint64_t next_ = 0;
    std::uint64_t count_;
    std::string line_;
    std::size_t start_;
    std::size_t sent_ = 0;  // of the present line
};

/// "*" over and over, spread evenly over a time.
class Drip final : public Source {
public:
    Drip(std::uint64_t count, Duration over) noexcept : count_(count), over_(over) {}
    Step read(Time now, std::span<std::byte> room) override;

private:
    [[nodiscard]] Duration due(std::uint64_t index) const noexcept;

    std::uint64_t count_;
    std::uint64_t sent_ = 0;
    Duration over_;
    std::optional<Time> begin_;
};

}  // namespace ferry::tools
