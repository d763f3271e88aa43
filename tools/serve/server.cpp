#include "tools/serve/server.hpp"

#include "tools/serve/date.hpp"
#include "tools/serve/listener.hpp"

#include <netinet/in.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <system_error>

namespace ferry::tools {
namespace {

constexpr std::uint64_t listener_key = ~std::uint64_t{0};
constexpr std::uint64_t signals_key = listener_key - 1;
constexpr std::size_t room_size = 64 * 1024;
constexpr int accepts_a_turn = 64;
constexpr auto grace = std::chrono::seconds(1);

[[nodiscard]] Time steady_now() { return Time(std::chrono::steady_clock::now().time_since_epoch()); }

[[nodiscard]] std::optional<Files> files_of(const std::string& folder) {
    return folder.empty() ? std::nullopt : std::optional<Files>(folder);
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// A signal that is blocked before a read is not lost, even if whoever started us ignores it.
[[nodiscard]] Descriptor watch_signals() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
        fail("cannot block signals");
    }
    Descriptor signals(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!signals) {
        fail("cannot watch signals");
    }
    return signals;
}

void check(std::error_code error) {
    if (error) {
        throw std::system_error(error, "cannot watch a socket");
    }
}

}  // namespace

Server::Server(const ServerConfig& config)
    : routes_(counters_, files_of(config.folder)),
      shared_{routes_, counters_, config.max_body, config.idle_timeout, config.log},
      poller_(loop::make_poller(loop::default_poller())) {
    shared_.room.resize(room_size);
    raise_descriptor_limit();
    Listening listening = listen_on(config.host, config.port);
    listener_ = std::move(listening.socket);
    url_ = "http://" + listening.address;
    signals_ = watch_signals();
    watch_listener(true);
    check(poller_->set(signals_.get(), signals_key, {}, {.read = true}));
}

Server::~Server() = default;

std::string Server::url() const { return url_; }

void Server::run() {
    read_clock();
    while (shared_.now < end_ && (listener_ || counters_.open > 0)) {
        poller_->prepare();
        const std::span<const loop::Ready> all = poller_->wait(wait_time());
        read_clock();
        for (const loop::Ready& ready : all) {
            switch (ready.key) {
                case listener_key: accept(); break;
                case signals_key: stop(); break;
                default: on_connection(ready.key, ready.what);
            }
        }
        on_timers();
    }
}

void Server::read_clock() {
    shared_.now = steady_now();
    const auto wall = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    if (wall != date_) {
        date_ = wall;
        shared_.date = http_date(std::chrono::system_clock::to_time_t(wall));
    }
}

// In milliseconds, rounded up.
int Server::wait_time() const {
    const Time next = std::min(end_, timers_.empty() ? Time::max() : timers_.top().at);
    if (next == Time::max()) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - shared_.now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

void Server::accept() {
    for (int i = 0; i < accepts_a_turn; ++i) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        Descriptor socket(
            ::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            add(std::move(socket), peer_name(address));
        } else if (errno == EMFILE || errno == ENFILE) {
            return watch_listener(false);  // until a connection ends
        } else if (errno == EAGAIN) {
            return;
        }  // else that one connection is gone already
    }
}

void Server::add(Descriptor socket, std::string peer) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    ++counters_.accepted;
    ++counters_.open;
    Slot& slot = slots_[index];
    slot.queued = Time::max();
    slot.connection = std::make_unique<Connection>(shared_, std::move(socket), std::move(peer));
    update(index);
}

void Server::on_connection(std::uint64_t key, loop::Interest ready) {
    const auto index = static_cast<std::uint32_t>(key);
    if (slots_[index].generation != static_cast<std::uint32_t>(key >> 32U)) {
        return;  // closed by an earlier event of this turn
    }
    Connection& connection = *slots_[index].connection;
    if (ready.write) {
        connection.on_writable();
    }
    if (ready.read && !connection.closed()) {
        connection.on_readable();
    }
    update(index);
}

void Server::on_timers() {
    while (!timers_.empty() && timers_.top().at <= shared_.now) {
        const Timer timer = timers_.top();
        timers_.pop();
        Slot& slot = slots_[timer.slot];
        if (slot.generation != timer.generation) {
            continue;
        }
        if (timer.at == slot.queued) {
            slot.queued = Time::max();
        }
        if (slot.connection->deadline() <= shared_.now) {
            slot.connection->on_deadline();
        }
        update(timer.slot);
    }
}

// Brings the poller and the timers in line with what a connection wants now.
void Server::update(std::uint32_t index) {
    Slot& slot = slots_[index];
    const Connection& connection = *slot.connection;
    if (connection.closed()) {
        watch(index, {});
        slot.connection.reset();
        ++slot.generation;
        free_.push_back(index);
        --counters_.open;
        if (!accepting_ && listener_) {
            watch_listener(true);
        }
        return;
    }
    watch(index, {.read = connection.wants_read(), .write = connection.wants_write()});
    // A deadline that moved away is found to be early when its entry comes up.
    if (connection.deadline() < slot.queued) {
        slot.queued = connection.deadline();
        timers_.push({slot.queued, index, slot.generation});
    }
}

void Server::watch(std::uint32_t index, loop::Interest want) {
    Slot& slot = slots_[index];
    if (want != slot.interest) {
        check(poller_->set(slot.connection->socket(), std::uint64_t{slot.generation} << 32U | index, slot.interest,
                           want));
        slot.interest = want;
    }
}

void Server::watch_listener(bool on) {
    check(poller_->set(listener_.get(), listener_key, {.read = accepting_}, {.read = on}));
    accepting_ = on;
}

void Server::stop() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) > 0) {
    }
    if (!listener_) {
        end_ = shared_.now;  // the second signal
        return;
    }
    if (accepting_) {
        watch_listener(false);
    }
    listener_.reset();
    end_ = shared_.now + grace;
    for (std::uint32_t index = 0; index < slots_.size(); ++index) {
        if (slots_[index].connection) {
            slots_[index].connection->drain();
            update(index);
        }
    }
}

}  // namespace ferry::tools
