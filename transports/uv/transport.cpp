#include "transports/uv/transport.hpp"

#include "transports/loop/address.hpp"
#include "transports/loop/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

namespace ferry::uv {

namespace {

std::error_code last_error() { return loop::system_error(errno); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

/// Waits for a socket to take more.
struct UvTransport::Writable final : HandleOf<uv_poll_t> {
    Writable(UvTransport& transport, ConnId conn, int duplicate)
        : HandleOf(&transport, transport.owner_), id(conn), fd(duplicate) {}

    void close() override {
        const int closed = fd;
        HandleOf::close();
        ::close(closed);
    }

    ConnId id;
    int fd;
};

/// What a connection is to libuv.
union Stream {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct UvTransport::Connection final : HandleOf<Stream> {
    Connection(UvTransport& transport, ConnId conn) : HandleOf(&transport, transport.owner_), id(conn) {}

    // The descriptors go at once.
    void close() override {
        writable.reset();
        HandleOf::close();
    }

    ConnId id;
    Owned<Writable> writable;  // Made when a write first would block.
    int fd = -1;
    int broken = 0;  // A write found a reset, this one: the end that reads see is not an orderly one.
    bool connected = false;
    bool reading = true;
    bool ended = false;  // The peer's half is.
    uv_connect_t connecting{};
};

UvTransport& UvTransport::of(const uv_handle_t* handle) {
    return *static_cast<UvTransport*>(static_cast<Handle*>(handle->data)->user);
}

UvTransport::UvTransport(uv_loop_t* loop, ResolveFunction lookup, std::shared_ptr<void> owner)
    : loop_(loop), owner_(std::move(owner)), resolver_(std::move(lookup), [this] { uv_async_send(&async_->uv); }) {
    auto async = std::make_unique<HandleOf<uv_async_t>>(this, owner_);
    const int status = uv_async_init(
        loop_, &async->uv, [](uv_async_t* handle) { Call(reinterpret_cast<uv_handle_t*>(handle))->resolved(); });
    if (status != 0) {
        throw std::system_error(to_error(status), "ferry: uv_async_init");
    }
    async_.reset(async.release());
    timer_.reset(new HandleOf<uv_timer_t>(this, owner_));
    uv_timer_init(loop_, &timer_->uv);
    uv_unref(timer_->base());
    idle_.reset(new HandleOf<uv_idle_t>(this, owner_));
    uv_idle_init(loop_, &idle_->uv);
}

UvTransport::~UvTransport() = default;

void UvTransport::hold_loop(bool hold) {
    if (hold) {
        uv_ref(async_->base());
    } else {
        uv_unref(async_->base());
    }
}

void UvTransport::turn_soon() {
    uv_idle_start(&idle_->uv, [](uv_idle_t* handle) {
        uv_idle_stop(handle);
        Call(reinterpret_cast<uv_handle_t*>(handle))->facts_->turn();
    });
}

// ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────

void UvTransport::lookup(LookupId id, std::string_view host, std::uint16_t port) {
    resolver_.start(id, std::string(host), port);
}

void UvTransport::cancel_lookup(LookupId id) { resolver_.cancel(id); }

void UvTransport::resolved() {
    resolver_.take(answers_);
    for (const loop::Resolver::Answer& answer : answers_) {
        facts_->on_resolved(answer.id, answer.resolved.endpoints, answer.resolved.error);
    }
    facts_->turn();
}

// ── Connecting and closing ───────────────────────────────────────────────────────────────────────────────────────

void UvTransport::connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) {
    if (id.slot >= connections_.size()) {
        connections_.resize(id.slot + std::size_t{1});
    }
    connections_[id.slot].reset(new Connection(*this, id));
    Connection& connection = *connections_[id.slot];
    const bool local = to.family == Endpoint::Family::local;
    if (local) {
        uv_pipe_init(loop_, &connection.uv.pipe, 0);
    } else {
        uv_tcp_init(loop_, &connection.uv.tcp);
    }
    uv_unref(connection.base());
    loop::Address address;
    std::error_code error = loop::to_address(to, address);
    if (!error) {
        error = loop::open_socket(address.family(), options.get(), connection.fd);
    }
    if (!error) {
        error = begin(connection, address);
    }
    if (error) {
        finish(id, error);
    } else if (local) {
        connected(connection);
    }
}

std::error_code UvTransport::begin(Connection& connection, const loop::Address& to) {
    const bool local = to.family() == AF_UNIX;
    if (const int status =
            local ? uv_pipe_open(&connection.uv.pipe, connection.fd) : uv_tcp_open(&connection.uv.tcp, connection.fd);
        status != 0) {
        ::close(connection.fd);
        return to_error(status);
    }
    if (local) {  // Made or refused at once. uv_pipe_connect() would cut long paths and knows no abstract names.
        return ::connect(connection.fd, to.get(), to.length) == 0 ? std::error_code() : last_error();
    }
    connection.connecting.data = &connection;
    return to_error(
        uv_tcp_connect(&connection.connecting, &connection.uv.tcp, to.get(), [](uv_connect_t* request, int status) {
            if (status == UV_ECANCELED) {
                return;  // By close(): the transport may be gone.
            }
            auto& waiting = *static_cast<Connection*>(request->data);
            const Call self(waiting.base());
            if (status == 0) {
                self->connected(waiting);
            } else {
                self->finish(waiting.id, to_error(status));
            }
            self->facts_->turn();
        }));
}

void UvTransport::connected(Connection& connection) {
    connection.connected = true;
    if (const std::error_code error = watch(connection)) {
        finish(connection.id, error);
    } else {
        facts_->on_connected(connection.id);
    }
}

void UvTransport::shutdown(ConnId id) {
    if (const Connection* connection = find(id); connection != nullptr) {
        ::shutdown(connection->fd, SHUT_WR);  // Fails if the connection is broken, of which reads will tell.
    }
}

void UvTransport::close(ConnId id) {
    if (find(id) != nullptr) {
        finish(id, {});
    }
}

void UvTransport::finish(ConnId id, std::error_code why) {
    connections_[id.slot].reset();
    facts_->on_closed(id, why);
}

UvTransport::Connection* UvTransport::find(ConnId id) {
    if (id.generation == 0 || id.slot >= connections_.size() || connections_[id.slot] == nullptr ||
        connections_[id.slot]->id != id) {
        return nullptr;
    }
    return connections_[id.slot].get();
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

Written UvTransport::write(ConnId id, std::span<const ConstBuffer> pieces) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->connected) {
        return {.state = Written::State::failed, .error = loop::system_error(ENOTCONN)};
    }
    std::array<iovec, max_pieces> vectors;
    const std::size_t count = std::min(pieces.size(), max_pieces);
    for (std::size_t i = 0; i < count; ++i) {
        vectors[i] = {.iov_base = const_cast<std::byte*>(pieces[i].data()), .iov_len = pieces[i].size()};
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
#ifdef MSG_NOSIGNAL
    constexpr int flags = MSG_NOSIGNAL;
#else
    constexpr int flags = 0;  // Libuv sets SO_NOSIGPIPE.
#endif
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(connection->fd, &message, flags);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return {.state = Written::State::some, .count = static_cast<std::size_t>(sent)};
    }
    if (would_block()) {
        return {.state = Written::State::would_block};
    }
    const std::error_code error = last_error();
    // The system tells of a broken connection once. Reads that come later would take its end for an orderly one.
    if (error.value() != EPIPE) {
        connection->broken = error.value();
    }
    return {.state = Written::State::failed, .error = error};
}

void UvTransport::await_writable(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->connected) {
        return;
    }
    if (connection->writable == nullptr) {
        const int fd = ::fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0) {
            finish(id, last_error());
            return;
        }
        auto fresh = std::make_unique<Writable>(*this, id, fd);
        if (const int status = uv_poll_init(loop_, &fresh->uv, fd); status != 0) {
            ::close(fd);
            finish(id, to_error(status));
            return;
        }
        uv_unref(fresh->base());
        connection->writable.reset(fresh.release());
    }
    uv_poll_start(&connection->writable->uv, UV_WRITABLE, [](uv_poll_t* handle, int /*status*/, int /*events*/) {
        auto& self = *static_cast<Writable*>(static_cast<Handle*>(handle->data));
        Call(self.base())->writable(self);
    });
}

