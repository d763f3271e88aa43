// Facts written down, for tests that drive a Network by hand.
#pragma once

#include <ferry/testing.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ferry::testing {

using namespace std::chrono_literals;

/// "+10ms received hello" for each fact; microseconds where there are any.
class Recorder final : public Facts {
public:
    explicit Recorder(Network& network) : network_(network) { network.attach(*this); }

    std::vector<std::string> facts;
    std::string received;
    std::function<void()> on_turn;

    void on_resolved(LookupId, std::span<const Endpoint> endpoints, std::error_code error) override {
        std::string text = "resolved";
        for (const Endpoint& endpoint : endpoints) {
            text += " " + to_string(endpoint);
        }
        add(error ? text + " failed" : text);
    }
    void on_connected(ConnId) override { add("connected"); }
    std::span<std::byte> read_buffer(ConnId) override { return memory_; }
    void on_received(ConnId, std::span<const std::byte> bytes) override {
        received += as_text(bytes);
        add("received " + std::string(as_text(bytes)));
    }
    void on_eof(ConnId) override { add("eof"); }
    void on_writable(ConnId) override { add("writable"); }
    void on_sent(ConnId, std::size_t n) override { add("sent " + std::to_string(n)); }
    void on_send_failed(ConnId, std::error_code error) override { add("send failed: " + error.message()); }
    void on_closed(ConnId, std::error_code why) override { add(why ? "closed: " + why.message() : "closed"); }
    void on_timer() override { add("timer"); }
    void turn() override {
        if (on_turn) {
            on_turn();
        }
    }

private:
    void add(const std::string& what) {
        const auto time = std::chrono::duration_cast<std::chrono::microseconds>(network_.elapsed()).count();
        const std::string when = time % 1000 == 0 ? std::to_string(time / 1000) + "ms" : std::to_string(time) + "us";
        facts.push_back("+" + when + " " + what);
    }

    Network& network_;
    std::array<std::byte, 4096> memory_{};
};

using Lines = std::vector<std::string>;

constexpr ConnId conn{.slot = 0, .generation = 1};

inline void connect(Network& network, const char* address, ConnId id = conn) {
    network.connect(id, *parse_address(address, 80), nullptr);
}

inline Written write(Network& network, std::string_view text, ConnId id = conn) {
    const ConstBuffer piece = as_bytes(text);
    return network.write(id, std::span(&piece, 1));
}

}  // namespace ferry::testing
