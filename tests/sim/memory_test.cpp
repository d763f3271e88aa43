// What an engine keeps does not depend on how many requests it has served: 10,000 of them, with faults and cancels, and
// the memory is what it was after the first 1,000. This program counts its own memory.
#include "tests/sim/dice.hpp"
#include "tests/sim/scenes/scene.hpp"

#include <malloc.h>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {
std::size_t in_use = 0;
}

void* operator new(std::size_t size) {
    void* memory = std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    in_use += malloc_usable_size(memory);
    return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept {
    in_use -= malloc_usable_size(memory);
    std::free(memory);
}
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }

namespace ferry::testing {

namespace {

/// Requests without end, eight at a time, and all that can go wrong with them. It keeps no book, so that what grows is
/// the engine's.
class Traffic final : private EventHandler {
public:
    Traffic()
        : dice_(1),
          network_({.reads = NetworkConfig::Reads::own_memory, .timeline = false}),
          engine_(config()),
          driver_(engine_, network_, *this) {
        network_.attach(driver_);
        for (int i = 0; i < 4; ++i) {
            const std::string host = "h" + std::to_string(i) + ".test";
            network_.name(host, {"10.0.0." + std::to_string(i + 1)});
            network_.listen("10.0.0." + std::to_string(i + 1), std::make_shared<Forgetful>(dice_));
        }
        network_.refuse("h4.test");
        network_.on_fact([this](const Fact&) {
            return dice_.one_in(60) ? dice_.pick({Fault::eof, Fault::reset, Fault::silence, Fault::close})
                                    : Fault::none;
        });
    }

    /// Until so many requests have ended, and all that was begun.
    void run(std::size_t count) {
        wanted_ += count;
        for (int i = 0; i < 8; ++i) {
            start();
        }
        network_.run();
    }

    [[nodiscard]] std::size_t ended() const { return ended_; }
    [[nodiscard]] Engine& engine() { return engine_; }
    [[nodiscard]] Network& network() { return network_; }
    void drain() {
        engine_.drain(network_.now());
        driver_.turn();
        network_.run();
    }

private:
    /// A server of few words, that remembers nothing.
    class Forgetful final : public Listener {
    public:
        explicit Forgetful(Dice& dice) : dice_(dice) {}
        std::unique_ptr<Peer> accept(Socket&) override { return std::make_unique<Answerer>(dice_); }

    private:
        class Answerer final : public Peer {
        public:
            explicit Answerer(Dice& dice) : dice_(dice) {}
            void on_open(Socket&) override {}
            void on_received(Socket& socket, std::string_view bytes) override {
                if (bytes.find("\r\n\r\n") == std::string_view::npos) {
                    return;  // More of a body.
                }
                const std::string body = pattern(dice_.pick<std::size_t>({0, 100, 3'000, 100'000}));
                const bool trouble = dice_.one_in(8);
                socket.after(dice_.moment(10), [&socket, body, trouble] {
                    socket.send(
                        (trouble ? "HTTP/1.1 503 No\r\nContent-Length: " : "HTTP/1.1 200 OK\r\nContent-Length: ") +
                        std::to_string(body.size()) + "\r\n\r\n" + body);
                });
            }
            void on_eof(Socket& socket) override { socket.finish(); }

        private:
            Dice& dice_;
        };
        Dice& dice_;
    };

    static EngineConfig config() {
        EngineConfig config;
        config.limits = {.max_connections = 4, .max_keepalive = 2, .keepalive_expiry = 50ms};
        config.retry_budget = RetryBudget{};
        return config;
    }

    void start() {
        if (begun_ == wanted_) {
            return;
        }
        ++begun_;
        const std::string url = "http://h" + std::to_string(dice_.below(5)) + ".test/" + std::to_string(begun_);
        Request request = make_request("GET", url);
        request.collect = !dice_.one_in(3);
        request.deadlines.total = 2s;
        request.connect_retries = dice_.below(2);
        if (dice_.one_in(3)) {
            request.retry_policy = policy_;
        }
        if (dice_.one_in(3)) {
            request.method = "PUT";
            request.body = dice_.one_in(2) ? Request::Body::streamed : Request::Body::buffered;
            request.content = Buffer(pattern(20'000));
            request.rewindable = true;
        }
        const RequestId id = engine_.submit(network_.now(), std::move(request));
        driver_.turn();
        if (dice_.one_in(6)) {
            network_.after(dice_.moment(20), [this, id] {
                if (dice_.one_in(2)) {
                    engine_.cancel(network_.now(), id);
                } else {
                    engine_.discard(network_.now(), id);
                }
                driver_.turn();
            });
        }
    }

    void on_event(Time now, Event& event) override {
        if (const auto* body = std::get_if<event::Body>(&event)) {
            engine_.consume(now, body->id, body->data.size());
        } else if (const auto* writable = std::get_if<event::Writable>(&event)) {
            engine_.write_body(now, writable->id, Buffer(pattern(5'000)));
            engine_.finish_body(now, writable->id);
        } else if (std::holds_alternative<event::Done>(event) || std::holds_alternative<event::Failed>(event)) {
            ++ended_;
            network_.after({}, [this] { start(); });
        }
    }

    Dice dice_;
    Network network_;
    Engine engine_;
    Driver driver_;
    std::shared_ptr<const RetryPolicy> policy_ =
        std::make_shared<const RetryPolicy>(RetryPolicy{.max_retries = 2, .backoff = 5ms});
    std::size_t wanted_ = 0;
    std::size_t begun_ = 0;
    std::size_t ended_ = 0;
};

}  // namespace

TEST_CASE("no memory grows over 10,000 requests, and after a drain nothing is left") {
    Traffic traffic;
    traffic.run(1'000);
    REQUIRE(traffic.ended() == 1'000);
    const std::size_t before = in_use;
    for (std::size_t thousands = 1; thousands < 10; ++thousands) {
        traffic.run(1'000);
    }
    REQUIRE(traffic.ended() == 10'000);
    const std::size_t after = in_use;
    WARN("in use after 1,000 requests: " << before << " bytes, after 10,000: " << after);
    CHECK(traffic.network().violations() == std::vector<std::string>{});
    const Stats& stats = traffic.engine().stats();
    CHECK(stats.requests_done > 4'000);
    CHECK(stats.requests_failed > 1'000);
    CHECK(stats.retries > 100);
    // Lists have the size of the busiest moment so far, which may be a later one than the first thousand. But a single
    // byte a request would be 9,000.
    CHECK(after <= before + 2'000);

    traffic.drain();
    CHECK(stats.active + stats.idle + stats.connecting + stats.closing + stats.waiting == 0);
    CHECK(traffic.network().open() + traffic.network().closing() == 0);
    CHECK_FALSE(traffic.engine().deadline());
    CHECK(traffic.engine().audit().empty());
}

}  // namespace ferry::testing
