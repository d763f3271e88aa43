#include "transports/asio/transport.hpp"

#include "transports/loop/address.hpp"
#include "transports/loop/socket.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

namespace ferry::asio {

namespace net = ::boost::asio;
using loop::system_error;

namespace {

/// No timer is set further than this; the one that goes off early is set again.
constexpr Duration longest_wait = std::chrono::hours(24);

std::chrono::steady_clock::time_point to_steady(Time time) {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

template <class Socket>
std::error_code adopt(Socket& socket, int family, int fd) {
    boost::system::error_code error;
    socket.assign({family, family == AF_UNIX ? 0 : IPPROTO_TCP}, fd, error);
    if (error) {
        ::close(fd);
    } else {
        socket.non_blocking(true, error);  // It is, but Asio does not know.
    }
    return error;
}

net::const_buffer to_buffer(ConstBuffer piece) { return {piece.data(), piece.size()}; }

template <class Socket>
std::size_t write_pieces(Socket& socket, std::span<const ConstBuffer> pieces, boost::system::error_code& error) {
    std::array<net::const_buffer, AsioTransport::max_pieces> buffers;
    const std::size_t count = std::min(pieces.size(), AsioTransport::max_pieces);
    std::transform(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(count), buffers.begin(), to_buffer);
    return socket.write_some(std::span(std::as_const(buffers)).first(count), error);
}

}  // namespace

AsioTransport::AsioTransport(Executor executor, ResolveFunction lookup)
    : executor_(std::move(executor)), timer_(std::in_place, executor_) {
    // Not called any more once the resolver's destructor has begun.
    resolver_.emplace(std::move(lookup), [this] {
        if (std::shared_ptr<AsioTransport> self = self_.lock()) {
            net::post(executor_, [self = std::move(self)] { self->take_answers(); });
        }
    });
    refresh();
}

void AsioTransport::abandon() noexcept {
    const std::shared_ptr<AsioTransport> own = std::move(own_);
    facts_ = nullptr;
    resolver_.reset();  // Its threads use the executor.
    for (const Place& place : std::exchange(places_, {})) {
        if (place.connection.get() != nullptr) {
            place.connection->socket.reset();
        }
    }
    to_connect_.clear();
    timer_.reset();
    lookup_work_ = {};
    executor_ = {};
}

AsioTransport::Place* AsioTransport::place_of(ConnId id) noexcept {
    return id && id.slot < places_.size() && places_[id.slot].generation == id.generation ? &places_[id.slot] : nullptr;
}

AsioTransport::Connection* AsioTransport::find(ConnId id) noexcept {
    const Place* const place = place_of(id);
    return place != nullptr ? place->connection.get() : nullptr;
}

AsioTransport::Connection* AsioTransport::resume(ConnId id) {
    refresh();
    if (Connection* connection = find(id)) {
        --connection->pending;
        if (!connection->closing) {
            return connection;
        }
        if (connection->pending == 0) {
            finish(id, {});
        }
    }
    return nullptr;
}

void AsioTransport::turn() {
    if (facts_ != nullptr) {
        facts_->turn();
        if (after_) {
            after_();
        }
    }
}

// ── Connecting and closing ───────────────────────────────────────────────────────────────────────────────────────

void AsioTransport::connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) {
    if (id.slot >= places_.size()) {
        places_.resize(id.slot + std::size_t{1});
    }
    places_[id.slot] = {.connection = {}, .generation = id.generation};
    to_connect_.push_back({id, to, options});
    if (to_connect_.size() == 1) {
        expect();
        net::post(executor_, [this] {
            const Visit visit(*this);
            begin_connects();
        });
    }
}

void AsioTransport::begin_connects() {
    refresh();
    for (const Wanted& wanted : std::exchange(to_connect_, {})) {
        if (place_of(wanted.id) != nullptr) {
            begin_connect(wanted);
        }
    }
    turn();
}

void AsioTransport::begin_connect(const Wanted& wanted) {
    const ConnId id = wanted.id;
    Place& place = places_[id.slot];
    place.connection = Hold(new Connection(id));
    Connection& connection = *place.connection.get();
    connection.reading = place.reading;
    Socket& socket = connection.socket.emplace(executor_);

    loop::Address address;
    std::error_code error = loop::to_address(wanted.to, address);
    int fd = -1;  // Asio's own open() would let programs that are started inherit it.
    if (!error) {
        error = loop::open_socket(address.family(), wanted.options.get(), fd);
    }
    if (!error) {
        error = adopt(socket, address.family(), fd);
    }
    if (error) {
        finish(id, error);
        return;
    }
    if (address.family() == AF_UNIX) {
        // Made or refused at once. Asio would take a full queue (EAGAIN) for a connect that is under way.
        const int result = ::connect(socket.native_handle(), address.get(), address.length);
        finish_connect(id, result == 0 ? std::error_code() : system_error(errno));
        return;
    }
    ++connection.pending;
    socket.async_connect(
        Socket::endpoint_type(address.get(), address.length, IPPROTO_TCP),
        handler(connection, [](AsioTransport& self, ConnId conn, const boost::system::error_code& failure) {
            if (self.resume(conn) != nullptr) {
                self.finish_connect(conn, failure);
            }
            self.turn();
        }));
}

void AsioTransport::finish_connect(ConnId id, std::error_code error) {
    if (error) {
        finish(id, error);
        return;
    }
    Connection& connection = *find(id);
    connection.connected = true;
    want_read(connection);
    facts_->on_connected(id);
}

void AsioTransport::shutdown(ConnId id) {
    if (Connection* connection = find(id)) {
        boost::system::error_code ignored;  // It fails if the connection is broken, of which reads will tell.
        (void)connection->socket->shutdown(Socket::shutdown_send, ignored);
    }
}

void AsioTransport::close(ConnId id) {
    const Place* const place = place_of(id);
    if (place == nullptr) {
        return;
    }
    Connection* connection = place->connection.get();
    if (connection == nullptr) {
        finish(id, {});
        return;
    }
    if (connection->closing) {
        return;
    }
    connection->closing = true;
    boost::system::error_code ignored;
    (void)connection->socket->close(ignored);
    if (connection->pending == 0) {
        finish(id, {});
    }
}

// What is still pending, after an error, finds nobody and owns what it uses.
void AsioTransport::finish(ConnId id, std::error_code why) {
    if (const Place over = std::exchange(places_[id.slot], {}); over.connection.get() != nullptr) {
        over.connection->socket.reset();
    }
    facts_->on_closed(id, why);
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

Written AsioTransport::write(ConnId id, std::span<const ConstBuffer> pieces) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->connected || connection->closing) {
        return {.state = Written::State::failed, .error = system_error(ENOTCONN)};
    }
    boost::system::error_code error;
    const std::size_t size = pieces.size() == 1 ? connection->socket->write_some(to_buffer(pieces.front()), error)
                                                : write_pieces(*connection->socket, pieces, error);
    if (!error) {
        connection->sent = true;
        return {.state = Written::State::some, .count = size};
    }
    if (error == net::error::would_block) {
        return {.state = Written::State::would_block};
    }
    // The system tells of a broken connection once. Reads that come later would take its end for an orderly one.
    if (error != net::error::broken_pipe) {
        connection->broken = error.value();
    }
    return {.state = Written::State::failed, .error = error};
}

