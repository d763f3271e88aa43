#include "tools/fetch/upload.hpp"

#include "tools/descriptor.hpp"
#include "tools/fetch/failure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

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

    [[noreturn]] void fail() const {
        throw FetchFailure(exit_code::read_error,
                           fmt::format("cannot read {}: {}", name, std::generic_category().message(errno)));
    }
};

std::optional<Buffer> read_piece(const Source& source) {
    Buffer piece;
    for (;;) {
        const std::span<std::byte> room = piece.prepare(piece_size);
        const ssize_t count = ::read(source.fd, room.data(), piece_size);
        if (count > 0) {
            piece.commit(static_cast<std::size_t>(count));
            return piece;
        }
        if (count == 0) {
            return std::nullopt;
        }
        if (errno != EINTR) {
            source.fail();
        }
    }
}

}  // namespace

BodySource upload_from(const std::string& name) {
    const auto source = std::make_shared<Source>();
    source->name = name == "-" ? "stdin" : name;
    if (name != "-") {
        source->file = Descriptor(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
        source->fd = source->file.get();
        if (!source->file) {
            source->fail();
        }
    }
    BodySource body;
    body.next = [source] { return read_piece(*source); };
    struct stat status{};
    if (::fstat(source->fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        source->fail();
    }
    if (name != "-" && ::fstat(source->fd, &status) == 0 && S_ISREG(status.st_mode)) {
        body.length = static_cast<std::uint64_t>(status.st_size);
        body.rewind = [source] {
            if (::lseek(source->fd, 0, SEEK_SET) < 0) {
                source->fail();
            }
        };
    }
    return body;
}

}  // namespace ferry::tools
