// Fetches a URL on GLib's main loop: an adapter written from transports/README.md, whose clauses are cited.
//
//     glib_loop http://127.0.0.1:8080/
#include <ferry/driver.hpp>
#include <ferry/engine.hpp>

#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace ferry;

/// All sockets and the timer are one GSource.
class GlibTransport final : public Transport {
public:
    explicit GlibTransport(GMainContext* context) : context_(g_main_context_ref(context)) {
        static GSourceFuncs functions{};
        functions.dispatch = [](GSource* source, GSourceFunc, gpointer) -> gboolean {
            reinterpret_cast<Source*>(source)->transport->dispatch();
            return G_SOURCE_CONTINUE;
        };
        source_ = g_source_new(&functions, sizeof(Source));
        reinterpret_cast<Source*>(source_)->transport = this;
        g_source_attach(source_, context_);
    }
    GlibTransport(const GlibTransport&) = delete;
    GlibTransport& operator=(const GlibTransport&) = delete;
    ~GlibTransport() override {  // 21
        for (Socket& socket : sockets_) {
            drop(socket);
        }
        for (Lookup* lookup : lookups_) {
            lookup->transport = nullptr;  // 19: it comes back, and finds nobody.
            g_cancellable_cancel(lookup->cancellable);
        }
        g_source_destroy(source_);
        g_source_unref(source_);
        g_main_context_unref(context_);
    }

    void attach(Facts& facts) { facts_ = &facts; }

    Time now() override { return Time(std::chrono::microseconds(g_get_monotonic_time())); }  // 16
    Capabilities capabilities() const override { return {.local_sockets = false, .probe = true, .half_close = true}; }

    void lookup(LookupId id, std::string_view host, std::uint16_t port) override {  // 18
        auto* const lookup = new Lookup{this, id, port, g_cancellable_new()};
        lookups_.push_back(lookup);
        GResolver* const resolver = g_resolver_get_default();
        g_main_context_push_thread_default(context_);
        g_resolver_lookup_by_name_async(resolver, std::string(host).c_str(), lookup->cancellable, answered, lookup);
        g_main_context_pop_thread_default(context_);
        g_object_unref(resolver);
    }
    void cancel_lookup(LookupId id) override {  // 19
        const auto found =
            std::find_if(lookups_.begin(), lookups_.end(), [id](const Lookup* l) { return l->id == id; });
        if (found != lookups_.end()) {
            (*found)->transport = nullptr;
            g_cancellable_cancel((*found)->cancellable);
            lookups_.erase(found);
        }
    }

