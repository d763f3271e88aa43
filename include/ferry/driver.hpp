// The run loop between an engine and a transport, written once for all of them.
//
// A transport derives from Transport, does what it is told, and reports facts to Facts: the Driver. The driver calls the
// engine, hands events to the application after each fact, does the ops once per turn, and keeps the one timer armed.
// transports/README.md has the contract clause by clause.
#pragma once

#include <ferry/engine.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace ferry {

/// How a write ended.
struct Written {
    enum class State : std::uint8_t {
        some,         ///< `count` bytes were accepted; the driver goes on.
        would_block,  ///< Nothing was accepted; the driver asks for await_writable().
        pending,      ///< The transport keeps the memory and reports with Facts::on_sent or on_send_failed.
        failed,       ///< Writing is over: `error`. Reading goes on.
    };
    State state = State::some;
    std::size_t count = 0;
    std::error_code error{};
};

/// What an adapter implements: the engine's ops over some event loop. Called by the Driver only, never re-entered with
/// the same id. Facts may be reported from inside these calls. A call for an id that is closed or unknown does nothing
/// (a write fails). TCP_NODELAY is on, SIGPIPE never escapes.
class Transport {
public:
    virtual ~Transport() = default;

    /// The time of the facts that are being reported: a steady clock, read after the wait.
    [[nodiscard]] virtual Time now() = 0;
    [[nodiscard]] virtual Capabilities capabilities() const = 0;
    /// The most bytes that one write may lend: 64 KiB where a write reports only its end, else unlimited.
    [[nodiscard]] virtual std::size_t max_loan() const { return static_cast<std::size_t>(-1); }

    /// Answered by Facts::on_resolved. Never blocks the loop. `host` dies with the call.
    virtual void lookup(LookupId id, std::string_view host, std::uint16_t port) = 0;
    virtual void cancel_lookup(LookupId id) = 0;
    /// Answered by Facts::on_connected or on_closed.
    virtual void connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) = 0;
    /// One write of these pieces. After a write that failed reading goes on; if the failure was a reset, the end that
    /// reads come to is reported by on_closed with it, and not by on_eof.
    [[nodiscard]] virtual Written write(ConnId id, std::span<const ConstBuffer> pieces) = 0;
    /// Answered once by Facts::on_writable.
    virtual void await_writable(ConnId id) = 0;
    virtual void reading(ConnId id, bool enabled) = 0;
    /// One look, also while reading is off: what it finds is reported before this returns.
    virtual void probe(ConnId id) = 0;
    virtual void shutdown(ConnId id) = 0;
    /// Answered by Facts::on_closed, after the last pending operation has come back.
    virtual void close(ConnId id) = 0;
    /// Call Facts::on_timer once, at `when` or a little later; nothing: never. Replaces what was asked before.
    virtual void arm(std::optional<Time> when) = 0;
};

/// Who handles the events: a face of ferry, or the program itself.
class EventHandler {
public:
    virtual ~EventHandler() = default;
    /// One event, in order. Every command to the engine is legal from here; ops are done at the end of the turn. It must
    /// not throw: the rest of the turn's ops would be lost.
    virtual void on_event(Time now, Event& event) = 0;
};

/// What a transport reports to. The Driver is the one that matters; the contract suite has another that records.
class Facts {
public:
    virtual ~Facts() = default;

    // Each drains the events; none does ops: report all that is there, then call turn().
    virtual void on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) = 0;
    virtual void on_connected(ConnId id) = 0;
    /// Where to read to; for readiness loops. Dies with the next fact or read_buffer().
    [[nodiscard]] virtual std::span<std::byte> read_buffer(ConnId id) = 0;
    virtual void on_received(ConnId id, std::span<const std::byte> bytes) = 0;
    virtual void on_eof(ConnId id) = 0;
    /// The socket can be written to again.
    virtual void on_writable(ConnId id) = 0;
    /// A write that was `pending` accepted `n` bytes.
    virtual void on_sent(ConnId id, std::size_t n) = 0;
    /// A write that was `pending` failed.
    virtual void on_send_failed(ConnId id, std::error_code error) = 0;
    virtual void on_closed(ConnId id, std::error_code why) = 0;
    /// The timer went off; early is fine.
    virtual void on_timer() = 0;

    /// Drains events, does the ops until there are none, re-arms the timer. Call it after a batch of facts, and after
    /// commands to the engine from outside. A call from inside returns at once: the outer one does the work.
    virtual void turn() = 0;
};

/// Drives one engine over one transport. All three objects must outlive it; none is owned.
class Driver final : public Facts {
public:
    /// At most this much is written for one connection in one turn, so that a fast peer does not starve the others.
    static constexpr std::size_t write_budget = 1024 * 1024;

    Driver(Engine& engine, Transport& transport, EventHandler& handler);
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    ~Driver() override;

    [[nodiscard]] Engine& engine() noexcept { return engine_; }

    void on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) override;
    void on_connected(ConnId id) override;
    [[nodiscard]] std::span<std::byte> read_buffer(ConnId id) override;
    void on_received(ConnId id, std::span<const std::byte> bytes) override;
    void on_eof(ConnId id) override;
    void on_writable(ConnId id) override;
    void on_sent(ConnId id, std::size_t n) override;
    void on_send_failed(ConnId id, std::error_code error) override;
    void on_closed(ConnId id, std::error_code why) override;
    void on_timer() override;
    void turn() override;

private:
    struct Output {  // by ConnId::slot
        std::uint32_t generation = 0;
        enum class State : std::uint8_t { idle, writable, pending } state = State::idle;
        bool shutdown = false;  // Asked for while output was still to be written.
    };

    void drain_events();
    void perform(const Op& op);
    void send(ConnId id);
    [[nodiscard]] Output* find(ConnId id);
    void resume(ConnId id);
    void rearm();

    Engine& engine_;
    Transport& transport_;
    EventHandler& handler_;
    std::vector<Output> outputs_;
    std::vector<ConnId> resume_;
    std::optional<Time> armed_;
    bool in_turn_ = false;
    bool in_events_ = false;
};

}  // namespace ferry
