// The bench of the simulator: the network around the transport is the simulated one, and a round takes virtual time.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <ferry/testing.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace ferry::contract {

/// One connection as the suite's peer and the simulation's see it.
struct SimPeerState {
    testing::Socket* socket = nullptr;  // Null when the simulation has let go of it.
    std::string inbox{};
    Peer::End end = Peer::End::open;
    bool eof = false;
    bool abandoned = false;  // The suite has closed its side.
};

/// The simulation's side: keeps what comes, as much as is asked for.
class SimServer final : public testing::Peer {
public:
    explicit SimServer(std::shared_ptr<SimPeerState> state) : state_(std::move(state)) {}
    ~SimServer() override {
        state_->socket = nullptr;
        if (!state_->eof) {
            state_->end = Peer::End::reset;
        }
    }

    void on_open(testing::Socket& socket) override {
        state_->socket = &socket;
        socket.reading(false);
    }
    void on_received(testing::Socket& socket, std::string_view bytes) override {
        if (state_->abandoned) {
            socket.reset();
            return;
        }
        state_->inbox += bytes;
        socket.reading(false);
    }
    void on_eof(testing::Socket&) override { state_->eof = true; }
    void on_reset(testing::Socket&) override { state_->end = Peer::End::reset; }

private:
    using Peer = contract::Peer;
    std::shared_ptr<SimPeerState> state_;
};

/// The suite's side.
class SimPeer final : public Peer {
public:
    explicit SimPeer(std::shared_ptr<SimPeerState> state) : state_(std::move(state)) {}
    ~SimPeer() override {
        state_->abandoned = true;
        if (state_->socket == nullptr) {
            return;
        }
        if (state_->inbox.empty()) {
            state_->socket->finish();
            state_->socket->reading(true);
        } else {
            state_->socket->reset();
        }
    }

    std::size_t write(ConstBuffer bytes) override {
        if (state_->socket == nullptr) {
            return 0;
        }
        state_->socket->send(as_text(bytes));
        return bytes.size();
    }
    std::string read(std::size_t max) override {
        std::string text = state_->inbox.substr(0, max);
        state_->inbox.erase(0, text.size());
        if (text.empty() && state_->eof && state_->end == End::open) {
            state_->end = End::eof;
        } else if (state_->inbox.empty() && state_->socket != nullptr) {
            state_->socket->reading(true);
        }
        return text;
    }
    End end() const override { return state_->end; }
    void shutdown() override {
        if (state_->socket != nullptr) {
            state_->socket->finish();
        }
    }
    void reset() override {
        state_->end = End::reset;
        if (state_->socket != nullptr) {
            state_->socket->reset();
        }
    }

private:
    std::shared_ptr<SimPeerState> state_;
};

/// Connections in the order in which they were accepted, until the suite takes them.
class SimListener final : public testing::Listener {
public:
    std::unique_ptr<testing::Peer> accept(testing::Socket&) override {
        waiting.push_back(std::make_shared<SimPeerState>());
        return std::make_unique<SimServer>(waiting.back());
    }
    std::deque<std::shared_ptr<SimPeerState>> waiting;
};

class SimBench : public Bench {
public:
    SimBench(const testing::NetworkConfig& config, const testing::Link& link) : config_(config), link_(link) {}

    void create(Facts& facts) override {
        using namespace std::chrono_literals;
        network_.emplace(config_);
        network_->attach(facts);
        network_->link(link_);
        network_->listen("10.0.0.1:80", listener_);
        network_->listen("[2001:db8::1]:80", listener_);
        network_->listen(local_path, listener_);
        network_->refuse("10.0.0.2:80");
        network_->black_hole("10.0.0.3:80");
        network_->name("good.test", {"10.0.0.1", "2001:db8::1"});
        network_->name("slow.test", testing::Lookup{.addresses = {"10.0.0.1"}, .delay = 100ms});
    }
    Transport& transport() override { return *network_; }
    void destroy() override { network_.reset(); }
    void run_once(std::optional<Duration> limit) override {
        if (limit) {
            network_->run_until(network_->elapsed() + *limit);
        } else if (!network_->step()) {
            throw Violation("nothing is left to happen");
        }
    }
    std::size_t resources() override {
        return static_cast<std::size_t>(listener_.use_count()) +
               (network_ ? network_->open() + network_->closing() : 0);
    }

    Duration lateness() const override { return Duration::zero(); }

    Endpoint listen() override { return *parse_address("10.0.0.1", 80); }
    std::optional<Endpoint> listen6() override { return parse_address("2001:db8::1", 80); }
    std::optional<Endpoint> listen_local() override {
        Endpoint endpoint;
        endpoint.family = Endpoint::Family::local;
        endpoint.path = local_path;
        return endpoint;
    }
    Endpoint refusing() override { return *parse_address("10.0.0.2", 80); }
    std::optional<Endpoint> silent() override { return parse_address("10.0.0.3", 80); }
    std::unique_ptr<Peer> accept() override {
        if (listener_->waiting.empty()) {
            return nullptr;
        }
        auto peer = std::make_unique<SimPeer>(std::move(listener_->waiting.front()));
        listener_->waiting.pop_front();
        return peer;
    }

    std::string good_host() override { return "good.test"; }
    std::string bad_host() override { return "bad.test"; }
    // Slow in virtual time: nobody has to let it go on.
    std::string slow_host() override { return "slow.test"; }

private:
    static constexpr const char* local_path = "/run/sim.socket";

    testing::NetworkConfig config_;
    testing::Link link_;
    std::shared_ptr<SimListener> listener_ = std::make_shared<SimListener>();
    std::optional<testing::Network> network_;
};

}  // namespace ferry::contract
