// The floor: non-blocking sockets on epoll, a request that is written out beforehand, a response whose length is known.
// Nothing is parsed but the first response, and chunk sizes. What a client costs is what it costs above this.
#include "tests/bench/peers/program.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace bench;

// How the origin frames its answers, learnt from the first.
struct Framing {
    std::size_t head = 0;
    std::optional<std::uint64_t> length{};  // Of the body; nothing: it is chunked.
};

std::optional<Framing> learnt;

Framing learn(std::string_view start) {
    const std::size_t end = start.find("\r\n\r\n");
    if (!start.starts_with("HTTP/1.1 200") || end == std::string_view::npos) {
        stop("floor: the answer is not a 200, or its head came in pieces");
    }
    Framing framing{.head = end + 4};
    const std::size_t field = start.find("\r\nContent-Length: ");
    if (field != std::string_view::npos && field < end) {
        framing.length = std::strtoull(start.data() + field + 18, nullptr, 10);
    }
    return framing;
}

// Finds the end of a chunked body that has neither extensions nor trailers.
class Chunks {
public:
    // The number of the bytes that were content.
    std::uint64_t skip(const char* at, std::size_t size) {
        std::uint64_t content = 0;
        const char* const end = at + size;
        while (at != end) {
            if (left_ > 0) {
                const std::uint64_t count = std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - at));
                left_ -= count;
                content += count;
                at += count;
                continue;
            }
            const char c = *at++;
            if (c == '\n') {
                line();
            } else if (c != '\r') {
                size_ = size_ * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
                digits_ = true;
            }
        }
        return content;
    }
    [[nodiscard]] bool done() const { return done_; }

private:
    void line() {
        if (digits_) {
            last_ = size_ == 0;
            left_ = size_;
        } else if (last_) {
            done_ = true;
        }
        size_ = 0;
        digits_ = false;
    }

    std::uint64_t left_ = 0;
    std::uint64_t size_ = 0;
    bool digits_ = false;
    bool last_ = false;
    bool done_ = false;
};

class Floor {
public:
    explicit Floor(const Arguments& arguments)
        : arguments_(arguments), request_(arguments.head()), buffer_(new char[arguments.bufsize]) {
        if (arguments.mode == Mode::post) {
            request_ += body_of(arguments);
        }
    }
    Floor(const Floor&) = delete;
    Floor& operator=(const Floor&) = delete;
    ~Floor() {
        for (const Connection& connection : connections_) {
            ::close(connection.fd);
        }
        ::close(epoll_);
    }

    Totals perform(std::size_t requests, std::size_t concurrency) {
        totals_ = {};
        std::size_t to_begin = requests;
        while (connections_.size() < std::min(requests, concurrency)) {
            open();
        }
        for (std::size_t i = 0; i < concurrency && to_begin > 0; ++i, --to_begin) {
            begin(connections_[i]);
        }
        std::array<epoll_event, 128> ready;
        while (totals_.requests < requests) {
            const int count = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
            for (int i = 0; i < count; ++i) {
                Connection& connection = connections_[ready[static_cast<std::size_t>(i)].data.u64];
                if (read(connection)) {
                    ++totals_.requests;
                    totals_.bytes += connection.body;
                    if (to_begin > 0) {
                        --to_begin;
                        begin(connection);
                    }
                }
            }
        }
        return totals_;
    }

private:
    struct Connection {
        int fd = -1;
        std::uint64_t received = 0;
        std::uint64_t body = 0;
        Chunks chunks{};
    };

    void open() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(arguments_.port);
        ::inet_pton(AF_INET, arguments_.host.c_str(), &address.sin_addr);
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            stop("floor: cannot connect");
        }
        if (arguments_.mode != Mode::upload) {
            ::fcntl(fd, F_SETFL, O_NONBLOCK);
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = connections_.size();
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
        connections_.push_back({.fd = fd});
    }

    void begin(Connection& connection) {
        connection = {.fd = connection.fd};
        send(connection.fd, request_, arguments_.mode == Mode::upload ? MSG_MORE : 0);
        if (arguments_.mode == Mode::upload) {
            send(connection.fd, body_of(arguments_), 0);
        }
        if (arguments_.collect) {
            body_ = nullptr;
        }
    }

    // A small request always fits; an upload's socket blocks.
    static void send(int fd, std::string_view data, int flags) {
        while (!data.empty()) {
            const ssize_t sent = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL | flags);
            if (sent <= 0) {
                stop("floor: cannot send");
            }
            data.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    // True if the answer is complete.
    bool read(Connection& connection) {
        char* to = buffer_.get();
        std::size_t room = arguments_.bufsize;
        if (arguments_.collect && learnt && learnt->length) {
            if (body_ == nullptr) {
                body_.reset(static_cast<char*>(std::malloc(learnt->head + *learnt->length)));
            }
            to = body_.get() + connection.received;
            room = learnt->head + *learnt->length - connection.received;
        }
        const ssize_t got = ::recv(connection.fd, to, room, 0);
        if (got <= 0) {
            if (got < 0 && errno == EAGAIN) {
                return false;
            }
            stop("floor: the connection ended");
        }
        const auto count = static_cast<std::size_t>(got);
        if (!learnt) {
            learnt = learn({to, count});
        }
        const std::uint64_t before = connection.received;
        connection.received += count;
        if (learnt->length) {
            connection.body = *learnt->length;
            return connection.received >= learnt->head + *learnt->length;
        }
        const std::size_t skip = before < learnt->head ? learnt->head - before : 0;
        if (count > skip) {
            connection.body += connection.chunks.skip(to + skip, count - skip);
        }
        return connection.chunks.done();
    }

    struct Free {
        void operator()(char* memory) const { std::free(memory); }
    };

    const Arguments arguments_;
    std::string request_;
    std::unique_ptr<char[]> buffer_;
    std::unique_ptr<char, Free> body_;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> connections_;
    Totals totals_;
};

}  // namespace

int main(int argc, char** argv) { return run<Floor>(argc, argv, "floor"); }
