// What a request costs inside the engine: keep-alive GETs through facts and ops, no transport at all.
//
//     engine_cost [REQUESTS]                                    allocations per request; fails if they are too many
//     valgrind --tool=callgrind --toggle-collect='measured*' engine_cost 2000    instructions
#include "tests/bench/malloc_count.hpp"

#include <ferry/engine.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

// 200 bytes of body and 8 fields: what the other measurements use too.
constexpr std::string_view response_head =
    "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Content-Length: 200\r\nLast-Modified: Mon, 23 Nov 2026 09:00:00 GMT\r\nConnection: keep-alive\r\n"
    "ETag: \"65f0-c8\"\r\nAccept-Ranges: bytes\r\n\r\n";

// The Request's URL and fields, and the response's body; its fields are kept where the Request's were.
constexpr double most_allocations = 3;

ferry::Request get() {
    ferry::Request request;
    request.url = ferry::Url("http://127.0.0.1:8080/200");
    request.headers = {{"Host", "127.0.0.1:8080"}, {"Accept", "*/*"}, {"User-Agent", "bench"}};
    return request;
}

ferry::ConnId connect(ferry::Engine& engine) {
    (void)engine.submit({}, get());
    for (const ferry::Op& op : engine.take_ops()) {
        if (const auto* wanted = std::get_if<ferry::op::Connect>(&op)) {
            const ferry::ConnId id = wanted->id;
            engine.on_connected({}, id);
            return id;
        }
    }
    std::abort();
}

void write(ferry::Engine& engine, ferry::ConnId id) {
    std::array<ferry::ConstBuffer, 8> pieces;
    while (const std::size_t count = engine.gather(id, pieces)) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            size += pieces[i].size();
        }
        engine.on_sent({}, id, size);
    }
}

}  // namespace

// Not in a namespace, so that a profiler can be told its name.
[[gnu::noinline]] void measured_requests(ferry::Engine& engine, ferry::ConnId id, std::string_view response,
                                         std::size_t count, std::size_t& done) {
    for (std::size_t i = 0; i < count; ++i) {
        (void)engine.take_ops();
        write(engine, id);
        engine.on_received({}, id, ferry::as_bytes(response));
        for (const ferry::Event& event : engine.take_events()) {
            if (const auto* end = std::get_if<ferry::event::Done>(&event)) {
                (void)engine.take_head(end->id);
                (void)engine.take_body(end->id);
                ++done;
            }
        }
        (void)engine.deadline();
        (void)engine.submit({}, get());
    }
}

int main(int argc, char** argv) {
    std::size_t requests = 100'000;
    if (argc > 1) {
        const std::string_view text = argv[1];
        std::from_chars(text.data(), text.data() + text.size(), requests);
    }
    const std::string response = std::string(response_head) + std::string(200, 'x');
    ferry::Engine engine;
    const ferry::ConnId id = connect(engine);
    std::size_t done = 0;
    measured_requests(engine, id, response, 100, done);
    const bench::Allocations before = bench::allocations();
    measured_requests(engine, id, response, requests, done);
    const bench::Allocations after = bench::allocations();
    const auto per_request = [&](std::uint64_t n) { return static_cast<double>(n) / static_cast<double>(requests); };
    std::printf("%zu requests, %zu done: %.2f allocations and %.0f bytes a request, of which making the Request: ",
                requests, done, per_request(after.count - before.count), per_request(after.bytes - before.bytes));
    const bench::Allocations making = bench::allocations();
    {
        const ferry::Request request = get();
    }
    std::printf("%llu\n", static_cast<unsigned long long>(bench::allocations().count - making.count));
    if (per_request(after.count - before.count) > most_allocations + 0.05) {
        std::fputs("a request allocates more often than it did\n", stderr);
        return 1;
    }
    return done == requests + 100 ? 0 : 1;
}
