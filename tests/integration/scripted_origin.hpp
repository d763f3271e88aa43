// A server that does on each connection what a test says, with blocking calls on a thread of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ferry::test {

/// The server's end of a connection.
class Peer {
public:
    explicit Peer(int fd) : fd_(fd) {}

    /// All up to and with `end`; what came until the client ended, if that is earlier.
    std::string read_until(std::string_view end);
    /// A request's head, with its blank line.
    std::string read_head() { return read_until("\r\n\r\n"); }
    /// So many bytes, or fewer if the client ends.
    std::string read(std::size_t count);
    /// Until the client ends.
    std::string read_all() { return read(static_cast<std::size_t>(-1)); }
    void send(std::string_view bytes) const;
    /// Ends our half.
    void finish() const;

private:
    bool more();

    int fd_;
    std::string input_;
};

/// Listens on a free port of 127.0.0.1. The nth connection gets the nth script, later ones the last; one after the other,
/// each closed when its script returns. Destroyed after its clients have ended.
class ScriptedOrigin {
public:
    using Script = std::function<void(Peer&)>;

    explicit ScriptedOrigin(std::vector<Script> scripts);
    explicit ScriptedOrigin(Script script) : ScriptedOrigin(std::vector<Script>{std::move(script)}) {}
    ScriptedOrigin(const ScriptedOrigin&) = delete;
    ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;
    ~ScriptedOrigin();

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
    [[nodiscard]] int connections() const noexcept { return connections_; }

private:
    void serve();

    std::vector<Script> scripts_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

}  // namespace ferry::test
