// Who checks the checks? Each plant makes an adapter that breaks one rule, and the check that it is meant for must find
// it.
#include "tests/transport_contract/sim_bench.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ferry::contract {

namespace {

using namespace std::chrono_literals;

enum class Plant : std::uint8_t {
    none,
    no_turn,
    turn_is_late,
    close_forgotten_in_a_turn,
    connect_forgotten_in_a_turn,
    reason_after_close,
    fact_after_close,
    probe_while_closing,
    reset_as_an_end,
    other_category,
    other_category_of_writes,
    no_ip6,
    other_lookup_error,
    late_timer,
    early_timer,
    descriptor_leaked,
    large_loan,
    dead_memory,
};

/// A transport between the simulated one and the suite, with a fault.
class Planted final : public Transport, public Facts {
public:
    explicit Planted(Plant plant) : plant_(plant) {}

    void between(Transport& inner, Facts& facts) {
        inner_ = &inner;
        facts_ = &facts;
    }
    [[nodiscard]] std::size_t leaked() const noexcept { return leaked_; }

    // ── Transport ────────────────────────────────────────────────────────────────────────────────────────────────

    Time now() override { return inner_->now(); }
    Capabilities capabilities() const override { return inner_->capabilities(); }
    std::size_t max_loan() const override {
        return plant_ == Plant::large_loan ? static_cast<std::size_t>(-1) : inner_->max_loan();
    }
    void lookup(LookupId id, std::string_view host, std::uint16_t port) override { inner_->lookup(id, host, port); }
    void cancel_lookup(LookupId id) override { inner_->cancel_lookup(id); }
    void connect(ConnId id, const Endpoint& to, const std::shared_ptr<const SocketOptions>& options) override {
        if (plant_ == Plant::no_ip6 && to.family == Endpoint::Family::ip6) {
            facts_->on_closed(id, {EAFNOSUPPORT, std::system_category()});
        } else if (plant_ != Plant::connect_forgotten_in_a_turn || !in_turn_) {
            inner_->connect(id, to, options);
        }
    }
    Written write(ConnId id, std::span<const ConstBuffer> pieces) override {
        Written written = inner_->write(id, pieces);
        if (plant_ == Plant::other_category_of_writes) {
            written.error = {written.error.value(), std::generic_category()};
        }
        return written;
    }
    void await_writable(ConnId id) override { inner_->await_writable(id); }
    void reading(ConnId id, bool enabled) override { inner_->reading(id, enabled); }
    void probe(ConnId id) override {
        if (plant_ == Plant::probe_while_closing && closing_.erase(id.generation) != 0) {
            facts_->on_closed(id, {EBADF, std::system_category()});
        } else {
            inner_->probe(id);
        }
    }
    void shutdown(ConnId id) override { inner_->shutdown(id); }
    void close(ConnId id) override {
        if (plant_ == Plant::close_forgotten_in_a_turn && in_turn_) {
            return;
        }
        closing_.insert(id.generation);
        if (plant_ == Plant::fact_after_close && id.generation == 1) {
            facts_->on_eof(id);
        }
        inner_->close(id);
    }
    void arm(std::optional<Time> when) override {
        if (when && *when != Time::max()) {
            *when += plant_ == Plant::late_timer ? 700ms : plant_ == Plant::early_timer ? -100us : 0ms;
        }
        inner_->arm(when);
    }

    // ── Facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    void on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) override {
        const bool other = error && plant_ == Plant::other_lookup_error;
        facts_->on_resolved(id, endpoints, other ? std::error_code(EIO, std::system_category()) : error);
    }
    void on_connected(ConnId id) override {
        connected_.insert(id.generation);
        facts_->on_connected(id);
    }
    std::span<std::byte> read_buffer(ConnId id) override { return facts_->read_buffer(id); }
    void on_received(ConnId id, std::span<const std::byte> bytes) override {
        if (plant_ == Plant::dead_memory) {
            static_cast<void>(facts_->read_buffer(id));
        }
        facts_->on_received(id, bytes);
    }
    void on_eof(ConnId id) override { facts_->on_eof(id); }
    void on_writable(ConnId id) override { facts_->on_writable(id); }
    void on_sent(ConnId id, std::size_t n) override { facts_->on_sent(id, n); }
    void on_send_failed(ConnId id, std::error_code error) override { facts_->on_send_failed(id, error); }
    void on_closed(ConnId id, std::error_code why) override {
        const bool asked = closing_.erase(id.generation) != 0;
        if (asked && plant_ == Plant::reason_after_close) {
            why = {ECANCELED, std::system_category()};
        } else if (why && plant_ == Plant::other_category) {
            why = {why.value(), std::generic_category()};
        } else if (why && plant_ == Plant::reset_as_an_end && connected_.contains(id.generation)) {
            facts_->on_eof(id);
            why = {};
        }
        leaked_ += plant_ == Plant::descriptor_leaked && !connected_.contains(id.generation) ? 1U : 0U;
        facts_->on_closed(id, why);
    }
    void on_timer() override { facts_->on_timer(); }
    void turn() override {
        if (plant_ == Plant::no_turn || (plant_ == Plant::turn_is_late && std::exchange(late_, !late_))) {
            return;
        }
        in_turn_ = true;
        facts_->turn();
        in_turn_ = false;
    }

private:
    Plant plant_;
    Transport* inner_ = nullptr;
    Facts* facts_ = nullptr;
    std::set<std::uint32_t> connected_;  // Generations are unique.
    std::set<std::uint32_t> closing_;
    std::size_t leaked_ = 0;
    bool in_turn_ = false;
    bool late_ = true;
};

