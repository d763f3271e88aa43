// The program of examples/own_loop.cpp fetches a URL, by address and by name, and says what went wrong.
#include <catch2/catch_test_macros.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>

namespace {

/// Listens on a free port, and answers one connection.
class OneAnswer {
public:
    explicit OneAnswer(std::string answer) : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(fd_, 1) == 0);
        REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;
    ~OneAnswer() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }

    std::uint16_t port = 0;

private:
    void serve() const {
        const int client = ::accept(fd_, nullptr, nullptr);
        std::string request;
        std::array<char, 1024> buffer{};
        while (request.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                break;
            }
            request.append(buffer.data(), static_cast<std::size_t>(got));
        }
        for (std::size_t sent = 0; sent < answer_.size();) {
            const ssize_t n = ::send(client, answer_.data() + sent, answer_.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) {
                break;
            }
            sent += static_cast<std::size_t>(n);
        }
        ::close(client);
    }

    std::string answer_;
    int fd_;
    std::thread thread_;
};

struct Outcome {
    int status = -1;
    std::string output{};
};

/// Standard error comes with the output.
Outcome fetch(const std::string& url) {
    const std::string command = std::string("'" OWN_LOOP_PROGRAM "' '") + url + "' 2>&1";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    Outcome outcome;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        outcome.output.append(buffer.data(), got);
    }
    const int status = ::pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

std::string response(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("own_loop prints the body of a URL") {
    const OneAnswer server(response("hello"));
    const Outcome outcome = fetch("http://127.0.0.1:" + std::to_string(server.port) + "/");
    CHECK(outcome.output == "hello");
    CHECK(outcome.status == 0);
}

TEST_CASE("own_loop looks names up, and prints large bodies whole") {
    const std::string body(3'000'000, 'x');
    const OneAnswer server(response(body));
    const Outcome outcome = fetch("http://localhost:" + std::to_string(server.port) + "/");
    CHECK(outcome.output == body);
    CHECK(outcome.status == 0);
}

TEST_CASE("own_loop says what went wrong") {
    const OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    const Outcome truncated = fetch("http://127.0.0.1:" + std::to_string(server.port) + "/");
    CHECK(truncated.output.find("half") != std::string::npos);
    CHECK(truncated.status == 1);

    const Outcome invalid = fetch("http://127.0.0.1:99999/");
    CHECK(invalid.output.find("99999") != std::string::npos);
    CHECK(invalid.status == 2);
}
