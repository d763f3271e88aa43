// Waits for descriptors: epoll or poll(2) behind one face. Level-triggered.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

namespace ferry::loop {

enum class PollerKind : std::uint8_t { epoll, poll };

/// epoll where there is one, unless the library was built with FERRY_LOOP_POLL.
[[nodiscard]] PollerKind default_poller() noexcept;

/// What to wait for, or what has come.
struct Interest {
    bool read = false;
    bool write = false;

    friend bool operator==(Interest, Interest) noexcept = default;
    [[nodiscard]] explicit operator bool() const noexcept { return read || write; }
};

/// A descriptor about which there is something to do. An error or a hang-up counts as both.
struct Ready {
    std::uint64_t key = 0;
    Interest what{};
};

/// wait() may run in one thread while another one calls set(); everything else needs the owner's lock.
class Poller {
public:
    virtual ~Poller() = default;

    /// Waits for `want` where it waited for `have` before. Without any interest the descriptor is forgotten: even a
    /// hang-up of it is not reported.
    virtual std::error_code set(int fd, std::uint64_t key, Interest have, Interest want) = 0;
    /// Takes note of what the next wait() is to wait for.
    virtual void prepare() = 0;
    /// Waits for at most `milliseconds`, -1: as long as it takes. The result is valid until the next one. A signal ends
    /// the wait early.
    [[nodiscard]] virtual std::span<const Ready> wait(int milliseconds) = 0;
    /// Whether a wait that has begun knows of a later set().
    [[nodiscard]] virtual bool set_reaches_wait() const = 0;
};

/// poll(2) where there is no epoll. Throws std::system_error if the system has none to give.
[[nodiscard]] std::unique_ptr<Poller> make_poller(PollerKind kind);

}  // namespace ferry::loop