    void connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) override {  // 2
        sockets_.resize(std::max(sockets_.size(), id.slot + std::size_t{1}));
        Socket& socket = sockets_[id.slot];
        socket = {};
        socket.generation = id.generation;
        socket.fd = ::socket(to.family == Endpoint::Family::ip4 ? AF_INET : AF_INET6,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        const int error = socket.fd < 0 ? errno : begin(socket.fd, to, options.get());
        if (error == 0) {
            update(socket);
        } else {
            end(id, system_error(error));
        }
    }
    Written write(ConnId id, std::span<const ConstBuffer> pieces) override {
        Socket* const socket = find(id);
        if (socket == nullptr) {
            return {.state = Written::State::failed, .error = system_error(ENOTCONN)};
        }
        std::array<iovec, 16> vectors{};
        msghdr message{};
        message.msg_iov = vectors.data();
        for (const ConstBuffer piece : pieces.first(std::min(pieces.size(), vectors.size()))) {
            vectors[message.msg_iovlen++] = {const_cast<std::byte*>(piece.data()), piece.size()};
        }
        const ssize_t sent = ::sendmsg(socket->fd, &message, MSG_NOSIGNAL);  // 10
        if (sent >= 0) {
            return {.state = Written::State::some, .count = static_cast<std::size_t>(sent)};
        }
        if (errno == EAGAIN || errno == EINTR) {
            return {.state = Written::State::would_block};
        }
        if (errno != EPIPE) {
            socket->broken = system_error(errno);  // 9
        }
        return {.state = Written::State::failed, .error = system_error(errno)};
    }
    void await_writable(ConnId id) override { set(id, &Socket::awaiting, true); }
    void reading(ConnId id, bool enabled) override { set(id, &Socket::reading, enabled); }  // 13
    void probe(ConnId id) override {                                                        // 15
        if (const Socket* socket = find(id); socket != nullptr && socket->connected && !socket->ended) {
            read(id);
        }
    }
    void shutdown(ConnId id) override {  // 11
        if (const Socket* socket = find(id); socket != nullptr) {
            ::shutdown(socket->fd, SHUT_WR);
        }
    }
    void close(ConnId id) override {  // 4
        if (find(id) != nullptr) {
            end(id, {});
        }
    }
    void arm(std::optional<Time> when) override {  // 17: GLib counts microseconds.
        armed_ = when;
        using std::chrono::microseconds;
        g_source_set_ready_time(source_, when ? std::chrono::ceil<microseconds>(when->time_since_epoch()).count() : -1);
    }

private:
    struct Source {
        GSource base;
        GlibTransport* transport;
    };
    struct Lookup {
        GlibTransport* transport;
        LookupId id;
        std::uint16_t port;
        GCancellable* cancellable;
    };
    struct Socket {
        std::uint32_t generation = 0;
        int fd = -1;
        gpointer tag = nullptr;  // Null: GLib does not watch it.
        bool connected = false;
        bool reading = true;
        bool ended = false;
        bool awaiting = false;
        std::error_code broken{};
    };

    static std::error_code system_error(int error) { return {error, std::system_category()}; }

    static GSocketAddress* address_of(const Endpoint& endpoint) {
        GInetAddress* const address = g_inet_address_new_from_bytes(
            reinterpret_cast<const guint8*>(endpoint.address.data()),
            endpoint.family == Endpoint::Family::ip4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
        void* const result = g_object_new(G_TYPE_INET_SOCKET_ADDRESS, "address", address, "port", guint{endpoint.port},
                                          "scope-id", guint{endpoint.scope_id}, nullptr);
        g_object_unref(address);
        return G_SOCKET_ADDRESS(result);
    }

    /// 0, or the system's reason.
    static int begin(int fd, const Endpoint& to, const SocketOptions* options) {
        const int on = 1;
        int failed = ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (options != nullptr) {
            const auto set = [&](int name, const int& value) {
                failed |= ::setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value));
            };
            if (options->receive_buffer) {
                set(SO_RCVBUF, *options->receive_buffer);
            }
            if (options->send_buffer) {
                set(SO_SNDBUF, *options->send_buffer);
            }
            if (options->tcp_keepalive) {
                set(SO_KEEPALIVE, on);
            }
            if (options->local_address && options->local_address->family != Endpoint::Family::local) {
                failed |= with_native(*options->local_address,
                                      [fd](auto* name, auto size) { return ::bind(fd, name, size); });
            }
        }
        if (failed == 0) {
            failed = with_native(to, [fd](auto* name, auto size) { return ::connect(fd, name, size); });
        }
        return failed == 0 || errno == EINPROGRESS ? 0 : errno;
    }
    template <class Call>
    static int with_native(const Endpoint& endpoint, Call call) {
        sockaddr_storage native{};
        GSocketAddress* const address = address_of(endpoint);
        const auto size = static_cast<socklen_t>(g_socket_address_get_native_size(address));
        g_socket_address_to_native(address, &native, sizeof(native), nullptr);
        g_object_unref(address);
        return call(reinterpret_cast<const sockaddr*>(&native), size);
    }

    Socket* find(ConnId id) {  // 1
        const bool known =
            id.generation != 0 && id.slot < sockets_.size() && sockets_[id.slot].generation == id.generation;
        return known ? &sockets_[id.slot] : nullptr;
    }
    void set(ConnId id, bool Socket::* what, bool value) {
        if (Socket* socket = find(id); socket != nullptr) {
            socket->*what = value;
            update(*socket);
        }
    }
    // What is not wanted at all is not watched: a broken socket would wake the loop for ever.
    void update(Socket& socket) {
        const bool in = socket.connected && socket.reading && !socket.ended;
        const bool out = !socket.connected || socket.awaiting;
        const auto wanted = static_cast<GIOCondition>((in ? G_IO_IN : 0) | (out ? G_IO_OUT : 0));
        if (!in && !out) {
            unwatch(socket);
        } else if (socket.tag == nullptr) {
            socket.tag = g_source_add_unix_fd(source_, socket.fd, wanted);
        } else {
            g_source_modify_unix_fd(source_, socket.tag, wanted);
        }
    }
    void unwatch(Socket& socket) {
        if (socket.tag != nullptr) {
            g_source_remove_unix_fd(source_, std::exchange(socket.tag, nullptr));
        }
    }
    void drop(Socket& socket) {
        unwatch(socket);
        if (socket.fd >= 0) {
            ::close(socket.fd);
        }
        socket = {};
    }
    void end(ConnId id, std::error_code why) {  // 3
        drop(sockets_[id.slot]);
        facts_->on_closed(id, why);
    }

    void dispatch() {
        for (std::size_t slot = 0; slot < sockets_.size(); ++slot) {  // By index: connects make it grow.
            const Socket& socket = sockets_[slot];
            const int what = socket.tag == nullptr ? 0 : g_source_query_unix_fd(source_, socket.tag);
            if (what != 0) {
                const bool broken = (what & (G_IO_ERR | G_IO_HUP)) != 0;
                ready({.slot = static_cast<std::uint32_t>(slot), .generation = socket.generation},
                      broken || (what & G_IO_IN) != 0, broken || (what & G_IO_OUT) != 0);
            }
        }
        if (armed_ && *armed_ <= now()) {
            arm(std::nullopt);
            facts_->on_timer();
        }
        facts_->turn();  // 20
    }
    void ready(ConnId id, bool readable, bool writable) {
        Socket* socket = find(id);
        if (!socket->connected) {
            int error = 0;
            socklen_t size = sizeof(error);
            ::getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
            if (error != 0) {
                end(id, system_error(error));
                return;
            }
            socket->connected = true;
            update(*socket);
            facts_->on_connected(id);
            return;
        }
        if (writable && std::exchange(socket->awaiting, false)) {
            update(*socket);
            facts_->on_writable(id);  // 6
        }
        socket = find(id);
        if (socket != nullptr && readable && socket->reading && !socket->ended) {
            read(id);
        }
    }
    void read(ConnId id) {
        const std::span<std::byte> buffer = facts_->read_buffer(id);  // 12
        Socket& socket = *find(id);
        const ssize_t got = ::recv(socket.fd, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            facts_->on_received(id, buffer.first(static_cast<std::size_t>(got)));
        } else if (got == 0 && !socket.broken) {
            socket.ended = true;  // 14
            update(socket);
            facts_->on_eof(id);
        } else if (got == 0) {
            end(id, socket.broken);  // 9
        } else if (errno != EAGAIN && errno != EINTR) {
            end(id, system_error(errno));
        }
    }

    static void answered(GObject* resolver, GAsyncResult* result, gpointer data) {
        const std::unique_ptr<Lookup> lookup(static_cast<Lookup*>(data));
        GList* const list = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, nullptr);
        if (lookup->transport != nullptr) {
            std::vector<Endpoint> endpoints;
            for (const GList* entry = list; entry != nullptr; entry = entry->next) {
                auto* const address = static_cast<GInetAddress*>(entry->data);
                Endpoint endpoint;
                endpoint.port = lookup->port;
                const bool ip4 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4;
                endpoint.family = ip4 ? Endpoint::Family::ip4 : Endpoint::Family::ip6;
                std::memcpy(endpoint.address.data(), g_inet_address_to_bytes(address),
                            g_inet_address_get_native_size(address));
                endpoints.push_back(endpoint);
            }
            GlibTransport& self = *lookup->transport;
            std::erase(self.lookups_, lookup.get());
            const std::error_code error = endpoints.empty() ? Errc::name_resolution_failed : std::error_code();
            self.facts_->on_resolved(lookup->id, endpoints, error);
            self.facts_->turn();
        }
        g_resolver_free_addresses(list);
        g_object_unref(lookup->cancellable);
    }

    GMainContext* context_;
    GSource* source_ = nullptr;
    Facts* facts_ = nullptr;
    std::optional<Time> armed_;
    std::vector<Socket> sockets_;  // by ConnId::slot
    std::vector<Lookup*> lookups_;
};