// The turn is left until all else is reported: what a broken connection still has to say is read before the next write.
void UvTransport::writable(Writable& writable) {
    uv_poll_stop(&writable.uv);
    facts_->on_writable(writable.id);
    turn_soon();
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

void UvTransport::reading(ConnId id, bool enabled) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->reading == enabled) {
        return;
    }
    connection->reading = enabled;
    if (const std::error_code error = watch(*connection)) {
        finish(id, error);
    }
}

std::error_code UvTransport::watch(Connection& connection) {
    if (!connection.connected || connection.ended) {
        return {};
    }
    if (!connection.reading) {
        return to_error(uv_read_stop(&connection.uv.stream));
    }
    return to_error(uv_read_start(
        &connection.uv.stream,
        [](uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) {
            const ConnId id = static_cast<Connection*>(static_cast<Handle*>(handle->data))->id;
            const std::span<std::byte> memory = of(handle).facts_->read_buffer(id);
            buffer->base = reinterpret_cast<char*>(memory.data());
            buffer->len = memory.size();
        },
        [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
            auto& self = *static_cast<Connection*>(static_cast<Handle*>(stream->data));
            Call(self.base())->read(self, size, buffer->base);
        }));
}

void UvTransport::read(Connection& connection, ssize_t size, const char* bytes) {
    if (size == 0) {
        return;  // EAGAIN.
    }
    if (size > 0) {
        facts_->on_received(connection.id, {reinterpret_cast<const std::byte*>(bytes), static_cast<std::size_t>(size)});
    } else if (size == UV_EOF) {
        end(connection);
    } else {
        finish(connection.id, to_error(static_cast<int>(size)));
    }
    // Now and not after the next read, which libuv does at once if this one filled the buffer.
    facts_->turn();
}

