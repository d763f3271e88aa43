// What a request costs through the blocking client: sequential keep-alive GETs to a server of your own.
//
//     ferry serve --port 8000 &
//     client_cost http://127.0.0.1:8000/bytes/200 10000                       allocations per request
//     strace -c -f client_cost http://127.0.0.1:8000/bytes/200 10000          system calls
//     valgrind --tool=callgrind --toggle-collect='measured*' client_cost …    instructions
#include "tests/bench/malloc_count.hpp"

#include <ferry/client.hpp>

#include <charconv>
#include <cstdio>
#include <string_view>

// Not in a namespace, so that a profiler can be told its name.
[[gnu::noinline]] std::size_t measured_requests(ferry::Client& client, std::string_view url, std::size_t count) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (const auto response = client.try_get(url); response && response->is_success()) {
            ++done;
        }
    }
    return done;
}

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: client_cost URL [REQUESTS]\n", stderr);
        return 2;
    }
    std::size_t requests = 10'000;
    if (argc > 2) {
        const std::string_view text = argv[2];
        std::from_chars(text.data(), text.data() + text.size(), requests);
    }
    ferry::Client client;
    std::size_t done = measured_requests(client, argv[1], 100);
    const bench::Allocations before = bench::allocations();
    done += measured_requests(client, argv[1], requests);
    const bench::Allocations after = bench::allocations();
    std::printf("%zu requests, %zu done on %llu connections: %.2f allocations and %.0f bytes a request\n", requests,
                done, static_cast<unsigned long long>(client.stats().connections_opened),
                static_cast<double>(after.count - before.count) / static_cast<double>(requests),
                static_cast<double>(after.bytes - before.bytes) / static_cast<double>(requests));
    return done == requests + 100 ? 0 : 1;
}
