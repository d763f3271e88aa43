// A server as fast as one can be made in a page, on one thread, for what nginx does not do as fast or at all:
//
//     origin [PORT]          prints its URL, serves until it is killed
//
//     GET /200               200 bytes, 8 fields
//     GET /together          the same for all who have asked, when nobody has for 50 ms
//     GET /length/BYTES      so many bytes with Content-Length
//     GET /chunked/BYTES     so many in chunks of 8 KiB, as a proxy of nginx's sends them
//     POST, PUT any          reads the body (with Content-Length), then answers with 2 bytes
//
// It trusts its clients: one request at a time on a connection, heads below 4 KiB.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t chunk_size = 8192;
constexpr std::size_t chunks_a_block = 64;
constexpr int together_ms = 50;

std::string head(std::string_view framing) {
    return "HTTP/1.1 200 OK\r\nServer: origin/1.0.0\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
           "Content-Type: application/octet-stream\r\n" +
           std::string(framing) +
           "\r\nLast-Modified: Mon, 23 Nov 2026 09:00:00 GMT\r\nConnection: keep-alive\r\n"
           "ETag: \"65f0a1b2-c8\"\r\nAccept-Ranges: bytes\r\n\r\n";
}

const std::string small = head("Content-Length: 200") + std::string(200, 'x');
const std::string thanks = head("Content-Length: 2") + "ok";
const std::string block(chunk_size* chunks_a_block, 'x');
const std::string chunked_block = [] {
    std::string text;
    for (std::size_t i = 0; i < chunks_a_block; ++i) {
        text += "2000\r\n" + std::string(chunk_size, 'x') + "\r\n";
    }
    return text;
}();

[[noreturn]] void stop(const char* why) {
    std::perror(why);
    std::exit(1);
}

struct Connection {
    std::string input{};
    std::uint64_t to_discard = 0;  // Of a request's body.
    std::string head{};            // What is to be sent, first to last.
    const std::string* repeated = nullptr;
    std::uint64_t left = 0;  // Bytes of it, repeated as often as that takes.
    std::size_t at = 0;      // In the head, then in what is repeated.
    std::string_view tail{};
    bool waits_to_write = false;
    bool held = false;  // Until nobody else comes.
};

class Origin {
public:
    explicit Origin(std::uint16_t port) {
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
            ::listen(listener_, 4096) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            stop("origin: cannot listen");
        }
        watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
        std::printf("http://127.0.0.1:%d\n", ntohs(address.sin_port));
        std::fflush(stdout);
    }

    [[noreturn]] void serve() {
        std::array<epoll_event, 256> ready;
        for (;;) {
            const int patience = held_.empty() ? -1 : together_ms;
            const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), patience);
            if (count == 0) {
                answer_together();
            }
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = ready[static_cast<std::size_t>(i)];
                if (event.data.fd == listener_) {
                    accept();
                } else if (!handle(event.data.fd, event.events)) {
                    close(event.data.fd);
                }
            }
        }
    }

