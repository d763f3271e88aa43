#include "transports/sim/connection.hpp"

#include <utility>

namespace ferry::testing {

void ServerEnd::open(Listener& listener, std::size_t number, std::weak_ptr<void> owner) {
    number_ = number;
    owner_ = std::move(owner);
    peer_ = listener.accept(*this);
    peer_->on_open(*this);
}

void ServerEnd::broken() {
    up_.drop();
    down_.drop();
    if (!gone_) {
        gone_ = true;
        if (peer_) {
            peer_->on_reset(*this);
        }
    }
}

void ServerEnd::send(std::string_view bytes) {
    if (!gone_ && !bytes.empty()) {
        world_.log("server", [&] { return "sends " + excerpt(bytes); });
        down_.send(bytes);
    }
}

void ServerEnd::finish() {
    if (!gone_) {
        world_.log("server", [] { return "sends FIN"; });
        down_.finish();
    }
}

void ServerEnd::reset() {
    if (!gone_) {
        world_.log("server", [] { return "sends RST"; });
        gone_ = true;
        up_.drop();
        down_.reset();
    }
}

void ServerEnd::reading(bool enabled) {
    reading_ = enabled;
    if (enabled) {
        // Not from inside: the peer may be in the middle of something.
        after(Duration::zero(), [this] { hand_over(); });
    }
}

void ServerEnd::break_writes() {
    world_.later(link_.latency,
                 [this, owner = owner_.lock()] { client_.break_writes(system_error(std::errc::broken_pipe)); });
}

void ServerEnd::after(Duration delay, std::function<void()> action) {
    world_.later(delay, [this, owner = owner_.lock(), action = std::move(action)] {
        if (!gone_) {
            action();
        }
    });
}

void ServerEnd::arrived(std::string bytes) {
    if (gone_) {
        up_.taken(bytes.size());
        return;
    }
    inbox_ += bytes;
    hand_over();
}

void ServerEnd::ended(End end) {
    if (gone_) {
        return;
    }
    if (end == End::reset) {
        world_.log("server", [] { return "sees RST"; });
        gone_ = true;
        down_.reset();
        peer_->on_reset(*this);
        return;
    }
    eof_ = true;
    hand_over();
}

void ServerEnd::hand_over() {
    if (gone_ || !reading_) {
        return;
    }
    if (!inbox_.empty()) {
        const std::string bytes = std::exchange(inbox_, {});
        up_.taken(bytes.size());
        peer_->on_received(*this, bytes);
        client_.room_changed();
    }
    if (eof_ && !eof_told_ && inbox_.empty() && reading_ && !gone_) {
        eof_told_ = true;
        world_.log("server", [] { return "sees the end"; });
        peer_->on_eof(*this);
    }
}

void Connection::start(std::shared_ptr<Listener> origin, std::function<std::size_t()> accepted,
                       std::function<void()> closed) {
    client_.place({
        .owner = weak_from_this(),
        .opened =
            [this, origin = std::move(origin), accepted = std::move(accepted)] {
                up_.connect(server_, weak_from_this());
                down_.connect(client_, weak_from_this());
                server_.open(*origin, accepted(), weak_from_this());
            },
        .broken = [this] { server_.broken(); },
        .closed = std::move(closed),
    });
}

}  // namespace ferry::testing
