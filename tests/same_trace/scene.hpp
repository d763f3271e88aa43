// One engine on one transport, an origin whose every move the scenario makes, and a record of all that the engine said.
//
// Everything happens in one thread: a scenario waits for a state of either side (a barrier), then makes the next move. So
// two runs differ only in what the transport does, and their records must be equal, times aside.
#pragma once

#include "tests/transport_contract/contract.hpp"

#include <ferry/driver.hpp>
#include <ferry/engine.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::same_trace {

/// Passes facts on: a bench makes its transport before there is a driver.
class Relay final : public Facts {
public:
    void to(Facts& facts) noexcept { to_ = &facts; }

    void on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) override {
        to_->on_resolved(id, endpoints, error);
    }
    void on_connected(ConnId id) override { to_->on_connected(id); }
    std::span<std::byte> read_buffer(ConnId id) override { return to_->read_buffer(id); }
    void on_received(ConnId id, std::span<const std::byte> bytes) override { to_->on_received(id, bytes); }
    void on_eof(ConnId id) override { to_->on_eof(id); }
    void on_writable(ConnId id) override { to_->on_writable(id); }
    void on_sent(ConnId id, std::size_t n) override { to_->on_sent(id, n); }
    void on_send_failed(ConnId id, std::error_code error) override { to_->on_send_failed(id, error); }
    void on_closed(ConnId id, std::error_code why) override { to_->on_closed(id, why); }
    void on_timer() override { to_->on_timer(); }
    void turn() override { to_->turn(); }

private:
    Facts* to_ = nullptr;
};

/// A request's record while it is under way.
struct Progress {
    RequestId id{};
    int status = 0;
    std::size_t body = 0;    ///< Bytes told by event::Body.
    std::size_t credit = 0;  ///< Of the last event::Writable.
    bool ended = false;
    bool hold = false;  ///< Body bytes are not consumed.
};

class Scene final : private EventHandler {
public:
    enum class Origin : std::uint8_t { tcp, local };

    /// Makes the bench's transport, which is destroyed in the end.
    Scene(contract::Bench& bench, const PoolLimits& limits, Origin origin = Origin::tcp);
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;
    ~Scene() override;

    [[nodiscard]] contract::Bench& bench() noexcept { return bench_; }
    [[nodiscard]] Engine& engine() noexcept { return engine_; }

    // ── The client ───────────────────────────────────────────────────────────────────────────────────────────────

    /// "http://127.0.0.1:PORT" and the path, where the origin listens.
    [[nodiscard]] std::string url(std::string_view path = "/");
    /// The same with a name for a host.
    [[nodiscard]] std::string url_of(const std::string& host, std::string_view path = "/");
    /// A request with no limits on time at all, so that only those fire that a scenario sets.
    [[nodiscard]] static Request request(std::string_view method, const std::string& url);
    /// Begins it; its number, as in the record.
    std::size_t submit(Request request);
    std::size_t get(const std::string& url) { return submit(request("GET", url)); }
    void cancel(std::size_t number);
    void consume(std::size_t number, std::size_t size);
    [[nodiscard]] Progress& operator[](std::size_t number) { return progress_[number]; }
    /// Streams `size` bytes of body as credit allows, then ends it.
    void upload(std::size_t number, std::size_t size);
    void drain();
    /// For what does not depend on the transport, but on when the system takes bytes: it is not recorded from here on.
    void ignore_bytes_sent() noexcept { bytes_sent_count_ = false; }

    // ── The origin ───────────────────────────────────────────────────────────────────────────────────────────────

    [[nodiscard]] std::unique_ptr<contract::Peer> accept(std::source_location where = std::source_location::current());
    /// Waits for a request's head and `body` bytes behind it.
    std::string receive(contract::Peer& peer, std::size_t body = 0,
                        std::source_location where = std::source_location::current());
    /// Sends it, in pieces of `piece` bytes with a round of the loop between them; 0: as one.
    void send(contract::Peer& peer, std::string_view text, std::size_t piece = 0,
              std::source_location where = std::source_location::current());
    /// Waits for the end of the connection.
    void receive_end(contract::Peer& peer, std::source_location where = std::source_location::current());

    // ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Rounds of the loop until `done`. Throws if it does not come about.
    void until(const std::function<bool()>& done, std::source_location where = std::source_location::current());
    void until_ended(std::size_t number, std::source_location where = std::source_location::current()) {
        until([&] { return progress_[number].ended; }, where);
    }
    /// Until no connection of the engine's is left.
    void until_closed(std::source_location where = std::source_location::current());
    void round();

    /// Closes what is left; the record, with a last line that has the counters.
    [[nodiscard]] std::string finish();

private:
    void on_event(Time now, Event& event) override;
    [[nodiscard]] std::size_t number_of(RequestId id) const;
    void say(std::size_t number, const std::string& what);
    void say_trace(const event::Trace& trace);
    void say_end(std::size_t number, const std::string& how);
    [[nodiscard]] std::string masked(std::string text) const;
    [[nodiscard]] Time now();

    contract::Bench& bench_;
    Relay relay_;
    Engine engine_;
    std::unique_ptr<Driver> driver_;
    std::vector<Progress> progress_;
    std::vector<ConnId> connections_;
    std::string record_;
    bool bytes_sent_count_ = true;
};

}  // namespace ferry::same_trace
