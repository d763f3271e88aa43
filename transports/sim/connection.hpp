// A connection: the client's end, the server's end, and a wire each way.
#pragma once

#include <ferry/testing.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "transports/sim/client_end.hpp"
#include "transports/sim/wire.hpp"
#include "transports/sim/world.hpp"

namespace ferry::testing {

/// The server's end. Bytes that its Peer does not read stay on the wire.
class ServerEnd final : public Socket, public Wire::Receiver {
public:
    ServerEnd(World& world, const Link& link, Wire& up, Wire& down, ClientEnd& client)
        : world_(world), link_(link), up_(up), down_(down), client_(client) {}

    void open(Listener& listener, std::size_t number, std::weak_ptr<void> owner);
    /// Nothing of what the client has sent is still to be seen.
    [[nodiscard]] bool has_seen_the_end() const noexcept { return gone_ || eof_told_ || peer_ == nullptr; }
    /// The connection breaks, without either end having wished so.
    void broken();

    void send(std::string_view bytes) override;
    void finish() override;
    void reset() override;
    void reading(bool enabled) override;
    void break_writes() override;
    void after(Duration delay, std::function<void()> action) override;
    [[nodiscard]] std::size_t number() const override { return number_; }
    [[nodiscard]] Network& network() override { return world_.network; }

    void arrived(std::string bytes) override;
    void ended(End end) override;

private:
    void hand_over();

    World& world_;
    const Link link_;
    Wire& up_;
    Wire& down_;
    ClientEnd& client_;
    std::unique_ptr<Peer> peer_;
    std::weak_ptr<void> owner_;
    std::size_t number_ = 0;
    bool reading_ = true;
    bool gone_ = false;
    bool eof_ = false;
    bool eof_told_ = false;
    std::string inbox_;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(World& world, ConnId id, const Link& link)
        : up_(world, link, link.cut_up),
          down_(world, link, link.cut_down),
          client_(world, id, link, up_),
          server_(world, link, up_, down_, client_) {}

    /// Joins the ends; `closed` is told before the client is. `origin` gives its number to the connection it accepts.
    void start(std::shared_ptr<Listener> origin, std::function<std::size_t()> accepted, std::function<void()> closed);

    [[nodiscard]] ClientEnd& client() noexcept { return client_; }
    [[nodiscard]] bool server_has_seen_the_end() const noexcept { return server_.has_seen_the_end(); }

private:
    Wire up_;
    Wire down_;
    ClientEnd client_;
    ServerEnd server_;
};

}  // namespace ferry::testing
