// The client's end of a connection: does what the driver asks of one ConnId, and reports its facts.
//
// States: connecting → open → closing → closed, or straight to closed when the connection breaks. Facts are reported
// only from steps of the schedule, from a probe, and from a close that is answered inside the call.
#pragma once

#include <ferry/testing.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>

#include "transports/sim/loan.hpp"
#include "transports/sim/wire.hpp"
#include "transports/sim/world.hpp"

namespace ferry::testing {

class ClientEnd final : public Wire::Receiver {
public:
    enum class State : std::uint8_t { connecting, open, closing, closed };

    /// What the end needs of the connection that it belongs to.
    struct Surroundings {
        std::weak_ptr<void> owner{};
        std::function<void()> opened{};  ///< The connect is about to be reported: the server's end opens.
        std::function<void()> broken{};  ///< Broken from outside: the server's end must see it.
        std::function<void()> closed{};  ///< on_closed is about to be reported.
    };

    ClientEnd(World& world, ConnId id, const Link& link, Wire& up);
    void place(Surroundings surroundings);

    /// The answer to the connect, to come after `delay`.
    void answer_connect(Duration delay, std::error_code refusal);

    [[nodiscard]] Written write(std::span<const ConstBuffer> pieces);
    void await_writable();
    void reading(bool enabled);
    void probe();
    void shutdown();
    void close();

    /// Bytes on the way to the server were taken: there may be room again.
    void room_changed();
    /// From now on writing fails.
    void break_writes(std::error_code error);

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
    [[nodiscard]] bool held_back() const noexcept { return state_ == State::open && !reading_; }
    [[nodiscard]] bool unread() const { return !silent_ && something_to_read(); }

    void arrived(std::string bytes) override;
    void ended(End end) override;

private:
    void later(Duration delay, void (ClientEnd::*action)());
    [[nodiscard]] bool hit(Fact::Type type);

    [[nodiscard]] bool something_to_read() const;
    void wake_reader(Duration delay);
    void read();
    void look();
    void deliver();
    [[nodiscard]] std::size_t next_read();

    [[nodiscard]] std::size_t room() const;
    void wake_writer();
    void go_on_writing();
    void complete_loan();
    void end_loan();

    void report_connected();
    void report_refused();
    void report_closed(std::error_code why);
    void answer_close();
    void fail(std::error_code why);

    World& world_;
    const ConnId id_;
    const Link link_;
    Wire& up_;
    Surroundings around_;
    State state_ = State::connecting;
    bool silent_ = false;
    std::error_code refusal_;

    std::string inbox_;
    std::size_t taken_ = 0;  ///< Bytes at the front of inbox_ that were read.
    bool reading_ = true;
    bool read_scheduled_ = false;
    bool eof_ = false;
    bool eof_told_ = false;
    bool reset_ = false;
    std::uint64_t received_ = 0;

    std::error_code write_error_;
    bool awaiting_ = false;
    bool write_scheduled_ = false;
    bool shut_ = false;
    Time blocked_until_{};
    std::optional<Loan> loan_;
};

}  // namespace ferry::testing
