#include "tools/fetch/upload.hpp"

#include "tools/descriptor.hpp"
#include "tools/fetch/failure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

namespace ferry::tools {
namespace {

constexpr std::size_t piece_size = std::size_t{64} * 1024;

struct Source {
    std::string name{};
    Descriptor file{};
    int fd = STDIN_FILENO;
    std::optional<std::uint64_t> length{};
    Reading reading{};

    [[noreturn]] void fail(const std::string& why) {
        reading.failure = fmt::format("cannot read {}: {}", name, why);
        throw FetchFailure(exit_code::read_error, reading.failure);
    }
    [[noreturn]] void fail(int error) { fail(std::generic_category().message(error)); }
};

std::optional<Buffer> read_piece(Source& source) {
    const std::uint64_t done = source.reading.bytes;
    const std::uint64_t left = source.length ? *source.length - done : piece_size;
    if (left == 0) {
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, left));
    Buffer piece;
    for (;;) {
        const std::span<std::byte> room = piece.prepare(size);
        const ssize_t count = ::read(source.fd, room.data(), size);
        if (count > 0) {
            piece.commit(static_cast<std::size_t>(count));
            source.reading.bytes += static_cast<std::size_t>(count);
            return piece;
        }
        if (count == 0 && source.length) {
            source.fail(fmt::format("it ends after {} of {} bytes", done, *source.length));
        }
        if (count == 0) {
            return std::nullopt;
        }
        if (errno != EINTR) {
            source.fail(errno);
        }
    }
}

// Files that the system makes up, as in /proc, say that they are empty.
[[nodiscard]] bool knows_its_size(int fd, const struct stat& status) {
    std::byte first{};
    return status.st_size > 0 || ::pread(fd, &first, 1, 0) == 0;
}

}  // namespace

Upload upload_from(const std::string& name) {
    const auto source = std::make_shared<Source>();
    source->name = name == "-" ? "stdin" : name;
    if (name != "-") {
        source->file = Descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
        source->fd = source->file.get();
        if (!source->file) {
            source->fail(errno);
        }
    }
    struct stat status{};
    const bool known = ::fstat(source->fd, &status) == 0;
    if (known && S_ISDIR(status.st_mode)) {
        source->fail(EISDIR);
    }
    Upload upload;
    upload.body.next = [source] { return read_piece(*source); };
    if (known && name != "-" && S_ISREG(status.st_mode)) {
        if (knows_its_size(source->fd, status)) {
            source->length = static_cast<std::uint64_t>(status.st_size);
            upload.body.length = source->length;
        }
        upload.body.rewind = [source] {
            if (::lseek(source->fd, 0, SEEK_SET) < 0) {
                source->fail(errno);
            }
            source->reading.bytes = 0;
        };
    }
    upload.reading = std::shared_ptr<const Reading>(source, &source->reading);
    return upload;
}

}  // namespace ferry::tools
