// What a request costs inside the engine when there are many: GETs through facts and ops, no transport at all.
//
//     engine_scale CONCURRENT ORIGINS [REQUESTS [MAX_CONNECTIONS [MAX_PER_ORIGIN]]]     0: no limit
//
// So many requests are under way all the time, over the origins by turns; each that is done is followed by another.
// scripts/engine_scale counts instructions for the sizes that matter.
#include <ferry/engine.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view response =
    "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 10\r\n\r\n0123456789";

/// A server that answers in the order of the requests, one at each step.
class Bench {
public:
    Bench(std::size_t origins, const ferry::PoolLimits& limits) : engine_({.limits = limits}) {
        for (std::size_t i = 0; i < origins; ++i) {
            urls_.emplace_back("http://10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
                               std::to_string(i % 256) + "/");
        }
    }

    void submit() {
        ferry::Request request;
        request.url = urls_[next_++ % urls_.size()];
        request.headers = {{"Accept", "*/*"}, {"User-Agent", "bench"}};
        request.deadlines.pool = std::nullopt;
        (void)engine_.submit(tick(), std::move(request));
        turn();
    }

    void step() {
        const ferry::ConnId id = asked_.front();
        asked_.pop_front();
        engine_.on_received(tick(), id, ferry::as_bytes(response));
        for (const ferry::Event& event : engine_.take_events()) {
            if (const auto* end = std::get_if<ferry::event::Done>(&event)) {
                (void)engine_.take_head(end->id);
                (void)engine_.take_body(end->id);
                ++done_;
            }
        }
        turn();
        submit();
    }

    [[nodiscard]] std::size_t done() const noexcept { return done_; }
    [[nodiscard]] const ferry::Engine& engine() const noexcept { return engine_; }

private:
    [[nodiscard]] ferry::Time tick() noexcept { return now_ += std::chrono::microseconds(1); }

    void turn() {
        for (std::span<const ferry::Op> ops = engine_.take_ops(); !ops.empty(); ops = engine_.take_ops()) {
            for (const ferry::Op& op : ops) {
                if (const auto* wanted = std::get_if<ferry::op::Connect>(&op)) {
                    engine_.on_connected(tick(), wanted->id);
                } else if (const auto* over = std::get_if<ferry::op::Close>(&op)) {
                    engine_.on_closed(tick(), over->id);
                } else if (const auto* ready = std::get_if<ferry::op::Send>(&op)) {
                    write(ready->id);
                }
            }
        }
        (void)engine_.deadline();
    }

    void write(ferry::ConnId id) {
        std::array<ferry::ConstBuffer, 8> pieces;
        while (const std::size_t count = engine_.gather(id, pieces)) {
            std::size_t size = 0;
            for (std::size_t i = 0; i < count; ++i) {
                size += pieces[i].size();
            }
            engine_.on_sent(tick(), id, size);
        }
        asked_.push_back(id);
    }

    ferry::Engine engine_;
    std::vector<ferry::Url> urls_;
    std::deque<ferry::ConnId> asked_;
    std::size_t next_ = 0;
    std::size_t done_ = 0;
    ferry::Time now_{};
};

std::size_t number(std::span<char*> arguments, std::size_t index, std::size_t fallback) {
    if (index >= arguments.size()) {
        return fallback;
    }
    const std::string_view text = arguments[index];
    std::size_t value = fallback;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::size_t limit(std::size_t value) { return value == 0 ? ferry::PoolLimits::none : value; }

}  // namespace

// Not in a namespace, so that a profiler can be told its name.
[[gnu::noinline]] void measured_steps(Bench& bench, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        bench.step();
    }
}

int main(int argc, char** argv) {
    const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
    const std::size_t concurrent = number(arguments, 1, 1);
    const std::size_t origins = number(arguments, 2, 1);
    const std::size_t requests = number(arguments, 3, 1000);
    Bench bench(origins, {.max_connections = limit(number(arguments, 4, 0)),
                          .max_keepalive = ferry::PoolLimits::none,
                          .max_per_origin = limit(number(arguments, 5, 0))});
    for (std::size_t i = 0; i < concurrent; ++i) {
        bench.submit();
    }
    // Until every origin has had its turn, twice, and the timers have seen each other.
    for (std::size_t i = 0; i < 2 * (origins + concurrent); ++i) {
        bench.step();
    }
    const std::size_t before = bench.done();
    measured_steps(bench, requests);
    const ferry::Stats& stats = bench.engine().stats();
    std::printf("%zu requests, %zu under way over %zu origins: %llu connections, %llu reused, %zu waiting\n",
                bench.done() - before, concurrent, origins, static_cast<unsigned long long>(stats.connections_opened),
                static_cast<unsigned long long>(stats.connections_reused), stats.waiting);
    return bench.done() - before == requests && bench.engine().audit().empty() ? 0 : 1;
}
