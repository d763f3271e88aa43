#include "tests/transport_contract/recorder.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <utility>

namespace ferry::contract {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_pieces = 16;
constexpr std::size_t loan_limit = std::size_t{1024} * 1024;  // Of what max_loan() leaves.
constexpr std::size_t kept_limit = 64 * 1024;                 // Of a write that reports its end later.
constexpr std::size_t dead_kept = 8;
constexpr int dead = 0xDD;

}  // namespace

void expect(bool kept, std::string_view what, std::source_location where) {
    if (!kept) {
        const std::string_view path = where.file_name();
        throw Violation(std::string(path.substr(path.rfind('/') + 1)) + ":" + std::to_string(where.line()) + ": " +
                        std::string(what));
    }
}

Trial::Trial(Bench& bench, std::size_t read_size)
    : bench_(bench), read_size_(read_size), resources_before_(bench.resources()) {
    exists_ = true;
    bench_.create(*this);
}

Trial::~Trial() {
    if (exists_) {
        destroy();
    }
}

void Trial::destroy() {
    exists_ = false;
    bench_.destroy();
}

// ── Ops ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ConnId Trial::connect(const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) {
    // Slots are reused, generations are not.
    std::uint32_t slot = 0;
    while (std::any_of(ids_.begin(), ids_.end(), [&](ConnId id) { return id.slot == slot && live(id); })) {
        ++slot;
    }
    const ConnId id{.slot = slot, .generation = static_cast<std::uint32_t>(ids_.size() + 1)};
    ids_.push_back(id);
    connections_[key(id)] = {};
    transport().connect(id, to, options);
    return id;
}

Trial::Pair Trial::establish(const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) {
    Pair pair{.id = connect(to, options)};
    run_until(
        [&] {
            if (!pair.peer) {
                pair.peer = bench_.accept();
            }
            return pair.peer && (*this)[pair.id].connected;
        },
        "a connect to a listening peer succeeds");
    return pair;
}

void Trial::send(ConnId id, std::string_view data, std::size_t piece_size) {
    Connection& connection = connections_[key(id)];
    connection.outgoing += data;
    connection.piece_size = piece_size;
    pump(id);
}

void Trial::close(ConnId id) {
    if (live(id)) {
        connections_[key(id)].closing = true;
        transport().close(id);
    }
}

LookupId Trial::lookup(const std::string& host, std::uint16_t port) {
    const LookupId id{.slot = static_cast<std::uint32_t>(lookups_.size()), .generation = 1};
    lookups_.emplace_back();
    std::string dies_with_the_call = host;
    transport().lookup(id, dies_with_the_call, port);
    std::fill(dies_with_the_call.begin(), dies_with_the_call.end(), '?');
    return id;
}

void Trial::cancel(LookupId id) {
    lookups_[id.slot].answers = 1;  // None may follow.
    transport().cancel_lookup(id);
}

// The same as the Driver's: gather, write, on_sent.
void Trial::pump(ConnId id) {
    Connection& connection = connections_[key(id)];
    while (live(id) && !connection.closing && !connection.send_failed &&
           connection.writing == Connection::Writing::idle && connection.sent < connection.outgoing.size()) {
        const std::size_t piece =
            connection.piece_size == 0 ? loan_limit : std::min(connection.piece_size, loan_limit / max_pieces);
        connection.loan_size = std::min({connection.outgoing.size() - connection.sent, transport().max_loan(),
                                         connection.piece_size == 0 ? loan_limit : piece * max_pieces});
        connection.loan = std::make_unique<std::byte[]>(connection.loan_size);
        std::memcpy(connection.loan.get(), connection.outgoing.data() + connection.sent, connection.loan_size);
        std::array<ConstBuffer, max_pieces> pieces;
        std::size_t count = 0;
        for (ConstBuffer rest(connection.loan.get(), connection.loan_size); !rest.empty(); ++count) {
            pieces[count] = rest.first(std::min(piece, rest.size()));
            rest = rest.subspan(pieces[count].size());
        }

        const std::size_t lent = connection.loan_size;
        connection.writing = Connection::Writing::pending;
        const Written written = transport().write(id, std::span(pieces).first(count));
        if (written.state == Written::State::pending) {
            if (lent > kept_limit) {
                broken("write()", "keeps more than 64 KiB: max_loan() is too much");
            }
            continue;  // It may have ended already.
        }
        end_loan(connection);
        connection.writing = Connection::Writing::idle;
        switch (written.state) {
            case Written::State::some:
                expect(written.count > 0 && written.count <= lent, "a write accepts some of what was lent");
                connection.sent += written.count;
                break;
            case Written::State::would_block:
                connection.writing = Connection::Writing::writable;
                transport().await_writable(id);
                break;
            case Written::State::failed:
                expect(static_cast<bool>(written.error), "a failed write has a reason");
                check_reason("write()", written.error);
                connection.send_failed = true;
                connection.send_error = written.error;
                break;
            case Written::State::pending: break;
        }
    }
}

