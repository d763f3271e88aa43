#include "transports/loop/loop.hpp"

#include "transports/loop/address.hpp"
#include "transports/loop/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <limits>
#include <utility>

namespace ferry::loop {

namespace {

constexpr std::uint64_t waker_key = 0;  // No connection has it: generations begin at 1.

std::uint64_t key_of(ConnId id) { return (std::uint64_t{id.slot} << 32U) | id.generation; }

ConnId id_of(std::uint64_t key) {
    return {.slot = static_cast<std::uint32_t>(key >> 32U), .generation = static_cast<std::uint32_t>(key)};
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Interest Loop::Socket::wanted() const noexcept {
    return connected ? Interest{.read = reading && !ended, .write = awaiting} : Interest{.read = false, .write = true};
}

Loop::Loop() : Loop(LoopOptions()) {}

Loop::Loop(LoopOptions options)
    : poller_(make_poller(options.poller)), resolver_(std::move(options.lookup), [this] { waker_.wake(); }) {
    if (const std::error_code error = poller_->set(waker_.fd(), waker_key, {}, {.read = true})) {
        throw std::system_error(error, "ferry: the loop cannot watch its waker");
    }
    refresh();
}

Loop::~Loop() {
    for (const Socket& socket : sockets_) {
        if (socket.fd >= 0) {
            ::close(socket.fd);
        }
    }
}

// ── The round ────────────────────────────────────────────────────────────────────────────────────────────────────

void Loop::run_once(std::optional<Time> until) {
    prepare(until);
    wait();
    dispatch();
}

void Loop::prepare(std::optional<Time> until) {
    using std::chrono::milliseconds;
    refresh();
    wait_until_ = armed_ && until ? std::min(armed_, until) : armed_ ? armed_ : until;
    wait_milliseconds_ = -1;
    if (wait_until_) {
        // Rounded up: a wait that ends before the timer is due would be repeated for nothing.
        const auto left = *wait_until_ <= now_ ? milliseconds(0) : std::chrono::ceil<milliseconds>(*wait_until_ - now_);
        wait_milliseconds_ = static_cast<int>(std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max()));
    }
    poller_->prepare();
    waiting_ = true;
}

void Loop::wait() { ready_ = poller_->wait(wait_milliseconds_); }

void Loop::dispatch() {
    waiting_ = false;
    refresh();
    for (const Ready& ready : std::exchange(ready_, {})) {
        if (ready.key == waker_key) {
            waker_.clear();
            resolver_.take(answers_);
            for (const Resolver::Answer& answer : answers_) {
                facts_->on_resolved(answer.id, answer.resolved.endpoints, answer.resolved.error);
            }
        } else {
            handle(ready);
        }
    }
    // After the sockets, and what can be written to them: an answer that has come is not late, nor a peer that reads.
    if (armed_ && *armed_ <= now_) {
        facts_->turn();
    }
    if (armed_ && *armed_ <= now_) {
        armed_.reset();
        facts_->on_timer();
    }
    facts_->turn();
}

void Loop::handle(const Ready& ready) {
    const ConnId id = id_of(ready.key);
    Socket* socket = find(id);
    if (socket == nullptr) {
        return;
    }
    if (!socket->connected) {
        int error = 0;
        socklen_t size = sizeof(error);
        if (::getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
            error = errno;
        }
        if (error != 0) {
            finish(id, system_error(error));
            return;
        }
        socket->connected = true;
        if (const std::error_code failure = poll(id, socket->wanted())) {
            finish(id, failure);
            return;
        }
        facts_->on_connected(id);
        return;
    }
    const Interest wanted = socket->wanted();
    if (ready.what.write && wanted.write) {
        socket->awaiting = false;
        facts_->on_writable(id);
    }
    if (ready.what.read && wanted.read) {
        for (int i = 0; i < reads_per_round && read(id); ++i) {
        }
    }
    // Interest is dropped only when it brought something unwanted: mostly it is wanted again before that, or the
    // connection is closed, and no system call was needed.
    socket = find(id);
    if (socket != nullptr && ((ready.what.read && !wanted.read) || (ready.what.write && !wanted.write))) {
        if (const std::error_code failure = poll(id, socket->wanted())) {
            finish(id, failure);
        }
    }
}

void Loop::refresh() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    now_ = Time(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

// ── The engine's ops ─────────────────────────────────────────────────────────────────────────────────────────────

Capabilities Loop::capabilities() const { return {.local_sockets = true, .probe = true, .half_close = true}; }

void Loop::lookup(LookupId id, std::string_view host, std::uint16_t port) {
    resolver_.start(id, std::string(host), port);
}

void Loop::cancel_lookup(LookupId id) { resolver_.cancel(id); }

void Loop::connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) {
    if (id.slot >= sockets_.size()) {
        sockets_.resize(id.slot + std::size_t{1});
    }
    Socket& socket = sockets_[id.slot];
    socket = {};
    socket.generation = id.generation;

    Address address;
    std::error_code error = to_address(to, address);
    if (!error) {
        error = open_socket(address.family(), options.get(), socket.fd);
    }
    if (!error) {
        socket.connected = ::connect(socket.fd, address.get(), address.length) == 0;
        if (!socket.connected && errno != EINPROGRESS && errno != EINTR) {
            error = system_error(errno);
        }
    }
    if (!error) {
        error = poll(id, socket.wanted());
    }
    if (error) {
        finish(id, error);
    } else if (socket.connected) {
        facts_->on_connected(id);
    }
}

Written Loop::write(ConnId id, std::span<const ConstBuffer> pieces) {
    Socket* socket = find(id);
    if (socket == nullptr || !socket->connected) {
        return {.state = Written::State::failed, .error = system_error(ENOTCONN)};
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
    constexpr int flags = 0;
#endif
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket->fd, &message, flags);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        return {.state = Written::State::some, .count = static_cast<std::size_t>(sent)};
    }
    const int error = errno;
    if (would_block(error)) {
        return {.state = Written::State::would_block};
    }
    // The system tells of a broken connection once. Reads that come later would take its end for an orderly one.
    if (error != EPIPE) {
        socket->broken = error;
    }
    return {.state = Written::State::failed, .error = system_error(error)};
}

void Loop::await_writable(ConnId id) {
    if (Socket* socket = find(id); socket != nullptr && socket->connected) {
        socket->awaiting = true;
        watch(id);
    }
}

void Loop::reading(ConnId id, bool enabled) {
    if (Socket* socket = find(id); socket != nullptr) {
        socket->reading = enabled;
        watch(id);
    }
}

void Loop::probe(ConnId id) {
    if (const Socket* socket = find(id); socket != nullptr && socket->connected && !socket->ended) {
        read(id);
    }
}

void Loop::shutdown(ConnId id) {
    if (const Socket* socket = find(id); socket != nullptr) {
        ::shutdown(socket->fd, SHUT_WR);  // Fails if the connection is broken, of which reads will tell.
    }
}

void Loop::close(ConnId id) {
    if (find(id) != nullptr) {
        finish(id, {});
    }
}

void Loop::arm(std::optional<Time> when) {
    armed_ = when;
    if (waiting_ && when && (!wait_until_ || *when < *wait_until_)) {
        wait_until_ = when;
        wake();
    }
}

// ── Sockets ──────────────────────────────────────────────────────────────────────────────────────────────────────

Loop::Socket* Loop::find(ConnId id) {
    if (id.generation == 0 || id.slot >= sockets_.size() || sockets_[id.slot].generation != id.generation) {
        return nullptr;
    }
    return &sockets_[id.slot];
}

bool Loop::read(ConnId id) {
    const std::span<std::byte> buffer = facts_->read_buffer(id);
    Socket* socket = find(id);
    ssize_t got = 0;
    do {
        got = ::recv(socket->fd, buffer.data(), buffer.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        const auto size = static_cast<std::size_t>(got);
        facts_->on_received(id, buffer.first(size));
        socket = find(id);
        return size == buffer.size() && socket != nullptr && socket->wanted().read;
    }
    if (got == 0 && socket->broken == 0) {
        socket->ended = true;
        facts_->on_eof(id);
    } else if (got == 0) {
        finish(id, system_error(socket->broken));
    } else if (!would_block(errno)) {
        finish(id, system_error(errno));
    }
    return false;
}

std::error_code Loop::poll(ConnId id, Interest want) {
    Socket& socket = sockets_[id.slot];
    if (want == socket.polled) {
        return {};
    }
    const std::error_code error = poller_->set(socket.fd, key_of(id), socket.polled, want);
    if (!error) {
        socket.polled = want;
    }
    if (waiting_ && !poller_->set_reaches_wait()) {
        wake();
    }
    return error;
}

void Loop::watch(ConnId id) {
    const Socket& socket = sockets_[id.slot];
    const Interest want = socket.wanted();
    if (const std::error_code error =
            poll(id, {.read = socket.polled.read || want.read, .write = socket.polled.write || want.write})) {
        finish(id, error);
    }
}

void Loop::finish(ConnId id, std::error_code why) {
    Socket& socket = sockets_[id.slot];
    if (socket.fd >= 0) {
        static_cast<void>(poll(id, {}));
        ::close(socket.fd);
    }
    socket = {};
    facts_->on_closed(id, why);
}

}  // namespace ferry::loop
