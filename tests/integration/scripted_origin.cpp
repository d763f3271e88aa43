#include "tests/integration/scripted_origin.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace ferry::test {

bool Peer::more() {
    std::array<char, std::size_t{16} * 1024> room{};
    const ssize_t got = ::recv(fd_, room.data(), room.size(), 0);
    if (got <= 0) {
        return false;
    }
    input_.append(room.data(), static_cast<std::size_t>(got));
    return true;
}

std::string Peer::read_until(std::string_view end) {
    std::size_t found = std::string::npos;
    while ((found = input_.find(end)) == std::string::npos && more()) {
    }
    return read(found == std::string::npos ? input_.size() : found + end.size());
}

std::string Peer::read(std::size_t count) {
    while (input_.size() < count && more()) {
    }
    count = std::min(count, input_.size());
    std::string taken = input_.substr(0, count);
    input_.erase(0, count);
    return taken;
}

void Peer::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void Peer::finish() const { ::shutdown(fd_, SHUT_WR); }

ScriptedOrigin::ScriptedOrigin(std::vector<Script> scripts)
    : scripts_(std::move(scripts)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, raw, &size) != 0) {
        throw std::runtime_error("cannot listen on the loopback");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

ScriptedOrigin::~ScriptedOrigin() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

void ScriptedOrigin::serve() {
    for (std::size_t i = 0;; ++i) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        ++connections_;
        Peer peer(fd);
        scripts_[std::min(i, scripts_.size() - 1)](peer);
        ::close(fd);
    }
}

}  // namespace ferry::test
