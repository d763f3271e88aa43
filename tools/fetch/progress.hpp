// A line on the terminal that tells how far downloads are.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace ferry::tools {

/// Shows nothing in the first second. Threads may share it.
class Progress {
public:
    /// Nothing is ever shown if not `enabled`.
    explicit Progress(bool enabled) : enabled_(enabled) {}

    /// A body begins; `length` is 0 if it is not known.
    void expect(std::uint64_t length);
    void add(std::uint64_t bytes);
    /// Takes the line away, so that something else can be written.
    void clear();

    /// "  45 % [=========>          ]  12.3 MiB  4.1 MiB/s  0:12 left", as wide as `width` at most.
    [[nodiscard]] static std::string line(std::uint64_t done, std::uint64_t total, double seconds, unsigned width);

private:
    using Clock = std::chrono::steady_clock;

    const bool enabled_;
    std::mutex mutex_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
    bool total_known_ = true;
    bool shown_ = false;
    Clock::time_point start_{};
    Clock::time_point last_{};
};

}  // namespace ferry::tools
