#include "tests/integration/test_origin.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace ferry::test {

namespace {

const std::string block(64 * 1024, 'x');

int listen_on_loopback(std::uint16_t& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 512) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the test's origin cannot listen");
    }
    port = ntohs(address.sin_port);
    return fd;
}

int listen_on_path(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || ::listen(fd, 512) != 0) {
        throw std::runtime_error("the test's origin cannot listen on " + path);
    }
    return fd;
}

// The number behind the last slash.
std::size_t number_in(std::string_view path) {
    const std::string_view digits = path.substr(path.rfind('/') + 1);
    std::size_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    std::size_t length = 0;
    if (at != std::string_view::npos) {
        std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
    }
    return length;
}

std::string with_length(std::string_view body, std::string_view fields = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}

}  // namespace

std::uint16_t free_port() {
    std::uint16_t port = 0;
    ::close(listen_on_loopback(port));
    return port;
}

TestOrigin::TestOrigin() : listener_(listen_on_loopback(port_)), acceptor_([this] { accept_all(); }) {}

TestOrigin::TestOrigin(const std::string& path)
    : listener_(listen_on_path(path)), acceptor_([this] { accept_all(); }) {}

TestOrigin::~TestOrigin() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const Connection& connection : open_) {
            ::shutdown(connection.fd, SHUT_RDWR);
        }
    }
    stop_.notify_all();
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (Connection& connection : open_) {
        connection.thread.join();
        ::close(connection.fd);
    }
    ::close(listener_);
}

std::string TestOrigin::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void TestOrigin::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        const int one = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        ++connections_;
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            ::close(fd);
            return;
        }
        open_.push_back({.fd = fd, .thread = std::thread([this, fd] { serve(fd); })});
    }
}

void TestOrigin::serve(int fd) {
    std::string input;
    char buffer[16 * 1024];
    for (;;) {
        const std::size_t end = input.find("\r\n\r\n");
        const std::size_t size = end == std::string::npos ? 0 : end + 4 + content_length(input.substr(0, end + 2));
        if (end == std::string::npos || input.size() < size) {
            const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
            if (got <= 0) {
                ++ended_;
                break;
            }
            input.append(buffer, static_cast<std::size_t>(got));
            continue;
        }
        ++requests_;
        const std::string request = input.substr(0, size);
        input.erase(0, size);
        const std::size_t path = request.find(' ') + 1;
        if (!answer(fd, std::string_view(request).substr(path, request.find(' ', path) - path), request)) {
            break;
        }
    }
    ::shutdown(fd, SHUT_RDWR);
}

bool TestOrigin::answer(int fd, std::string_view path, const std::string& request) {
    const auto is = [path](std::string_view prefix) { return path.starts_with(prefix); };
    if (request.starts_with("CONNECT ")) {
        if (path != "far.test:443") {
            return send_all(fd, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        }
        return send_all(fd, "HTTP/1.1 200 OK\r\n\r\n") && echo(fd);
    }
    if (is("/status/")) {
        const std::string status = std::to_string(number_in(path));
        return send_all(fd, "HTTP/1.1 " + status + " \r\nContent-Length: 0\r\n" +
                                (status == "302" ? "Location: /echo\r\n" : "") + "\r\n");
    }
    if (is("/bytes/")) {
        std::size_t left = request.starts_with("HEAD ") ? 0 : number_in(path);
        std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(number_in(path)) + "\r\n\r\n";
        const std::size_t first = left < block.size() ? left : block.size();
        bool good = send_all(fd, head.append(block, 0, first));
        for (left -= first; good && left > 0;) {
            const std::size_t size = left < block.size() ? left : block.size();
            good = send_all(fd, std::string_view(block).substr(0, size));
            left -= size;
        }
        return good;
    }
    if (is("/chunked/")) {
        std::size_t left = number_in(path);
        const std::string count = std::to_string(left);
        bool good = send_all(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (good && left > 0) {
            const std::size_t size = left < 1000 ? left : 1000;
            char digits[16];
            char* const last = std::to_chars(digits, digits + sizeof(digits), size, 16).ptr;
            good = send_all(fd, std::string(digits, last) + "\r\n" + block.substr(0, size) + "\r\n");
            left -= size;
        }
        return good && send_all(fd, "0\r\nX-Count: " + count + "\r\n\r\n");
    }
    if (is("/json")) {
        return send_all(fd, with_length(R"({"a": [1, 2]})", "Content-Type: application/json\r\n"));
    }
    if (is("/delay/")) {
        pause(std::chrono::milliseconds(number_in(path)));
        return send_all(fd, with_length("late"));
    }
    if (is("/silent")) {
        pause(std::chrono::hours(1));
        return false;
    }
    if (is("/stall/") || is("/short/")) {
        const std::string all = with_length(std::string(number_in(path), 'x'));
        send_all(fd, all.substr(0, all.size() - number_in(path) / 2));
        if (is("/stall/")) {
            pause(std::chrono::hours(1));
        }
        return false;
    }
    if (is("/drop")) {
        return false;
    }
    if (is("/rubbish")) {
        send_all(fd, "this is not HTTP\r\n\r\n");
        return false;
    }
    if (is("/last")) {
        send_all(fd, with_length("last", "Connection: close\r\n"));
        return false;
    }
    return send_all(fd, with_length(request, "Content-Type: text/plain; charset=iso-8859-1\r\n"));
}

bool TestOrigin::send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            ++ended_;
            return false;
        }
        sent_ += static_cast<std::uint64_t>(sent);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool TestOrigin::echo(int fd) {
    char buffer[16 * 1024];
    for (;;) {
        const ssize_t got = ::recv(fd, buffer, sizeof(buffer), 0);
        if (got <= 0) {
            ++ended_;
            return false;
        }
        if (!send_all(fd, {buffer, static_cast<std::size_t>(got)})) {
            return false;
        }
    }
}

void TestOrigin::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    stop_.wait_for(lock, time, [this] { return stopping_; });
}

}  // namespace ferry::test
