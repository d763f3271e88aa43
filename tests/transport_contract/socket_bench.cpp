#include "tests/transport_contract/socket_bench.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

namespace ferry::contract {

namespace {

int check(int result, const char* what) {
    if (result < 0) {
        throw std::system_error(errno, std::system_category(), what);
    }
    return result;
}

Descriptor stream_socket(int family) {
    return Descriptor(check(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// Listens on ::1, if there is that.
Descriptor ip6_listener() {
    Descriptor descriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool listens = descriptor &&
                         ::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
                         ::listen(descriptor.get(), SOMAXCONN) == 0;
    return listens ? std::move(descriptor) : Descriptor();
}

/// `path` is an abstract name if it begins with NUL.
Descriptor local_listener(const std::string& path) {
    Descriptor descriptor = stream_socket(AF_UNIX);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t size = path.copy(address.sun_path, sizeof(address.sun_path));
    check(::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size)),
          "bind");
    check(::listen(descriptor.get(), SOMAXCONN), "listen");
    return descriptor;
}

/// As long as there is room for.
std::string abstract_name(const std::string& unique) {
    std::string name = std::string(1, '\0') + unique;
    name.resize(sizeof(sockaddr_un{}.sun_path), 'x');
    return name;
}

Endpoint local_endpoint(std::string path) {
    Endpoint endpoint;
    endpoint.family = Endpoint::Family::local;
    endpoint.path = std::move(path);
    return endpoint;
}

Descriptor bound_to_free_port() {
    Descriptor descriptor = stream_socket(AF_INET);
    const sockaddr_in address = loopback(0);
    check(::bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "bind");
    return descriptor;
}

/// What getsockname() or getpeername() says; all zero if `fd` is no TCP socket.
sockaddr_in name_of(int fd, decltype(::getsockname)* get) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    const bool known = get(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && address.sin_family == AF_INET;
    return known ? address : sockaddr_in{};
}

std::uint16_t port_of(const Descriptor& descriptor) { return ntohs(name_of(descriptor.get(), ::getsockname).sin_port); }

int option(int fd, int level, int name) {
    int value = 0;
    socklen_t size = sizeof(value);
    check(::getsockopt(fd, level, name, &value, &size), "getsockopt");
    return value;
}

Endpoint endpoint_of(const Descriptor& descriptor) { return parse_address("127.0.0.1", port_of(descriptor)).value(); }

class SocketPeer final : public Peer {
public:
    SocketPeer(Descriptor descriptor, std::shared_ptr<std::size_t> count)
        : descriptor_(std::move(descriptor)), count_(std::move(count)) {
        ++*count_;
    }
    ~SocketPeer() override { *count_ -= descriptor_ ? 1U : 0U; }

    std::size_t write(ConstBuffer bytes) override {
        const ssize_t sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }

    std::string read(std::size_t max) override {
        std::string text(max, '\0');
        const ssize_t got = end_ == End::open ? ::recv(descriptor_.get(), text.data(), text.size(), 0) : 0;
        if (got == 0 && max != 0 && end_ == End::open) {
            end_ = End::eof;
        } else if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            end_ = End::reset;
        }
        text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return text;
    }

    End end() const override { return end_; }

    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

    void shutdown() override { ::shutdown(descriptor_.get(), SHUT_WR); }

    void reset() override {
        const linger hard{.l_onoff = 1, .l_linger = 0};
        check(::setsockopt(descriptor_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), "SO_LINGER");
        descriptor_ = {};
        --*count_;
        end_ = End::reset;
    }

private:
    Descriptor descriptor_;
    std::shared_ptr<std::size_t> count_;  // Of open peers.
    End end_ = End::open;
};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    const Descriptor closed = std::move(other);
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

SocketBench::SocketBench() {
    listener_ = bound_to_free_port();
    check(::listen(listener_.get(), SOMAXCONN), "listen");
    listener6_ = ip6_listener();
    refusing_ = bound_to_free_port();  // Bound, so that nobody else gets the port, but not listening.

    std::string folder = (std::filesystem::temp_directory_path() / "ferry-contract-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        throw std::system_error(errno, std::system_category(), "mkdtemp");
    }
    folder_ = folder;
    local_listener_ = local_listener(folder_ + "/socket");
#ifdef __linux__
    abstract_listener_ = local_listener(abstract_name(folder_));
#endif

    // Linux drops what comes to a listener whose queue is full.
    silent_ = bound_to_free_port();
    check(::listen(silent_.get(), 0), "listen");
    const sockaddr_in to = loopback(port_of(silent_));
    for (int i = 0; i < 3; ++i) {
        queue_.push_back(stream_socket(AF_INET));
        static_cast<void>(::connect(queue_.back().get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)));
    }
}

SocketBench::~SocketBench() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::size_t SocketBench::resources() {
    const std::filesystem::directory_iterator descriptors("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors))) - *peers_;
}

Endpoint SocketBench::listen() { return endpoint_of(listener_); }

std::optional<Endpoint> SocketBench::listen6() {
    sockaddr_in6 address{};
    socklen_t size = sizeof(address);
    if (!listener6_ || ::getsockname(listener6_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return std::nullopt;
    }
    return parse_address("::1", ntohs(address.sin6_port));
}

std::optional<Endpoint> SocketBench::listen_local() {
    if (!transport().capabilities().local_sockets) {
        return std::nullopt;
    }
    return local_endpoint(folder_ + "/socket");
}

std::optional<Endpoint> SocketBench::listen_abstract() {
    if (!abstract_listener_ || !transport().capabilities().local_sockets) {
        return std::nullopt;
    }
    return local_endpoint(abstract_name(folder_));
}

Endpoint SocketBench::refusing() { return endpoint_of(refusing_); }

std::optional<Endpoint> SocketBench::silent() { return endpoint_of(silent_); }

std::unique_ptr<Peer> SocketBench::accept() {
    for (const Descriptor* listener : {&listener_, &listener6_, &local_listener_, &abstract_listener_}) {
        const int fd = ::accept4(listener->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            return std::make_unique<SocketPeer>(Descriptor(fd), peers_);
        }
    }
    return nullptr;
}

std::optional<SocketState> SocketBench::inspect(const Peer& peer) {
    const sockaddr_in other = name_of(static_cast<const SocketPeer&>(peer).descriptor(), ::getpeername);
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int fd = std::atoi(entry.path().filename().c_str());
        const sockaddr_in name = name_of(fd, ::getsockname);
        if (name.sin_port != other.sin_port || name.sin_addr.s_addr != other.sin_addr.s_addr) {
            continue;
        }
        SocketState state{.no_delay = option(fd, IPPROTO_TCP, TCP_NODELAY) != 0,
                          .inherited = (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0,
                          .keepalive = option(fd, SOL_SOCKET, SO_KEEPALIVE) != 0,
                          .receive_buffer = option(fd, SOL_SOCKET, SO_RCVBUF),
                          .send_buffer = option(fd, SOL_SOCKET, SO_SNDBUF)};
        state.local.port = ntohs(name.sin_port);
        std::memcpy(state.local.address.data(), &name.sin_addr, sizeof(name.sin_addr));
        return state;
    }
    return std::nullopt;
}

}  // namespace ferry::contract
