// An HTTP origin for load, a program of its own: one thread, epoll, and no code of ferry. It prints its port, and serves
// until it is killed.
//
//     /ok      200 and a body; but one request in a hundred fails, each time in the next of the ways below
//     /meet/N  answers nobody until N connections are asking
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::string_view good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// What is sent, and how the connection goes on.
struct Answer {
    enum class Then { keep, fin, reset, silence };
    std::string_view bytes;
    Then then = Then::keep;
};

constexpr Answer failures[] = {
    {"", Answer::Then::fin},
    {"", Answer::Then::reset},
    {"", Answer::Then::silence},
    {"HTTP/1.1 200 OK\r\nContent-", Answer::Then::fin},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Answer::Then::fin},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Answer::Then::reset},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Answer::Then::silence},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Answer::Then::fin},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", Answer::Then::keep},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", Answer::Then::keep},
    {"220 hello\r\n\r\n", Answer::Then::keep},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 299 Stale\r\nContent-Length: 0\r\n\r\n",
     Answer::Then::keep},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Answer::Then::fin},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Answer::Then::reset},
};

class Origin {
public:
    Origin();
    [[noreturn]] void run();

private:
    void accept_all();
    void read(int fd);
    void answer(int fd, const Answer& answer);
    void meet(int fd, std::size_t count);
    void end(int fd, bool reset);

    int listener_ = -1;
    int poll_ = -1;
    std::uint64_t requests_ = 0;
    std::size_t next_failure_ = 0;
    std::unordered_map<int, std::string> open_;  ///< What has come of the next request.
    std::vector<int> meeting_;
};

void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

Origin::Origin() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 4096) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        die("flaky_origin");
    }
    poll_ = epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener_}};
    epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &event);
    std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
}

void Origin::run() {
    std::array<epoll_event, 256> events;
    for (;;) {
        const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener_) {
                accept_all();
            } else if (open_.contains(fd)) {
                read(fd);
            }
        }
    }
}

void Origin::accept_all() {
    for (;;) {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
        open_.emplace(fd, std::string());
    }
}

void Origin::read(int fd) {
    std::array<char, 4096> buffer;
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
        end(fd, false);
        return;
    }
    std::string& head = open_[fd];
    head.append(buffer.data(), static_cast<std::size_t>(got));
    if (!head.ends_with("\r\n\r\n")) {
        return;
    }
    constexpr std::string_view meeting = "GET /meet/";
    const std::size_t count = head.starts_with(meeting) ? std::strtoul(head.c_str() + meeting.size(), nullptr, 10) : 0;
    head.clear();
    if (count > 0) {
        meet(fd, count);
    } else if (++requests_ % 100 == 0) {
        answer(fd, failures[next_failure_++ % std::size(failures)]);
    } else {
        answer(fd, {.bytes = good});
    }
}

void Origin::meet(int fd, std::size_t count) {
    meeting_.push_back(fd);
    if (meeting_.size() >= count) {
        for (const int other : meeting_) {
            answer(other, {.bytes = good});
        }
        meeting_.clear();
    }
}

void Origin::answer(int fd, const Answer& answer) {
    const bool sent = answer.bytes.empty() || send(fd, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL) > 0;
    if (!sent || answer.then == Answer::Then::fin || answer.then == Answer::Then::reset) {
        end(fd, answer.then == Answer::Then::reset);
    }
}

void Origin::end(int fd, bool reset) {
    if (reset) {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    std::erase(meeting_, fd);
    open_.erase(fd);
    close(fd);
}

}  // namespace

int main() { Origin().run(); }
