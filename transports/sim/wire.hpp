// One direction of a connection: bytes and an end travel, in order, and arrive later.
#pragma once

#include <ferry/testing.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transports/sim/world.hpp"

namespace ferry::testing {

class Wire {
public:
    /// The end that it arrives at.
    class Receiver {
    public:
        Receiver() = default;
        Receiver(const Receiver&) = delete;
        Receiver& operator=(const Receiver&) = delete;
        virtual ~Receiver() = default;
        virtual void arrived(std::string bytes) = 0;
        virtual void ended(End end) = 0;
    };

    Wire(World& world, const Link& link, const std::optional<Cut>& cut) : world_(world), link_(link), cut_(cut) {}

    /// `owner` keeps everything alive while something travels.
    void connect(Receiver& receiver, std::weak_ptr<void> owner);

    void send(std::string_view bytes);
    void finish();
    /// Behind what travels already; also after finish().
    void reset();
    /// What travels is lost, and whatever is sent from now on.
    void drop();

    /// Sent, and not yet taken by the receiver.
    [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }
    void taken(std::size_t n) { outstanding_ -= n; }

private:
    struct Item {
        std::string bytes{};
        std::optional<End> end{};
    };
    enum class State : std::uint8_t { open, finished, broken };

    void put(Item item);
    void end(End how);

    World& world_;
    Link link_;
    std::optional<Cut> cut_;
    Receiver* receiver_ = nullptr;
    std::weak_ptr<void> owner_;
    State state_ = State::open;
    std::uint64_t sent_ = 0;
    std::size_t outstanding_ = 0;
    std::deque<Item> travelling_;
    Time busy_until_{};
    Time last_arrival_{};
};

}  // namespace ferry::testing