void UvTransport::end(Connection& connection) {
    if (connection.broken != 0) {
        finish(connection.id, loop::system_error(connection.broken));
        return;
    }
    connection.ended = true;
    uv_read_stop(&connection.uv.stream);
    facts_->on_eof(connection.id);
}

// libuv cannot be asked to look.
void UvTransport::probe(ConnId id) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->connected || connection->ended) {
        return;
    }
    const std::span<std::byte> buffer = facts_->read_buffer(id);
    ssize_t got = 0;
    do {
        got = ::recv(connection->fd, buffer.data(), buffer.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        facts_->on_received(id, buffer.first(static_cast<std::size_t>(got)));
    } else if (got == 0) {
        end(*connection);
    } else if (!would_block()) {
        finish(id, last_error());
    }
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

// libuv's timers run on uv_now(), which is uv_hrtime() in whole milliseconds, read once a round: so a point of time can
// be asked for whose arrival does not depend on how old uv_now() is.
void UvTransport::arm(std::optional<Time> when) {
    if (!when) {
        uv_timer_stop(&timer_->uv);
        return;
    }
    const auto due = std::chrono::ceil<std::chrono::milliseconds>(when->time_since_epoch()).count();
    const std::uint64_t at = due > 0 ? static_cast<std::uint64_t>(due) : 0;
    const std::uint64_t from = uv_now(loop_);
    uv_timer_start(
        &timer_->uv, [](uv_timer_t* handle) { Call(reinterpret_cast<uv_handle_t*>(handle))->timer(); },
        at > from ? at - from : 0, 0);
}

void UvTransport::timer() {
    facts_->on_timer();
    facts_->turn();
}

}  // namespace ferry::uv
