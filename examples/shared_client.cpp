// One client for a whole program: made on first use, shared by all threads, with limits, closed at the end.
//
//     shared_client URL…      fetches each URL four times, on four threads
#include <ferry/ferry.hpp>

#include <chrono>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// What the parts of a program have in common. The client lives as long as this does.
class Services {
public:
    /// The client, made when it is first asked for.
    ferry::Client& http() {
        const std::lock_guard lock(mutex_);
        if (!http_) {
            ++made_;
            http_.emplace(ferry::Config{.headers = {{"User-Agent", "shared_client/1.0"}},
                                        .timeout = 10s,
                                        .limits = {.max_connections = 8, .max_keepalive = 4, .keepalive_expiry = 30s}});
        }
        return *http_;
    }

    /// Ends what is still under way, in whatever thread, with Errc::client_closed.
    void close() {
        const std::lock_guard lock(mutex_);
        if (http_) {
            http_->close();
        }
    }

    [[nodiscard]] int made() const { return made_; }

private:
    std::mutex mutex_;
    std::optional<ferry::Client> http_;
    int made_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    Services services;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&services, argc, argv] {
            for (int n = 1; n < argc; ++n) {
                const auto r = services.http().try_get(argv[n]);
                // One write a line, so that threads do not cut each other's.
                std::cout << (r ? std::to_string(r->status_code()) : r.error().message) + "\n";
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const ferry::Stats stats = services.http().stats();
    services.close();
    std::cout << services.made() << " client, " << stats.requests << " requests, " << stats.connections_opened
              << " connections\n";
}
