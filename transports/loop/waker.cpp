#include "transports/loop/waker.hpp"

#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#ifdef __linux__
#include <sys/eventfd.h>
#else
#include <fcntl.h>
#endif

namespace ferry::loop {

Waker::Waker() {
#ifdef __linux__
    read_ = write_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
#else
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) == 0) {
        for (const int end : ends) {
            ::fcntl(end, F_SETFL, O_NONBLOCK);
            ::fcntl(end, F_SETFD, FD_CLOEXEC);
        }
        read_ = ends[0];
        write_ = ends[1];
    }
#endif
    if (read_ < 0) {
        throw std::system_error(errno, std::system_category(), "ferry: no descriptor to wake the loop with");
    }
}

Waker::~Waker() {
    ::close(read_);
    if (write_ != read_) {
        ::close(write_);
    }
}

void Waker::wake() noexcept {
    if (!awake_.exchange(true)) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(write_, &one, sizeof(one));  // Full is as good as written.
    }
}

// Read first: the other way round, the read would swallow what a wake() after the store writes, and all later ones would
// find `awake_` set and write nothing. Whoever wakes between the two is seen, since the exchange reads what it stored.
void Waker::clear() noexcept {
    std::array<std::uint64_t, 8> sink{};
    [[maybe_unused]] const auto got = ::read(read_, sink.data(), sizeof(sink));
    awake_.exchange(false);
}

}  // namespace ferry::loop
