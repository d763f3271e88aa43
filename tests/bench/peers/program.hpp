// What the benchmark's programs have in common: one command line, one line of JSON. Each is one way to make requests,
// a class with
//
//     explicit Client(const Arguments&);
//     Totals perform(std::size_t requests, std::size_t concurrency);
//
// perform() makes so many requests of the kind that Arguments::mode names, `concurrency` at a time, on connections that
// it keeps for the next call; it ends the program, with a sentence, if one of them fails.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

enum class Mode : std::uint8_t {
    get,       ///< Keep-alive GETs of something small.
    fresh,     ///< A client is made, `concurrency` GETs are made at once, it is destroyed; `repeat` times.
    post,      ///< Keep-alive POSTs of `body_size` bytes of JSON.
    download,  ///< GETs of something large, dropped as it comes, or gathered with --collect.
    upload,    ///< PUTs of `body_size` bytes that lie in memory.
    idle,      ///< `requests` connections are opened, with one GET each, and kept.
};

struct Arguments {
    std::string url{};
    std::string host{};  ///< Of the URL: a numeric address.
    std::uint16_t port = 80;
    std::string target{};
    Mode mode = Mode::get;
    std::size_t requests = 1000;
    std::size_t concurrency = 1;
    std::size_t repeat = 1;
    std::size_t warmup = 100;
    std::size_t body_size = 0;
    std::size_t bufsize = 256 * 1024;
    bool collect = false;

    [[nodiscard]] bool sends() const noexcept { return mode == Mode::post || mode == Mode::upload; }
    [[nodiscard]] std::string_view method() const noexcept;
    [[nodiscard]] std::string_view content_type() const noexcept;
    /// "127.0.0.1:8080".
    [[nodiscard]] std::string authority() const { return host + ":" + std::to_string(port); }
    /// The request's head, for peers that write it themselves.
    [[nodiscard]] std::string head() const;
};

struct Totals {
    std::size_t requests = 0;
    std::uint64_t bytes = 0;  ///< Of bodies received.
};

/// What is sent: `body_size` bytes, JSON if it is posted. Made by the first call.
[[nodiscard]] const std::string& body_of(const Arguments& arguments);

/// Ends the program.
[[noreturn]] void stop(std::string_view why);

namespace detail {

struct Sample {
    std::chrono::steady_clock::time_point wall{};
    rusage usage{};
    std::uint64_t allocations = 0;
};

[[nodiscard]] Arguments parse(int argc, char** argv);
[[nodiscard]] Sample sample();
/// Resident memory now, with what malloc has to spare given back.
[[nodiscard]] double resident_kb();
/// Sockets that are open. A client that has used one for two requests would seem to need little memory for two.
[[nodiscard]] std::size_t open_sockets();
void report(std::string_view peer, const Arguments& arguments, const Totals& totals, const Sample& before,
            const Sample& after, std::vector<double> batches, double kb_per_connection);

}  // namespace detail

/// A whole program: `int main(int argc, char** argv) { return bench::run<Client>(argc, argv, "floor"); }`.
template <class Client>
int run(int argc, char** argv, std::string_view peer) {
    const Arguments arguments = detail::parse(argc, argv);
    Totals totals;
    std::vector<double> batches;
    double kb_per_connection = -1;
    detail::Sample before;
    detail::Sample after;
    if (arguments.mode == Mode::fresh) {
        const auto batch = [&] {
            Client client(arguments);
            return client.perform(arguments.concurrency, arguments.concurrency);
        };
        batch();
        before = detail::sample();
        for (std::size_t i = 0; i < arguments.repeat; ++i) {
            const auto start = std::chrono::steady_clock::now();
            const Totals done = batch();
            batches.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
            totals.requests += done.requests;
            totals.bytes += done.bytes;
        }
        after = detail::sample();
    } else if (arguments.mode == Mode::idle) {
        Client client(arguments);
        client.perform(10, 1);
        const double resident = detail::resident_kb();
        before = detail::sample();
        totals = client.perform(arguments.requests, arguments.requests);
        after = detail::sample();
        kb_per_connection = (detail::resident_kb() - resident) / static_cast<double>(arguments.requests - 1);
        if (const std::size_t open = detail::open_sockets(); open < arguments.requests) {
            stop(std::to_string(open) + " connections are open, not " + std::to_string(arguments.requests));
        }
    } else {
        Client client(arguments);
        if (arguments.warmup > 0) {
            client.perform(arguments.warmup, arguments.concurrency);
        }
        before = detail::sample();
        totals = client.perform(arguments.requests, arguments.concurrency);
        after = detail::sample();
    }
    detail::report(peer, arguments, totals, before, after, std::move(batches), kb_per_connection);
    return 0;
}

}  // namespace bench
