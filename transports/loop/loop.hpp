// Our own event loop as a transport: non-blocking sockets over epoll or poll(2), one timer, lookups on helper threads.
//
// A round is prepare(), wait(), dispatch(); run_once() does all three. Everything but wait() and wake() belongs to one
// thread at a time, so a program that shares a Loop between threads holds its lock around all of it and lets go of it
// for wait() alone: meanwhile others may connect, write and arm, and the wait takes notice.
#pragma once

#include <ferry/driver.hpp>

#include "transports/loop/poller.hpp"
#include "transports/loop/resolver.hpp"
#include "transports/loop/waker.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace ferry::loop {

struct LoopOptions {
    PollerKind poller = default_poller();
    ResolveFunction lookup = system_lookup;
};

class Loop final : public Transport {
public:
    /// A socket is read from so often in a round, as long as the reads fill the buffer; then it is the next one's turn.
    static constexpr int reads_per_round = 4;
    /// The most pieces that one write passes to the system; the rest is written by the next.
    static constexpr std::size_t max_pieces = 16;

    /// Throws std::system_error if the system has no descriptors to give.
    Loop();
    explicit Loop(LoopOptions options);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    /// Closes all sockets and reports nothing. Lookups that run are left to themselves.
    ~Loop() override;

    /// Whom to report to, from then on. Once, before anything else.
    void attach(Facts& facts) noexcept { facts_ = &facts; }

    /// One round: waits until there is something to report, the timer is due, wake() was called, a signal came, or it
    /// is `until`; then reports all there is.
    void run_once(std::optional<Time> until = std::nullopt);

    /// Decides how long the next wait() will be: until the timer, but not longer than `until`.
    void prepare(std::optional<Time> until = std::nullopt);
    /// The part that blocks. Touches nothing that the other calls do.
    void wait();
    /// Reports what wait() has found, the lookups that are done, the timer if it is due; then calls Facts::turn().
    void dispatch();

    /// Ends a wait(), or the next one if there is none. From any thread.
    void wake() noexcept { waker_.wake(); }

    /// Reads the clock. Call it before commands from outside a round, or their time is that of the last dispatch().
    void refresh();

    [[nodiscard]] Time now() override { return now_; }
    [[nodiscard]] Capabilities capabilities() const override;
    void lookup(LookupId id, std::string_view host, std::uint16_t port) override;
    void cancel_lookup(LookupId id) override;
    void connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) override;
    [[nodiscard]] Written write(ConnId id, std::span<const ConstBuffer> pieces) override;
    void await_writable(ConnId id) override;
    void reading(ConnId id, bool enabled) override;
    void probe(ConnId id) override;
    void shutdown(ConnId id) override;
    void close(ConnId id) override;
    void arm(std::optional<Time> when) override;

private:
    struct Socket {  // by ConnId::slot
        std::uint32_t generation = 0;
        int fd = -1;
        Interest polled{};  // What the poller waits for; brought up to date as late as can be.
        bool connected = false;
        bool reading = true;
        bool ended = false;     // The peer's half is.
        bool awaiting = false;  // on_writable is due.
        int broken = 0;         // A write found a reset, this one: the end that reads see is not an orderly one.

        [[nodiscard]] Interest wanted() const noexcept;
    };

    [[nodiscard]] Socket* find(ConnId id);
    void handle(const Ready& ready);
    /// One recv. True if it filled the buffer, so that there may be more.
    bool read(ConnId id);
    std::error_code poll(ConnId id, Interest want);
    /// Sees to it that what is wanted is waited for.
    void watch(ConnId id);
    void finish(ConnId id, std::error_code why);

    Facts* facts_ = nullptr;
    std::unique_ptr<Poller> poller_;
    Waker waker_;
    Resolver resolver_;
    std::vector<Resolver::Answer> answers_;
    std::vector<Socket> sockets_;
    std::span<const Ready> ready_;
    std::optional<Time> armed_;
    Time now_{};
    bool waiting_ = false;  // Between prepare() and dispatch().
    int wait_milliseconds_ = 0;
    std::optional<Time> wait_until_;
};

}  // namespace ferry::loop
