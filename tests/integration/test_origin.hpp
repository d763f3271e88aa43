// A small HTTP server for tests, on threads and blocking sockets: it shares no code with what it tests.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ferry::test {

/// Listens on a free port of 127.0.0.1 until it is destroyed; then all connections end.
///
///     /echo        the request itself: request line, fields, empty line, body
///     /status/N    that status, without a body; N = 302 has a Location
///     /bytes/N     N bytes "x", with Content-Length
///     /chunked/N   the same in chunks of 1000 bytes, with a trailer "X-Count: N"
///     /json        {"a": [1, 2]}
///     /delay/MS    answers after so many milliseconds
///     /silent      never answers
///     /stall/N     a head that promises N bytes, half of them, then silence
///     /short/N     a head that promises N bytes, half of them, then the end
///     /drop        closes without an answer
///     /rubbish     what is not HTTP
///     /last        answers with "Connection: close"
///
/// CONNECT to far.test:443 gives a stream that sends back what comes; to others it is refused: 403, with the body "no".
class TestOrigin {
public:
    TestOrigin();
    /// Listens on a Unix domain socket instead.
    explicit TestOrigin(const std::string& path);
    TestOrigin(const TestOrigin&) = delete;
    TestOrigin& operator=(const TestOrigin&) = delete;
    ~TestOrigin();

    /// "http://127.0.0.1:port" and `path`.
    [[nodiscard]] std::string url(std::string_view path) const;
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Connections accepted so far.
    [[nodiscard]] int connections() const noexcept { return connections_; }
    /// Requests whose head and body have come so far.
    [[nodiscard]] int requests() const noexcept { return requests_; }
    /// The bytes of bodies that were accepted by the system so far.
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
    /// Connections whose client has ended them.
    [[nodiscard]] int ended() const noexcept { return ended_; }

private:
    struct Connection {
        int fd = -1;
        std::thread thread{};
    };

    void accept_all();
    void serve(int fd);
    /// False: the connection is over.
    bool answer(int fd, std::string_view path, const std::string& request);
    bool send_all(int fd, std::string_view bytes);
    /// Until the client ends.
    bool echo(int fd);
    void pause(std::chrono::milliseconds time);

    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<int> connections_ = 0;
    std::atomic<int> requests_ = 0;
    std::atomic<int> ended_ = 0;
    std::atomic<std::uint64_t> sent_ = 0;
    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    std::list<Connection> open_;
    std::thread acceptor_;
};

/// A port of 127.0.0.1 on which nobody listens.
[[nodiscard]] std::uint16_t free_port();

}  // namespace ferry::test