void AsioTransport::await_writable(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->connected || connection->closing) {
        return;
    }
    ++connection->pending;
    expect();
    connection->socket->async_wait(Socket::wait_write, [this, id](const boost::system::error_code& /*error*/) {
        const Visit visit(*this);
        if (resume(id) != nullptr) {
            facts_->on_writable(id);  // A write will tell what is wrong.
        }
        // A read that ended with this wait comes first: it may have found the end.
        expect();
        net::post(executor_, [this] {
            const Visit last(*this);
            turn();
        });
    });
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

void AsioTransport::arm(std::optional<Time> when) {
    due_ = when;
    if (timer_ && !when) {
        timer_->cancel();
    } else if (timer_) {
        timer_->expires_at(to_steady(std::min(*when, saturating_add(now_, longest_wait))));
        expect();
        timer_->async_wait([this](const boost::system::error_code& error) {
            const Visit visit(*this);
            if (!error) {
                on_timer();
            }
        });
    }
}

void AsioTransport::on_timer() {
    refresh();
    if (facts_ == nullptr || !due_) {
        return;
    }
    if (*due_ > now_) {
        arm(due_);
        return;
    }
    due_.reset();
    facts_->on_timer();
    turn();
}

// ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────

void AsioTransport::lookup(LookupId id, std::string_view host, std::uint16_t port) {
    if (lookups_.empty()) {
        lookup_work_ = net::prefer(executor_, net::execution::outstanding_work_t::tracked);
    }
    lookups_.push_back(id);
    resolver_->start(id, std::string(host), port);
}

void AsioTransport::cancel_lookup(LookupId id) {
    resolver_->cancel(id);
    std::erase(lookups_, id);
    if (lookups_.empty()) {
        lookup_work_ = {};
    }
}

void AsioTransport::take_answers() {
    if (!resolver_) {
        return;
    }
    refresh();
    resolver_->take(answers_);
    for (const loop::Resolver::Answer& answer : answers_) {
        // An event of the one before may have cancelled it.
        if (std::erase(lookups_, answer.id) != 0) {
            facts_->on_resolved(answer.id, answer.resolved.endpoints, answer.resolved.error);
        }
    }
    if (lookups_.empty()) {
        lookup_work_ = {};
    }
    turn();
}

}  // namespace ferry::asio