/// Prints the body of one response.
class Print final : public EventHandler {
public:
    explicit Print(Engine& engine) : engine_(engine) {}

    void on_event(Time, Event& event) override {
        if (const auto* done = std::get_if<event::Done>(&event)) {
            status = engine_.take_head(done->id).status;
            std::fputs(engine_.take_body(done->id).str().c_str(), stdout);
            ended = true;
        } else if (const auto* failed = std::get_if<event::Failed>(&event)) {
            std::fprintf(stderr, "%s\n", engine_.take_error(failed->id).message.c_str());
            ended = true;
        }
    }

    bool ended = false;
    int status = 0;

private:
    Engine& engine_;
};

#ifndef GLIB_LOOP_NO_MAIN
int main(int argc, char** argv) {
    const Result<Url> url = Url::parse(argc == 2 ? argv[1] : "");
    if (!url) {
        std::fprintf(stderr, "usage: glib_loop URL\n");
        return 2;
    }
    GlibTransport transport(g_main_context_default());
    EngineConfig config;
    config.capabilities = transport.capabilities();
    Engine engine(std::move(config));
    Print print(engine);
    Driver driver(engine, transport, print);
    transport.attach(driver);

    Request request;
    request.url = *url;
    engine.submit(transport.now(), std::move(request));
    driver.turn();  // It may have ended already.
    while (!print.ended) {
        g_main_context_iteration(nullptr, TRUE);
    }
    return print.status >= 200 && print.status <= 299 ? 0 : 1;
}
#endif
