// Fetches a URL with an event loop of our own. docs/embedding.md explains it line by line. Name lookups block the loop.
#include <ferry/driver.hpp>
#include <ferry/engine.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <utility>

using namespace ferry;
class OwnLoop final : public Transport {
public:
    ~OwnLoop() override {
        for (const Socket& socket : sockets_) {
            ::close(socket.fd);
        }
        ::close(epoll_);
    }
    void attach(Facts& facts) { facts_ = &facts; }
    void run_once(std::optional<Duration> limit = std::nullopt) {
        const Time until = std::min(timer_.value_or(Time::max()), limit ? read_clock() + *limit : Time::max());
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(until - read_clock(), Duration(0)));
        const int timeout = until == Time::max() ? -1 : static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
        epoll_event ready[64];
        const int count = ::epoll_wait(epoll_, ready, 64, timeout);
        now_ = read_clock();
        for (int i = 0; i < count; ++i) {
            handle(ready[i]);
        }
        if (timer_ && *timer_ <= now_) {
            timer_.reset();
            facts_->on_timer();
        }
        facts_->turn();
    }
    Time now() override { return now_; }
    Capabilities capabilities() const override { return {.local_sockets = false, .probe = true, .half_close = true}; }
    void lookup(LookupId id, std::string_view host, std::uint16_t port) override {
        std::vector<Endpoint> endpoints;
        addrinfo* list = addresses(std::string(host), port);
        for (const addrinfo* a = list; a != nullptr; a = a->ai_next) {
            char text[NI_MAXHOST] = {};
            ::getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
            endpoints.push_back(parse_address(text, port).value_or(Endpoint()));
        }
        ::freeaddrinfo(list);
        facts_->on_resolved(id, endpoints, endpoints.empty() ? Errc::name_resolution_failed : std::error_code());
    }
    void cancel_lookup(LookupId) override {}  // It was answered inside lookup().
    void connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>&) override {
        char text[NI_MAXHOST] = {};
        ::inet_ntop(to.family == Endpoint::Family::ip4 ? AF_INET : AF_INET6, to.address.data(), text, sizeof(text));
        addrinfo* a = addresses(text, to.port);
        const int fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        const int error = ::connect(fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS ? 0 : errno;
        ::freeaddrinfo(a);
        sockets_.resize(std::max(sockets_.size(), id.slot + std::size_t{1}));
        sockets_[id.slot] = {.generation = id.generation, .fd = fd};
        error == 0 ? update(id) : end(id, error);
    }
    Written write(ConnId id, std::span<const ConstBuffer> pieces) override {
        Socket* socket = find(id);
        iovec vectors[16];
        msghdr message{};
        message.msg_iov = vectors;
        for (const ConstBuffer piece : pieces.first(std::min(pieces.size(), std::size(vectors)))) {
            vectors[message.msg_iovlen++] = {const_cast<std::byte*>(piece.data()), piece.size()};
        }
        const ssize_t sent = ::sendmsg(socket ? socket->fd : -1, &message, MSG_NOSIGNAL);
        if (socket && sent < 0 && errno != EAGAIN && errno != EPIPE) {
            socket->broken = errno;  // The system tells it once; a read would then see an orderly end.
        }
        const auto refused = errno == EAGAIN ? Written::State::would_block : Written::State::failed;
        const std::size_t count = sent < 0 ? 0 : static_cast<std::size_t>(sent);
        return {sent < 0 ? refused : Written::State::some, count, {errno, std::system_category()}};
    }
    void await_writable(ConnId id) override { set(id, &Socket::awaiting, true); }
    void reading(ConnId id, bool enabled) override { set(id, &Socket::reading, enabled); }
    void probe(ConnId id) override { read(id); }
    void shutdown(ConnId id) override { ::shutdown(find(id) ? find(id)->fd : -1, SHUT_WR); }
    void close(ConnId id) override { end(id, 0); }
    void arm(std::optional<Time> when) override { timer_ = when; }

private:
    struct Socket {  // by ConnId::slot
        std::uint32_t generation = 0, watched = 0;
        int fd = -1, broken = 0;
        bool connected = false, reading = true, ended = false, awaiting = false;
    };
    void handle(const epoll_event& event) {
        const ConnId id{static_cast<std::uint32_t>(event.data.u64 >> 32), static_cast<std::uint32_t>(event.data.u64)};
        Socket* socket = find(id);
        if (socket && !socket->connected) {
            int error = 0;
            socklen_t size = sizeof(error);
            ::getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
            socket->connected = error == 0;
            error == 0 ? facts_->on_connected(id) : end(id, error);
        } else if (socket && socket->awaiting && (event.events & ~EPOLLIN) != 0) {
            socket->awaiting = false;
            facts_->on_writable(id);
        } else if (socket && socket->reading) {
            read(id);
        }
        update(id);
    }
    void read(ConnId id) {
        if (Socket* socket = find(id); socket && socket->connected && !socket->ended) {
            const std::span<std::byte> buffer = facts_->read_buffer(id);
            const ssize_t got = ::recv(socket->fd, buffer.data(), buffer.size(), 0);
            if (got > 0) {
                facts_->on_received(id, buffer.first(static_cast<std::size_t>(got)));
            } else if (got == 0 && socket->broken == 0) {
                socket->ended = true;
                facts_->on_eof(id);
            } else if (got == 0 || errno != EAGAIN) {
                end(id, got == 0 ? socket->broken : errno);
            }
        }
    }
    void end(ConnId id, int error) {
        if (Socket* socket = find(id)) {
            ::close(std::exchange(*socket, {}).fd);
            facts_->on_closed(id, {error, std::system_category()});
        }
    }
    Socket* find(ConnId id) {
        const bool known = id && id.slot < sockets_.size() && sockets_[id.slot].generation == id.generation;
        return known ? &sockets_[id.slot] : nullptr;
    }
    void set(ConnId id, bool Socket::* what, bool value) {
        if (Socket* socket = find(id)) {
            socket->*what = value;
            update(id);
        }
    }
    void update(ConnId id) {
        Socket* s = find(id);
        const bool in = s && s->connected && s->reading && !s->ended, out = s && (s->awaiting || !s->connected);
        const std::uint32_t want = (in ? EPOLLIN : 0U) | (out ? EPOLLOUT : 0U);
        if (s && std::exchange(s->watched, want) != want) {
            epoll_event event{want, {.u64 = std::uint64_t{id.slot} << 32 | id.generation}};
            ::epoll_ctl(epoll_, EPOLL_CTL_DEL, s->fd, nullptr);
            want != 0 ? ::epoll_ctl(epoll_, EPOLL_CTL_ADD, s->fd, &event) : 0;
        }
    }
    static addrinfo* addresses(const std::string& host, std::uint16_t port) {
        const addrinfo hints{0, AF_UNSPEC, SOCK_STREAM, 0, 0, nullptr, nullptr, nullptr};
        addrinfo* list = nullptr;
        ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
        return list;
    }
    static Time read_clock() { return Time(std::chrono::steady_clock::now().time_since_epoch()); }
    Facts* facts_ = nullptr;
    int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Socket> sockets_;
    std::optional<Time> timer_;
    Time now_ = read_clock();
};
#ifndef OWN_LOOP_NO_MAIN
struct Printer final : EventHandler {
    explicit Printer(Engine& e) : engine(e) {}
    void on_event(Time now, Event& event) override {
        if (const auto* body = std::get_if<event::Body>(&event)) {
            std::fwrite(body->data.data(), 1, body->data.size(), stdout);
            engine.consume(now, body->id, body->data.size());
        } else if (const auto* failed = std::get_if<event::Failed>(&event)) {
            std::fprintf(stderr, "%s\n", engine.take_error(failed->id).message.c_str());
            status = 1;
        } else if (std::holds_alternative<event::Done>(event)) {
            status = 0;
        }
    }
    Engine& engine;
    std::optional<int> status;
};

int main(int argc, char** argv) {
    const Result<Url> url = Url::parse(argc > 1 ? argv[1] : "");
    if (!url) {
        std::fprintf(stderr, "%s\n", url.error().message.c_str());
        return 2;
    }
    OwnLoop loop;
    Engine engine(EngineConfig{.capabilities = loop.capabilities()});
    Printer printer(engine);
    Driver driver(engine, loop, printer);
    loop.attach(driver);
    engine.submit(loop.now(), {.url = *url, .collect = false});
    driver.turn();
    for (; !printer.status; loop.run_once()) {
    }
    return *printer.status;
}
#endif
