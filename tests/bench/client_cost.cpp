// What a request costs through a client, on each transport: keep-alive GETs to a server of your own, one after the
// other, or many at once on as many connections.
//
//     ferry serve --port 8000 &
//     client_cost loop http://127.0.0.1:8000/bytes/200 10000                       allocations per request
//     client_cost asio http://127.0.0.1:8000/bytes/200 10000 100                   the same, 100 at once
//     strace -c -f client_cost uv http://127.0.0.1:8000/bytes/200 10000            system calls
//     valgrind --tool=callgrind --toggle-collect='measured*' client_cost …         instructions
#include "tests/bench/malloc_count.hpp"

#include "tools/demo/face.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

std::size_t number(const char* text) {
    const std::string_view all = text;
    std::size_t value = 0;
    std::from_chars(all.data(), all.data() + all.size(), value);
    return std::max<std::size_t>(value, 1);
}

}  // namespace

// Not in a namespace, so that a profiler can be told its name.
[[gnu::noinline]] std::size_t measured_requests(ferry::tools::Face& face, const std::string& url, std::size_t count,
                                                std::size_t at_once) {
    return face.repeat(url, count, at_once);
}

int main(int argc, char** argv) {
    const auto* const column = std::ranges::find(ferry::tools::columns, std::string_view(argc > 2 ? argv[1] : ""),
                                                 &ferry::tools::Column::name);
    if (column == ferry::tools::columns.end()) {
        std::fputs("usage: client_cost TRANSPORT URL [REQUESTS [AT_ONCE]]\nTransports:", stderr);
        for (const ferry::tools::Column& known : ferry::tools::columns) {
            std::fprintf(stderr, " %.*s", static_cast<int>(known.name.size()), known.name.data());
        }
        std::fputc('\n', stderr);
        return 2;
    }
    const std::string url = argv[2];
    const std::size_t at_once = argc > 4 ? number(argv[4]) : 1;
    const std::size_t requests = std::max(argc > 3 ? number(argv[3]) : 10'000, at_once) / at_once * at_once;
    const auto face = column->make({.limits = {.max_connections = at_once, .max_keepalive = at_once}});
    const std::size_t warm_up = std::max<std::size_t>(100 / at_once, 2) * at_once;
    std::size_t done = measured_requests(*face, url, warm_up, at_once);
    const bench::Allocations before = bench::allocations();
    done += measured_requests(*face, url, requests, at_once);
    const bench::Allocations after = bench::allocations();
    std::printf("%zu requests, %zu done on %llu connections: %.2f allocations and %.0f bytes a request\n", requests,
                done - warm_up, static_cast<unsigned long long>(face->stats().connections_opened),
                static_cast<double>(after.count - before.count) / static_cast<double>(requests),
                static_cast<double>(after.bytes - before.bytes) / static_cast<double>(requests));
    return done == requests + warm_up ? 0 : 1;
}
