// The network of a Bench over real sockets on the loopback interface. Derive from it and add the transport.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <cstddef>
#include <memory>
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
    [[nodiscard]] std::optional<Endpoint> listen6() override;
    [[nodiscard]] std::optional<Endpoint> listen_local() override;
    [[nodiscard]] std::optional<Endpoint> listen_abstract() override;
    [[nodiscard]] Endpoint refusing() override;
    [[nodiscard]] std::optional<Endpoint> silent() override;
    [[nodiscard]] std::unique_ptr<Peer> accept() override;
    [[nodiscard]] std::optional<SocketState> inspect(const Peer& peer) override;

private:
    Descriptor listener_;
    Descriptor listener6_;  // None if the machine has no IPv6.
    Descriptor local_listener_;
    Descriptor abstract_listener_;  // None but on Linux.
    Descriptor refusing_;
    Descriptor silent_;
    std::vector<Descriptor> queue_;                                          // What keeps silent_'s queue full.
    std::string folder_;                                                     // Of the Unix domain socket.
    std::shared_ptr<std::size_t> peers_ = std::make_shared<std::size_t>(0);  // Their descriptors that are open.
};

}  // namespace ferry::contract