void Trial::end_loan(Connection& connection) {
    std::memset(connection.loan.get(), dead, connection.loan_size);
    connection.loan.reset();
    connection.loan_size = 0;
}

// ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────

void Trial::run_until(const std::function<bool()>& done, std::string_view what, std::source_location where) {
    const auto start = std::chrono::steady_clock::now();
    const Time begun = transport().now();  // Which is a simulation's own.
    while (!done()) {
        expect(std::chrono::steady_clock::now() - start < 60s && transport().now() - begun < 60s,
               std::string("does not come about: ").append(what), where);
        round(1ms, where);
        check(where);
    }
    check(where);
}

void Trial::round(std::optional<Duration> limit, std::source_location where) {
    turn();  // As a program calls it after commands from outside of the loop.
    in_round_ = true;
    bench_.run_once(limit);
    in_round_ = false;
    expect(!owes_turn_, "the facts of a round are followed by turn()", where);
}

void Trial::run_for(Duration time) {
    round(0ms);
    const Time end = transport().now() + time;
    while (transport().now() < end) {
        round(end - transport().now());
    }
    check(std::source_location::current());
}

int Trial::rounds_until(Time when, std::source_location where) {
    const std::size_t before = timers_.size();
    transport().arm(when);
    int rounds = 0;
    while (timers_.size() == before) {
        round(std::nullopt, where);
        expect(++rounds < 1'000'000, "the timer goes off", where);
    }
    expect(timers_.back() >= when, "the timer does not go off early", where);
    check(where);
    return rounds;
}

void Trial::finish(std::source_location where) {
    for (const ConnId id : std::vector(ids_)) {
        close(id);
    }
    run_until([&] { return std::none_of(ids_.begin(), ids_.end(), [&](ConnId id) { return live(id); }); },
              "each connection ends in on_closed", where);
    run_for(2ms);  // Whatever comes too late shows here.
    check(where);
    destroy();
    check(where);
    expect(bench_.resources() == resources_before_, "a transport leaves nothing behind", where);
}

void Trial::check(std::source_location where) const { expect(problem_.empty(), problem_, where); }

// ── Facts ────────────────────────────────────────────────────────────────────────────────────────────────────────

bool Trial::live(ConnId id) const { return connections_.contains(key(id)) && (*this)[id].open(); }

const Connection& Trial::operator[](ConnId id) const {
    static const Connection none;
    const auto found = connections_.find(key(id));
    return found == connections_.end() ? none : found->second;
}

void Trial::broken(std::string_view what, std::string_view rule) {
    if (problem_.empty()) {
        problem_ = std::string(what).append(" ").append(rule);
    }
}

void Trial::any_fact(std::string_view name) {
    ++facts_;
    owes_turn_ = owes_turn_ || (in_round_ && !in_turn_);
    retire_read_memory();
    check_clock(name);
}

void Trial::check_clock(std::string_view name) {
    if (!exists_) {
        broken(name, "after the transport was destroyed");
    } else if (const Time now = transport().now(); std::exchange(last_, now) > now) {
        broken(name, "at a time before that of the last fact");
    }
}

void Trial::check_reason(std::string_view name, std::error_code why) {
    // The addresses: UBSan looks at what a member is called on, for which it needs a descriptor, and there may be none.
    if (why && &why.category() != &std::system_category()) {
        broken(name, "with an error that is not in std::system_category()");
    }
}

bool Trial::fact(ConnId id, std::string_view name, Told told, bool in_order) {
    any_fact(name);
    if (!connections_.contains(key(id))) {
        broken(name, "for a connection that was not asked for");
        return false;
    }
    if (!live(id)) {
        broken(name, "after on_closed");
    } else if ((*this)[id].closing && name != "on_closed") {
        broken(name, "after close()");
    } else if (!in_order) {
        broken(name, "out of order");
    }
    told_.emplace_back(id, told);
    return true;
}