class PlantedBench final : public SimBench {
public:
    PlantedBench(Plant plant, const testing::NetworkConfig& config)
        : SimBench(config, testing::Link{.close_delay = 1ms}), planted_(plant) {}

    void create(Facts& facts) override {
        SimBench::create(planted_);
        planted_.between(SimBench::transport(), facts);
    }
    Transport& transport() override { return planted_; }
    std::size_t resources() override { return SimBench::resources() + planted_.leaked(); }

private:
    Planted planted_;
};

const testing::NetworkConfig readiness{.reads = testing::NetworkConfig::Reads::engine_memory};

/// What the suite says about it; empty: it is kept.
std::string violation_of(std::string_view name, Plant plant, const testing::NetworkConfig& config = readiness) {
    const auto clause =
        std::find_if(clauses().begin(), clauses().end(), [&](const Clause& c) { return c.name == name; });
    REQUIRE(clause != clauses().end());
    PlantedBench bench(plant, config);
    try {
        clause->check(bench);
    } catch (const Violation& violation) {
        return violation.what();
    } catch (const Skipped&) {
    }
    return {};
}

struct Row {
    Plant plant;
    const char* check;
};

constexpr Row rows[] = {
    {Plant::no_turn, "one byte is written"},
    {Plant::turn_is_late, "one byte is written"},
    {Plant::close_forgotten_in_a_turn, "Close may come in the turn after a fact"},
    {Plant::connect_forgotten_in_a_turn, "ops of all kinds may come inside a turn"},
    {Plant::reason_after_close, "Close may come before the connection is made"},
    {Plant::reason_after_close, "Close ends a connect that nobody answers"},
    {Plant::reason_after_close, "Close may come while a write is under way"},
    {Plant::fact_after_close, "a connection is made, and ended by Close"},
    {Plant::probe_while_closing, "Close may come while a write is under way"},
    {Plant::reset_as_an_end, "the peer's reset is on_closed with the reason"},
    {Plant::other_category, "a refused connect ends in one on_closed"},
    {Plant::other_category, "the peer's reset is on_closed with the reason"},
    {Plant::other_category_of_writes, "no SIGPIPE"},
    {Plant::no_ip6, "a connection over IPv6"},
    {Plant::other_lookup_error, "a lookup fails"},
    {Plant::late_timer, "the timer goes off once, in time and not early"},
    {Plant::early_timer, "the timer goes off once, in time and not early"},
    {Plant::descriptor_leaked, "a refused connect ends in one on_closed"},
    {Plant::dead_memory, "much is read"},
};

}  // namespace

TEST_CASE("the check that is meant for it finds each broken rule") {
    for (const Row& row : rows) {
        DYNAMIC_SECTION(row.check << ", plant " << static_cast<int>(row.plant)) {
            CHECK_FALSE(violation_of(row.check, row.plant).empty());
        }
    }
}

TEST_CASE("a write that reports only its end and keeps more than 64 KiB is found") {
    const testing::NetworkConfig completion{.writes = testing::NetworkConfig::Writes::completion};
    CHECK(violation_of("much is written", Plant::none, completion).empty());
    CHECK_FALSE(violation_of("much is written", Plant::large_loan, completion).empty());
}

TEST_CASE("where no rule is broken nothing is found") {
    for (const Clause& clause : clauses()) {
        INFO(clause.name);
        CHECK(violation_of(clause.name, Plant::none).empty());
    }
}

}  // namespace ferry::contract
