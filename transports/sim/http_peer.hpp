// One connection of an HttpOrigin: reads requests with the codec's server role, plays replies step by step.
#pragma once

#include <ferry/http1.hpp>
#include <ferry/testing.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::testing {

/// What all connections of an origin share.
struct HttpOrigin::Shared {
    Handler handler;
    HeadHandler head_handler;
    bool send_continue = true;
    std::vector<Seen> requests;
};

class HttpPeer final : public Peer {
public:
    explicit HttpPeer(std::shared_ptr<HttpOrigin::Shared> shared);

    void on_open(Socket&) override {}
    void on_received(Socket& socket, std::string_view bytes) override;
    void on_eof(Socket& socket) override;

private:
    /// One thing to do for a reply, and what to wait before it.
    struct Action {
        Duration delay{};
        std::function<void()> run{};
    };

    void handle(Socket& socket, std::span<const http1::Event> events);
    void on_head(Socket& socket, RequestHead head);
    void on_error(Socket& socket);
    [[nodiscard]] Seen& seen() { return shared_->requests[current_]; }

    void start(Socket& socket, Reply reply);
    void plan_body(Socket& socket);
    void plan(Duration delay, std::function<void()> run) {
        actions_.push_back({.delay = delay, .run = std::move(run)});
    }
    void play(Socket& socket);
    void sent_all(Socket& socket);

    void send_interim(Socket& socket, const Reply::Interim& interim);
    void send_head(Socket& socket);
    void send_piece(Socket& socket, std::size_t offset, std::size_t size);
    void send_end(Socket& socket);
    void send(Socket& socket, const http1::Segments& segments);
    void settle(Socket& socket);
    void end_connection(Socket& socket, bool reset);
    void hand_on(Socket& socket, std::string_view leftover);
    [[nodiscard]] bool excludes_body() const;
    void mistake(Socket& socket, const Error& error);

    std::shared_ptr<HttpOrigin::Shared> shared_;
    http1::Machine machine_{http1::Role::server};
    std::size_t current_ = 0;  ///< Index of the request in hand.
    std::string method_;
    std::optional<Reply> reply_;  ///< Being played.
    std::vector<Action> actions_;
    std::size_t next_action_ = 0;
    bool handling_ = false;            ///< Events of the machine.
    bool waiting_ = false;             ///< For the next action's time.
    bool replied_ = false;             ///< All of the reply is sent.
    bool over_ = false;                ///< Our half has ended.
    bool peer_over_ = false;           ///< The client's has.
    std::unique_ptr<Peer> successor_;  ///< Who has the bytes after an upgrade.
};

}  // namespace ferry::testing
