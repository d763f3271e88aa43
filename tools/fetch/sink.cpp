#include "tools/fetch/sink.hpp"

#include "tools/fetch/failure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace ferry::tools {

void Sink::fail(int error) const {
    throw FetchFailure(exit_code::write_error, fmt::format("cannot write to {}: {}", file_.empty() ? "stdout" : file_,
                                                           std::generic_category().message(error)));
}

void Sink::open() {
    if (file_.empty() || opened_) {
        return;
    }
    opened_ = Descriptor(::open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!opened_) {
        fail(errno);
    }
}

void Sink::write(ConstBuffer bytes) {
    const int fd = file_.empty() ? STDOUT_FILENO : opened_.get();
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            pollfd wait{fd, POLLOUT, 0};
            ::poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            fail(errno);
        }
    }
}

void Sink::close() {
    if (opened_ && ::close(opened_.release()) != 0 && errno != EINTR) {
        fail(errno);
    }
}

void keep_standard_descriptors() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) == -1) {
            // The lowest free one: this very fd. Output is opened for reading, so that writing fails.
            ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

}  // namespace ferry::tools