void Trial::on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) {
    any_fact("on_resolved");
    if (id.slot >= lookups_.size() || ++lookups_[id.slot].answers != 1) {
        broken("on_resolved", "for a lookup that was not asked for, was cancelled, or was answered before");
        return;
    }
    lookups_[id.slot].endpoints.assign(endpoints.begin(), endpoints.end());
    lookups_[id.slot].error = error;
}

void Trial::on_connected(ConnId id) {
    if (fact(id, "on_connected", Told::connected, !(*this)[id].connected)) {
        connections_[key(id)].connected = true;
    }
}

std::span<std::byte> Trial::read_buffer(ConnId id) {
    if (!live(id) || !(*this)[id].connected) {
        broken("read_buffer()", "for a connection that is not open");
    }
    retire_read_memory();
    read_memory_ = std::make_unique<std::byte[]>(read_size_);
    return {read_memory_.get(), read_size_};
}

void Trial::retire_read_memory() {
    if (read_memory_) {
        std::memset(read_memory_.get(), dead, read_size_);
        dead_memory_.push_back(std::move(read_memory_));
        if (dead_memory_.size() > dead_kept) {
            dead_memory_.pop_front();
        }
    }
}

void Trial::on_received(ConnId id, std::span<const std::byte> bytes) {
    if (std::any_of(dead_memory_.begin(), dead_memory_.end(), [&](const Memory& memory) {
            return !std::less<>()(bytes.data(), memory.get()) && std::less<>()(bytes.data(), memory.get() + read_size_);
        })) {
        broken("on_received", "with memory of read_buffer() that has died");
    }
    const std::string text(as_text(bytes));  // The memory dies with this fact.
    if (fact(id, "on_received", Told::received, (*this)[id].connected && (*this)[id].eofs == 0 && !bytes.empty())) {
        Connection& connection = connections_[key(id)];
        connection.received += text;
        ++connection.reads;
    }
}

void Trial::on_eof(ConnId id) {
    if (fact(id, "on_eof", Told::eof, (*this)[id].connected && (*this)[id].eofs == 0)) {
        ++connections_[key(id)].eofs;
    }
}

void Trial::on_writable(ConnId id) {
    if (fact(id, "on_writable", Told::writable, (*this)[id].writing == Connection::Writing::writable)) {
        connections_[key(id)].writing = Connection::Writing::idle;
    }
}

void Trial::on_sent(ConnId id, std::size_t n) {
    if (fact(id, "on_sent", Told::sent,
             (*this)[id].writing == Connection::Writing::pending && n <= (*this)[id].loan_size)) {
        Connection& connection = connections_[key(id)];
        connection.sent += n;
        connection.writing = Connection::Writing::idle;
        end_loan(connection);
    }
}

void Trial::on_send_failed(ConnId id, std::error_code error) {
    if (fact(id, "on_send_failed", Told::send_failed, (*this)[id].writing == Connection::Writing::pending && error)) {
        Connection& connection = connections_[key(id)];
        connection.send_failed = true;
        connection.send_error = error;
        connection.writing = Connection::Writing::idle;
        end_loan(connection);
        check_reason("on_send_failed", error);
    }
}

void Trial::on_closed(ConnId id, std::error_code why) {
    if (fact(id, "on_closed", Told::closed, true)) {
        Connection& connection = connections_[key(id)];
        ++connection.closed;
        connection.why = why;
        if (connection.closing && why) {
            broken("on_closed", "with a reason, after close()");
        }
        check_reason("on_closed", why);
        if (connection.loan) {
            end_loan(connection);
        }
    }
}

void Trial::on_timer() {
    any_fact("on_timer");
    if (exists_) {
        timers_.push_back(last_);
    }
}

// The same as the Driver's: ops, until they have brought nothing new. A call from inside leaves the work to the outer one.
void Trial::turn() {
    if (std::exchange(in_turn_, true)) {
        return;
    }
    owes_turn_ = false;
    do {
        for (const auto& [id, told] : std::exchange(told_, {})) {
            if (act_) {
                act_(id, told);
            }
        }
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            pump(ids_[i]);
        }
    } while (!told_.empty());
    in_turn_ = false;
}

}  // namespace ferry::contract
