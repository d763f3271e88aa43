// Facts that remember, and notice at once when a transport breaks a rule that holds always.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry::contract {

/// Throws Violation with `what` and the place.
void expect(bool kept, std::string_view what, std::source_location where = std::source_location::current());

/// What has been reported about a connection, and what is to be written to it.
struct Connection {
    enum class Writing : std::uint8_t { idle, writable, pending };

    bool connected = false;
    bool closing = false;  // Close was asked for.
    int closed = 0;
    std::error_code why{};
    std::string received{};
    std::size_t reads = 0;
    int eofs = 0;

    std::string outgoing{};
    std::size_t piece_size = 0;  // 0: the loan is one piece.
    std::size_t sent = 0;
    Writing writing = Writing::idle;
    bool send_failed = false;
    std::error_code send_error{};
    // Memory of its own for each loan, so that a touch after its end is noticed.
    std::unique_ptr<std::byte[]> loan{};
    std::size_t loan_size = 0;

    [[nodiscard]] bool open() const noexcept { return closed == 0; }
};

/// One clause's run: the bench's transport, a Recorder for its facts, and a small driver of writes.
class Trial final : private Facts {
public:
    struct Resolved {
        std::vector<Endpoint> endpoints{};
        std::error_code error{};
        int answers = 0;
    };
    struct Pair {
        ConnId id{};
        std::unique_ptr<Peer> peer{};
    };

    /// What a fact about a connection was.
    enum class Told : std::uint8_t { connected, received, eof, writable, sent, send_failed, closed };

    explicit Trial(Bench& bench, std::size_t read_size = 16 * 1024);
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial() override;

    [[nodiscard]] Transport& transport() { return bench_.transport(); }
    [[nodiscard]] Bench& bench() { return bench_; }

    // ── Ops ──────────────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] ConnId connect(const Endpoint& to, const std::shared_ptr<const SocketOptions>& options = nullptr);
    /// Connected, and the peer of it.
    [[nodiscard]] Pair establish(const Endpoint& to, const std::shared_ptr<const SocketOptions>& options = nullptr);
    [[nodiscard]] Pair establish() { return establish(bench_.listen()); }
    /// Writes `data` in loans of pieces of `piece_size` bytes, going on by itself.
    void send(ConnId id, std::string_view data, std::size_t piece_size = 0);
    void close(ConnId id);
    [[nodiscard]] LookupId lookup(const std::string& host, std::uint16_t port = 80);
    void cancel(LookupId id);
    /// Has `act` called inside the turn that follows each fact about a connection: where a driver does its ops.
    void in_turns(std::function<void(ConnId, Told)> act) { act_ = std::move(act); }

    // ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Rounds until `done`; a Violation that says `what` if it does not come about in seconds.
    void run_until(const std::function<bool()>& done, std::string_view what,
                   std::source_location where = std::source_location::current());
    /// As long on the transport's clock.
    void run_for(Duration time);
    /// Rounds without a limit until the timer armed for `when` goes off; says how many.
    int rounds_until(Time when, std::source_location where = std::source_location::current());

    // ── What happened ────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] const Connection& operator[](ConnId id) const;
    [[nodiscard]] const Resolved& operator[](LookupId id) const { return lookups_[id.slot]; }
    [[nodiscard]] std::size_t facts() const noexcept { return facts_; }
    [[nodiscard]] const std::vector<Time>& timers() const noexcept { return timers_; }

    /// Closes what is open, sees that each connection ends in exactly one on_closed, that no rule was broken, and that
    /// the transport leaves nothing behind.
    void finish(std::source_location where = std::source_location::current());
    /// Destroys the transport as it is.
    void destroy();

private:
    using Memory = std::unique_ptr<std::byte[]>;

    [[nodiscard]] static std::uint64_t key(ConnId id) { return (std::uint64_t{id.slot} << 32U) | id.generation; }
    /// One round of the loop; what it reports must be followed by a turn.
    void round(std::optional<Duration> limit, std::source_location where = std::source_location::current());
    /// What is true of facts of all kinds.
    void any_fact(std::string_view name);
    /// Takes note of a fact, and of a rule that it breaks. False: it is about nothing that is known.
    bool fact(ConnId id, std::string_view name, Told told, bool in_order);
    void check_reason(std::string_view name, std::error_code why);
    /// The memory that read_buffer() gave is dead.
    void retire_read_memory();
    void broken(std::string_view what, std::string_view rule);
    /// Each fact comes with a time that is not before that of the last one.
    void check_clock(std::string_view name);
    [[nodiscard]] bool live(ConnId id) const;
    void check(std::source_location where) const;
    void pump(ConnId id);
    void end_loan(Connection& connection);

    void on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) override;
    void on_connected(ConnId id) override;
    std::span<std::byte> read_buffer(ConnId id) override;
    void on_received(ConnId id, std::span<const std::byte> bytes) override;
    void on_eof(ConnId id) override;
    void on_writable(ConnId id) override;
    void on_sent(ConnId id, std::size_t n) override;
    void on_send_failed(ConnId id, std::error_code error) override;
    void on_closed(ConnId id, std::error_code why) override;
    void on_timer() override;
    void turn() override;

    Bench& bench_;
    std::size_t read_size_;
    Memory read_memory_;
    std::deque<Memory> dead_memory_;  // Kept for a while, so that nothing else gets its addresses.
    std::map<std::uint64_t, Connection> connections_;
    std::vector<ConnId> ids_;
    std::vector<Resolved> lookups_;
    std::vector<Time> timers_;
    std::size_t facts_ = 0;
    Time last_{};  // The last fact's.
    std::function<void(ConnId, Told)> act_;
    std::vector<std::pair<ConnId, Told>> told_;  // Since the last turn.
    bool in_round_ = false;
    bool in_turn_ = false;
    bool owes_turn_ = false;
    std::size_t resources_before_;
    std::string problem_;
    bool exists_ = false;
};

}  // namespace ferry::contract
