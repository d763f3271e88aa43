// The server: one thread that waits with the poller of our loop, a socket that listens, connections and their deadlines.
// Linux only, for its signals.
#pragma once

#include "tools/descriptor.hpp"
#include "tools/serve/connection.hpp"
#include "tools/serve/routes.hpp"
#include "transports/loop/poller.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

namespace ferry::tools {

struct ServerConfig {
    std::string host = "127.0.0.1";  ///< A name or address.
    std::uint16_t port = 0;          ///< 0: a free one.
    std::string folder{};            ///< Empty: no files.
    std::uint64_t max_body = 16 * 1024 * 1024;
    Duration idle_timeout = std::chrono::seconds(60);
    bool log = false;
};

class Server {
public:
    /// Listens. Throws std::system_error or std::runtime_error with a sentence if it cannot.
    explicit Server(const ServerConfig& config);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// "http://127.0.0.1:41234".
    [[nodiscard]] std::string url() const;

    /// Serves until SIGINT or SIGTERM; then answers what it is answering, for a second at most.
    void run();

private:
    struct Slot {
        std::unique_ptr<Connection> connection{};
        std::uint32_t generation = 0;
        loop::Interest interest{};  // as the poller has it
        Time queued = Time::max();  // the earliest entry in the timers
    };
    struct Timer {
        Time at{};
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
        friend bool operator>(const Timer& a, const Timer& b) noexcept { return a.at > b.at; }
    };

    void accept();
    void add(Descriptor socket, std::string peer);
    void on_connection(std::uint64_t key, loop::Interest ready);
    void on_timers();
    void update(std::uint32_t index);
    void watch(std::uint32_t index, loop::Interest want);
    void watch_listener(bool on);
    void stop();
    void read_clock();
    [[nodiscard]] int wait_time() const;

    Counters counters_;
    Routes routes_;
    Shared shared_;
    std::unique_ptr<loop::Poller> poller_;
    Descriptor signals_;
    Descriptor listener_;
    std::string url_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    std::chrono::sys_seconds date_{};
    Time end_ = Time::max();  // of the grace after a signal
    bool accepting_ = false;
};

}  // namespace ferry::tools
