#include "tools/demo/origin.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace ferry::tools {
namespace {

[[noreturn]] void run(const std::string& program, int output, pid_t parent) {
    // Should this program be killed, the server goes too.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() == parent && ::dup2(output, STDOUT_FILENO) >= 0) {
        ::execl(program.c_str(), program.c_str(), "serve", nullptr);
    }
    ::_exit(127);
}

}  // namespace

Origin::Origin(const std::string& program) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("cannot make a pipe");
    }
    output_ = Descriptor(ends[0]);
    Descriptor input(ends[1]);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
        run(program, input.get(), parent);
    }
    if (pid_ < 0) {
        throw std::runtime_error("cannot start a process");
    }
    input.reset();  // so that the output ends with the child
    const std::string line = read_line();
    constexpr std::string_view greeting = "serving on ";
    if (!line.starts_with(greeting)) {
        stop();
        throw std::runtime_error(program + " serve did not start");
    }
    url_ = line.substr(greeting.size());
}

Origin::~Origin() { stop(); }

bool Origin::stop() {
    if (pid_ <= 0) {
        return true;
    }
    const pid_t pid = std::exchange(pid_, -1);
    ::kill(pid, SIGINT);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The first line, or what there is of it when the output ends.
std::string Origin::read_line() {
    std::string line;
    char c = 0;
    for (;;) {
        const ssize_t count = ::read(output_.get(), &c, 1);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0 || c == '\n') {
            return line;
        }
        line += c;
    }
}

std::string beside_this_program(const std::string& name) {
    return std::filesystem::read_symlink("/proc/self/exe").replace_filename(name).string();
}

}  // namespace ferry::tools