private:
    void watch(int fd, std::uint32_t events, int operation) const {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        ::epoll_ctl(epoll_, operation, fd, &event);
    }

    void close(int fd) {
        connections_.erase(fd);
        ::close(fd);
    }

    void answer_together() {
        for (const int fd : std::exchange(held_, {})) {
            const auto found = connections_.find(fd);
            if (found == connections_.end() || !std::exchange(found->second->held, false)) {
                continue;  // It has not waited.
            }
            found->second->head = small;
            if (!write(fd, *found->second)) {
                close(fd);
            }
        }
    }

    void accept() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (fd < 0) {
                return;
            }
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            connections_.emplace(fd, std::make_unique<Connection>());
            watch(fd, EPOLLIN, EPOLL_CTL_ADD);
        }
    }

    // False: the connection is over.
    bool handle(int fd, std::uint32_t events) {
        Connection& connection = *connections_.at(fd);
        if ((events & EPOLLOUT) != 0) {
            return write(fd, connection);
        }
        if (connection.to_discard > 0) {
            return discard(fd, connection);
        }
        std::array<char, 4096> buffer;
        const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
        if (connection.input.empty() && bytes.starts_with("GET /200 ") && bytes.ends_with("\r\n\r\n")) {
            return ::send(fd, small.data(), small.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(small.size());
        }
        connection.input += bytes;
        return take(fd, connection);
    }

    bool take(int fd, Connection& connection) {
        const std::size_t end = connection.input.find("\r\n\r\n");
        if (end == std::string::npos) {
            return true;
        }
        const std::uint64_t length = content_length({connection.input.data(), end + 2});
        const std::string_view line(connection.input.data(), connection.input.find('\r'));
        if (line.starts_with("GET /together ")) {
            connection.held = true;
            connection.input.clear();
            held_.push_back(fd);
            return true;
        }
        answer(connection, line);
        const std::uint64_t extra = connection.input.size() - end - 4;
        connection.to_discard = length - std::min(extra, length);
        connection.input.clear();
        return connection.to_discard > 0 || write(fd, connection);
    }

    static std::uint64_t content_length(std::string_view fields) {
        constexpr std::string_view name = "content-length:";
        const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
        const auto* const found = std::search(fields.begin(), fields.end(), name.begin(), name.end(), same);
        return found == fields.end() ? 0 : std::strtoull(found + name.size(), nullptr, 10);
    }

    static void answer(Connection& connection, std::string_view line) {
        const auto number = [&](std::string_view prefix) {
            return std::strtoull(line.data() + prefix.size(), nullptr, 10);
        };
        if (line.starts_with("GET /length/")) {
            connection.left = number("GET /length/");
            connection.head = head("Content-Length: " + std::to_string(connection.left));
            connection.repeated = &block;
        } else if (line.starts_with("GET /chunked/")) {
            // Whole chunks alone.
            connection.left = number("GET /chunked/") / chunk_size * (chunked_block.size() / chunks_a_block);
            connection.head = head("Transfer-Encoding: chunked");
            connection.repeated = &chunked_block;
            connection.tail = "0\r\n\r\n";
        } else {
            connection.head = line.starts_with("GET ") ? small : thanks;
        }
    }

    bool discard(int fd, Connection& connection) {
        static std::array<char, 1> nothing;
        for (;;) {
            // MSG_TRUNC drops the bytes where they are.
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(connection.to_discard, 1 << 20));
            const ssize_t got = ::recv(fd, nothing.data(), most, MSG_TRUNC);
            if (got <= 0) {
                return got < 0 && errno == EAGAIN;
            }
            connection.to_discard -= static_cast<std::uint64_t>(got);
            if (connection.to_discard == 0) {
                return write(fd, connection);
            }
        }
    }

    bool write(int fd, Connection& connection) {
        for (;;) {
            std::array<iovec, 3> pieces;
            std::size_t count = 0;
            const auto add = [&](std::string_view piece) {
                if (!piece.empty()) {
                    pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
                }
            };
            const bool in_head = !connection.head.empty();
            if (in_head) {
                add(std::string_view(connection.head).substr(connection.at));
            } else if (connection.left > 0) {
                add(std::string_view(*connection.repeated).substr(connection.at, connection.left));
            } else {
                add(connection.tail);
            }
            if (count == 0) {
                if (std::exchange(connection.waits_to_write, false)) {
                    watch(fd, EPOLLIN, EPOLL_CTL_MOD);
                }
                connection.repeated = nullptr;
                return true;
            }
            msghdr message{};
            message.msg_iov = pieces.data();
            message.msg_iovlen = count;
            const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
            if (sent < 0) {
                if (errno == EAGAIN && !std::exchange(connection.waits_to_write, true)) {
                    watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
                }
                return errno == EAGAIN;
            }
            advance(connection, static_cast<std::size_t>(sent), in_head);
        }
    }

    static void advance(Connection& connection, std::size_t sent, bool in_head) {
        connection.at += sent;
        if (in_head) {
            if (connection.at == connection.head.size()) {
                connection.head.clear();
                connection.at = 0;
            }
        } else if (connection.left > 0) {
            connection.left -= sent;
            connection.at = connection.left == 0 ? 0 : connection.at % connection.repeated->size();
        } else {
            connection.tail.remove_prefix(sent);
            connection.at = 0;
        }
    }

    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    std::unordered_map<int, std::unique_ptr<Connection>> connections_;
    std::vector<int> held_;
};

}  // namespace

int main(int argc, char** argv) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    Origin origin(static_cast<std::uint16_t>(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0));
    origin.serve();
}
