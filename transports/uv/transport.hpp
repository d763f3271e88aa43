// libuv as a transport: one stream handle a connection, one timer, lookups on helper threads.
//
// libuv reads and connects. Writes go to the socket directly: libuv would write without MSG_NOSIGNAL, later and from
// inside its loop, so that a SIGPIPE could only be kept off by changing the program's signals. What a socket does not
// take at once waits for a uv_poll_t on a duplicate of its descriptor, since libuv allows one handle a descriptor.
// So nothing that is lent is ever pending, and slow peers are seen as exactly as by our own loop.
//
// Every handle lives on the heap until libuv has called its close callback; destroying the transport waits for nothing.
#pragma once

#include <ferry/driver.hpp>

#include "transports/loop/address.hpp"
#include "transports/loop/resolver.hpp"
#include "transports/uv/handle.hpp"

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace ferry::uv {

class UvTransport final : public Transport {
public:
    /// The most pieces that one write passes to the system; the rest is written by the next.
    static constexpr std::size_t max_pieces = 16;
    static constexpr Capabilities supported{.local_sockets = true, .probe = true, .half_close = true};

    /// Every handle keeps a share of `owner` until libuv has let go of it. Throws std::system_error if the system has
    /// no descriptors to give.
    explicit UvTransport(uv_loop_t* loop, ResolveFunction lookup = system_lookup, std::shared_ptr<void> owner = {});
    UvTransport(const UvTransport&) = delete;
    UvTransport& operator=(const UvTransport&) = delete;
    /// Closes all sockets and reports nothing. Not from inside a fact. Lookups that run are left to themselves.
    ~UvTransport() override;

    /// Whom to report to, from then on. Once, before anything else.
    void attach(Facts& facts) noexcept { facts_ = &facts; }
    /// Whether uv_run() goes on because of this transport; it does at first. If not, connections stay open, but do not
    /// keep the loop from ending.
    void hold_loop(bool hold);
    /// Facts::turn() from the loop, before it waits again.
    void turn_soon();

    /// The time now. Commands to the engine have this one: what called them may have taken its time.
    [[nodiscard]] static Time clock() { return Time(Duration(static_cast<Duration::rep>(uv_hrtime()))); }

    /// The time. While libuv calls this it is read once, until forget_time().
    [[nodiscard]] Time now() override {
        if (!called_) {
            return clock();
        }
        if (!time_) {
            time_ = clock();
        }
        return *time_;
    }
    /// To be called after code of the user's, which may have taken its time.
    void forget_time() noexcept { time_.reset(); }
    [[nodiscard]] Capabilities capabilities() const override { return supported; }
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
    struct Writable;
    struct Connection;

    /// While libuv calls.
    class Call {
    public:
        explicit Call(const uv_handle_t* handle) : self_(of(handle)) { self_.called_ = true; }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;
        ~Call() {
            self_.called_ = false;
            self_.forget_time();
        }

        UvTransport* operator->() const noexcept { return &self_; }

    private:
        UvTransport& self_;
    };

    [[nodiscard]] static UvTransport& of(const uv_handle_t* handle);
    [[nodiscard]] Connection* find(ConnId id);
    [[nodiscard]] std::error_code begin(Connection& connection, const loop::Address& to);
    void connected(Connection& connection);
    void read(Connection& connection, ssize_t size, const char* bytes);
    [[nodiscard]] std::error_code watch(Connection& connection);
    void writable(Writable& writable);
    void end(Connection& connection);
    void finish(ConnId id, std::error_code why);
    void resolved();
    void timer();

    uv_loop_t* loop_;
    std::shared_ptr<void> owner_;
    Facts* facts_ = nullptr;
    bool called_ = false;
    std::optional<Time> time_;
    Owned<HandleOf<uv_async_t>> async_;  // First: it alone may fail.
    Owned<HandleOf<uv_timer_t>> timer_;
    Owned<HandleOf<uv_idle_t>> idle_;
    std::vector<Owned<Connection>> connections_;  // by ConnId::slot
    std::vector<loop::Resolver::Answer> answers_;
    loop::Resolver resolver_;  // Last: its threads use async_.
};

}  // namespace ferry::uv
