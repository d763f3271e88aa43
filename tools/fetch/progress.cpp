#include "tools/fetch/progress.hpp"

#include "tools/say.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace ferry::tools {
namespace {

constexpr auto silence = std::chrono::seconds(1);
constexpr auto interval = std::chrono::milliseconds(100);

[[nodiscard]] std::string size_text(double bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

[[nodiscard]] std::string time_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 359'999.0));
    return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                        : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

[[nodiscard]] unsigned terminal_width() noexcept {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80U;
}

}  // namespace

std::string Progress::line(std::uint64_t done, std::uint64_t total, double seconds, unsigned width) {
    const auto got = static_cast<double>(done);
    const double speed = seconds > 0 ? got / seconds : 0;
    const std::string text = fmt::format("{:>10}  {:>10}/s", size_text(got), size_text(speed));
    if (total == 0 || done > total) {
        return text.substr(0, width);
    }
    const double part = got / static_cast<double>(total);
    const std::string left = speed > 0 ? time_text(static_cast<double>(total - done) / speed) + " left" : "";
    const std::string tail = fmt::format("{}  {:>12}", text, left);
    const std::size_t taken = 9 + tail.size();  // " 45 % [" and "] "
    if (taken + 5 > width) {
        return text.substr(0, width);
    }
    const std::size_t cells = std::min<std::size_t>(width - taken, 40);
    const auto full = static_cast<std::size_t>(part * static_cast<double>(cells));
    std::string bar(full, '=');
    bar.resize(cells, ' ');
    if (full < cells) {
        bar[full] = '>';
    }
    return fmt::format("{:3.0f} % [{}] {}", part * 100, bar, tail);
}

void Progress::expect(std::uint64_t length) {
    if (!enabled_) {
        return;
    }
    const std::scoped_lock lock(mutex_);
    if (start_ == Clock::time_point()) {
        start_ = Clock::now();
    }
    total_ += length;
    total_known_ = total_known_ && length > 0;
}

void Progress::add(std::uint64_t bytes) {
    if (!enabled_) {
        return;
    }
    const std::scoped_lock lock(mutex_);
    done_ += bytes;
    const auto now = Clock::now();
    if (now - start_ < silence || now - last_ < interval) {
        return;
    }
    last_ = now;
    shown_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    say("\r\033[K{}", line(done_, total_known_ ? total_ : 0, seconds, terminal_width() - 1));
    std::fflush(stderr);
}

void Progress::clear() {
    if (!enabled_) {
        return;
    }
    const std::scoped_lock lock(mutex_);
    if (shown_) {
        say("\r\033[K");
        std::fflush(stderr);
        shown_ = false;
    }
}

}  // namespace ferry::tools
