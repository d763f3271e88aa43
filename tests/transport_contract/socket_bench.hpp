// The network of a Bench over real sockets on the loopback interface. Derive from it and add the transport.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <string>
#include <vector>

namespace ferry::contract {

/// A descriptor that is closed in the end.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    [[nodiscard]] int get() const noexcept { return fd_; }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// Everything of a Bench but the transport and the names. The peers' sockets do not block, so that one thread plays
/// both sides.
class SocketBench : public Bench {
public:
    SocketBench();
    ~SocketBench() override;

    [[nodiscard]] std::size_t resources() override;
    [[nodiscard]] Endpoint listen() override;
    [[nodiscard]] std::optional<Endpoint> listen_local() override;
    [[nodiscard]] Endpoint refusing() override;
    [[nodiscard]] std::optional<Endpoint> silent() override;
    [[nodiscard]] std::unique_ptr<Peer> accept() override;
    [[nodiscard]] std::optional<SocketState> inspect(const Peer& peer) override;

private:
    Descriptor listener_;
    Descriptor local_listener_;
    Descriptor refusing_;
    Descriptor silent_;
    std::vector<Descriptor> queue_;  // What keeps silent_'s queue full.
    std::string folder_;             // Of the Unix domain socket.
};

}  // namespace ferry::contract
