#include <ferry/testing.hpp>

#include <algorithm>
#include <utility>

#include "transports/sim/http_peer.hpp"
#include "transports/sim/script_player.hpp"

namespace ferry::testing {

namespace {

/// The fields of a reply, with those that its framing and ending need.
Headers fields_of(const Reply& reply) {
    Headers fields = reply.headers;
    const bool bodiless = reply.status < 200 || reply.status == 204 || reply.takeover;
    const bool empty_304 = reply.status == 304 && reply.body.empty();
    if (!bodiless && !empty_304) {
        if (reply.framing == Reply::Framing::length) {
            fields.set("Content-Length", std::to_string(reply.body.size()));
        } else if (reply.framing == Reply::Framing::chunked) {
            fields.set("Transfer-Encoding", "chunked");
        }
    }
    if (reply.after == Reply::After::close) {
        fields.set("Connection", "close");
    }
    return fields;
}

/// RFC 9112 section 9.3: HTTP/1.0 ends the connection unless both sides say otherwise.
bool ends_by_version(const Reply& reply) {
    return reply.http_1_0 && !has_token(reply.headers, "connection", "keep-alive");
}

}  // namespace

// ── HttpOrigin ───────────────────────────────────────────────────────────────────────────────────────────────────

HttpOrigin::HttpOrigin(Handler handler) : shared_(std::make_shared<Shared>()) { shared_->handler = std::move(handler); }

HttpOrigin::~HttpOrigin() = default;

std::unique_ptr<Peer> HttpOrigin::accept(Socket&) { return std::make_unique<HttpPeer>(shared_); }

void HttpOrigin::at_head(HeadHandler handler) { shared_->head_handler = std::move(handler); }

void HttpOrigin::send_continue(bool enabled) { shared_->send_continue = enabled; }

const std::vector<Seen>& HttpOrigin::requests() const noexcept { return shared_->requests; }

// ── Receiving ────────────────────────────────────────────────────────────────────────────────────────────────────

HttpPeer::HttpPeer(std::shared_ptr<HttpOrigin::Shared> shared) : shared_(std::move(shared)) {}

void HttpPeer::on_received(Socket& socket, std::string_view bytes) {
    if (successor_) {
        successor_->on_received(socket, bytes);
    } else if (!over_) {
        handle(socket, machine_.receive(as_bytes(bytes)));
    }
}

void HttpPeer::on_eof(Socket& socket) {
    peer_over_ = true;
    if (successor_) {
        successor_->on_eof(socket);
    } else if (!reply_ && !over_) {
        end_connection(socket, false);
    }
}

void HttpPeer::handle(Socket& socket, std::span<const http1::Event> events) {
    handling_ = true;
    for (const http1::Event& event : events) {
        if (over_) {
            break;
        }
        switch (event.type) {
            case http1::Event::Type::head: on_head(socket, std::move(machine_.request_head(event))); break;
            case http1::Event::Type::data: seen().body += as_text(event.data); break;
            case http1::Event::Type::trailers: seen().trailers = std::move(machine_.trailers(event)); break;
            case http1::Event::Type::end:
                seen().complete = true;
                if (!reply_) {
                    start(socket, shared_->handler(seen().head, seen().body));
                }
                break;
            case http1::Event::Type::upgrade: hand_on(socket, as_text(event.data)); break;
            case http1::Event::Type::error: on_error(socket); break;
            case http1::Event::Type::informational:
            case http1::Event::Type::closed: break;
        }
    }
    handling_ = false;
    settle(socket);
}

void HttpPeer::on_head(Socket& socket, RequestHead head) {
    current_ = shared_->requests.size();
    method_ = head.method;
    shared_->requests.push_back(
        {.head = std::move(head), .connection = socket.number(), .at = socket.network().elapsed()});
    if (shared_->head_handler) {
        if (std::optional<Reply> reply = shared_->head_handler(seen().head)) {
            start(socket, *std::move(reply));
            return;
        }
    }
    if (shared_->send_continue && machine_.expects_continue()) {
        send_interim(socket, {});
    }
}

void HttpPeer::on_error(Socket& socket) {
    socket.network().note("server", "refuses the request: " + machine_.error().message);
    if (!reply_) {
        const int status = machine_.error_status();
        socket.send("HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_phrase(status)) +
                    "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    end_connection(socket, false);
}

void HttpPeer::hand_on(Socket& socket, std::string_view leftover) {
    successor_ =
        std::make_unique<ScriptPlayer>(reply_ && reply_->takeover ? *reply_->takeover : Script(), nullptr, nullptr);
    successor_->on_open(socket);
    if (!leftover.empty()) {
        successor_->on_received(socket, leftover);
    }
}

// ── Replying ─────────────────────────────────────────────────────────────────────────────────────────────────────

void HttpPeer::start(Socket& socket, Reply reply) {
    reply_ = std::move(reply);
    replied_ = false;
    actions_.clear();
    next_action_ = 0;
    if (ends_by_version(*reply_) && reply_->after == Reply::After::keep) {
        reply_->after = Reply::After::fin;
    }
    for (std::size_t i = 0; i < reply_->interim.size(); ++i) {
        plan(reply_->interim[i].delay, [this, &socket, i] { send_interim(socket, reply_->interim[i]); });
    }
    plan(reply_->delay, [this, &socket] { send_head(socket); });
    if (!excludes_body()) {
        plan_body(socket);
    }
    plan({}, [this, &socket] { sent_all(socket); });
    play(socket);
}

void HttpPeer::plan_body(Socket& socket) {
    const std::size_t whole = reply_->body.size();
    const std::size_t end = std::min(whole, reply_->cut.value_or(whole));
    const std::size_t piece = reply_->piece == 0 ? std::max<std::size_t>(end, 1) : reply_->piece;
    for (std::size_t at = 0; at < end; at += piece) {
        plan(reply_->between, [this, &socket, at, size = std::min(piece, end - at)] { send_piece(socket, at, size); });
    }
    if (!reply_->cut) {
        plan({}, [this, &socket] { send_end(socket); });
    }
}

void HttpPeer::play(Socket& socket) {
    while (!waiting_ && !over_ && next_action_ < actions_.size()) {
        // Copied: an action may begin another reply.
        const Action action = actions_[next_action_];
        if (action.delay > Duration::zero()) {
            waiting_ = true;
            actions_[next_action_].delay = {};
            socket.after(action.delay, [this, &socket] {
                waiting_ = false;
                play(socket);
            });
        } else {
            ++next_action_;
            action.run();
        }
    }
}

bool HttpPeer::excludes_body() const {
    return method_ == "HEAD" || reply_->status < 200 || reply_->status == 204 || reply_->status == 304 ||
           reply_->takeover;
}

void HttpPeer::send_interim(Socket& socket, const Reply::Interim& interim) {
    const auto head = machine_.send_response(interim.status, reason_phrase(interim.status), interim.headers);
    if (!head) {
        mistake(socket, head.error());
        return;
    }
    socket.send(as_text(*head));
}

void HttpPeer::send_head(Socket& socket) {
    const std::string reason = reply_->reason.empty() ? std::string(reason_phrase(reply_->status)) : reply_->reason;
    const auto head = machine_.send_response(reply_->status, reason, fields_of(*reply_));
    if (!head) {
        mistake(socket, head.error());
        return;
    }
    std::string text(as_text(*head));
    if (reply_->http_1_0) {
        constexpr std::size_t minor_version = 7;
        text[minor_version] = '0';
    }
    socket.send(text);
    if (machine_.sending() == http1::Sending::switched) {
        over_ = true;  // With HTTP; the successor has the socket.
        const auto events = machine_.receive({});
        const bool leftover = !events.empty() && events.front().type == http1::Event::Type::upgrade;
        hand_on(socket, leftover ? as_text(events.front().data) : std::string_view());
    }
}

void HttpPeer::send_piece(Socket& socket, std::size_t offset, std::size_t size) {
    const auto segments = machine_.send_data(as_bytes(std::string_view(reply_->body).substr(offset, size)));
    if (!segments) {
        mistake(socket, segments.error());
        return;
    }
    send(socket, *segments);
}

void HttpPeer::send_end(Socket& socket) {
    if (machine_.sending() != http1::Sending::body) {
        return;
    }
    const auto segments = reply_->trailers.empty() ? machine_.send_end() : machine_.send_end(reply_->trailers);
    if (!segments) {
        mistake(socket, segments.error());
        return;
    }
    send(socket, *segments);
}

void HttpPeer::send(Socket& socket, const http1::Segments& segments) {
    std::string bytes;
    for (const ConstBuffer piece : segments) {
        bytes += as_text(piece);
    }
    if (!bytes.empty()) {
        socket.send(bytes);
    }
}

void HttpPeer::sent_all(Socket& socket) {
    socket.send(reply_->extra);
    replied_ = true;
    if (reply_->cut && reply_->after == Reply::After::keep) {
        reply_->after = Reply::After::fin;
    }
    if (reply_->after == Reply::After::keep) {
        settle(socket);
        return;
    }
    const bool reset = reply_->after == Reply::After::reset;
    if (reply_->linger <= Duration::zero()) {
        end_connection(socket, reset);
        return;
    }
    const std::size_t lingering_after = current_;
    socket.after(reply_->linger, [this, &socket, reset, lingering_after] {
        if (current_ == lingering_after && !over_) {
            end_connection(socket, reset);
        }
    });
    settle(socket);
}

// The reply is sent: goes on to the next request, once the rest of this one has come. Not from inside handle(), whose
// events would die with it.
void HttpPeer::settle(Socket& socket) {
    while (!handling_ && reply_ && replied_ && !over_ && machine_.receiving() == http1::Receiving::done) {
        const bool lingers = reply_->after != Reply::After::keep;
        if (!machine_.persistence().keep_alive() || machine_.sending() != http1::Sending::done || peer_over_) {
            if (!lingers) {
                end_connection(socket, false);
            }
            return;
        }
        static_cast<void>(machine_.next());
        reply_.reset();
        handle(socket, machine_.receive({}));
    }
}

void HttpPeer::end_connection(Socket& socket, bool reset) {
    over_ = true;
    if (reset) {
        socket.reset();
    } else {
        socket.finish();
    }
}

void HttpPeer::mistake(Socket& socket, const Error& error) {
    socket.network().violation("a reply cannot be sent: " + error.message);
    end_connection(socket, true);
}

}  // namespace ferry::testing
