#include "tests/bench/peers/program.hpp"

#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace bench {

namespace {

constexpr std::array<std::string_view, 6> mode_names{"get", "fresh", "post", "download", "upload", "idle"};

[[noreturn]] void usage(std::string_view why) {
    std::fprintf(stderr,
                 "%.*s\n"
                 "usage: --url URL [--mode get|fresh|post|download|upload|idle] [--requests N] [--concurrency N]\n"
                 "       [--repeat N] [--warmup N] [--body-size N] [--bufsize N] [--collect]\n",
                 static_cast<int>(why.size()), why.data());
    std::exit(2);
}

std::size_t number(std::string_view name, std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        usage(std::string(name) + " wants a number, not '" + std::string(text) + "'");
    }
    return value;
}

// "http://127.0.0.1:8080/path": numeric addresses only, so that no peer looks up anything.
void split(Arguments& arguments) {
    constexpr std::string_view scheme = "http://";
    std::string_view rest = arguments.url;
    if (!rest.starts_with(scheme)) {
        usage("--url wants http://ADDRESS:PORT/PATH");
    }
    rest.remove_prefix(scheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view authority = rest.substr(0, slash);
    arguments.target = slash == rest.size() ? "/" : rest.substr(slash);
    const std::size_t colon = authority.find(':');
    arguments.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) {
        arguments.port = static_cast<std::uint16_t>(number("the port", authority.substr(colon + 1)));
    }
}

double seconds(const timeval& from, const timeval& to) {
    return static_cast<double>(to.tv_sec - from.tv_sec) + static_cast<double>(to.tv_usec - from.tv_usec) * 1e-6;
}

// Preloaded when allocations are counted, and not otherwise: counting costs time.
std::uint64_t allocations() {
    using Count = std::uint64_t();
    static Count* const count = reinterpret_cast<Count*>(::dlsym(RTLD_DEFAULT, "bench_allocation_count"));
    return count != nullptr ? count() : 0;
}

}  // namespace

std::string_view Arguments::method() const noexcept {
    return mode == Mode::post ? "POST" : mode == Mode::upload ? "PUT" : "GET";
}

std::string_view Arguments::content_type() const noexcept {
    return mode == Mode::post ? "application/json" : "application/octet-stream";
}

std::string Arguments::head() const {
    std::string text(method());
    text += " " + target + " HTTP/1.1\r\nHost: " + authority() + "\r\nAccept: */*\r\nUser-Agent: bench\r\n";
    if (sends()) {
        text += "Content-Type: " + std::string(content_type()) + "\r\n";
        text += "Content-Length: " + std::to_string(body_size) + "\r\n";
    }
    return text + "\r\n";
}

const std::string& body_of(const Arguments& arguments) {
    static const std::string body = [&] {
        if (arguments.mode == Mode::upload) {
            return std::string(arguments.body_size, 'u');
        }
        const std::string_view begin = R"({"text":")";
        const std::string_view end = R"("})";
        if (arguments.body_size < begin.size() + end.size()) {
            usage("--body-size is too small for JSON");
        }
        std::string text(begin);
        text.append(arguments.body_size - begin.size() - end.size(), 'j');
        return text.append(end);
    }();
    return body;
}

void stop(std::string_view why) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
    // Not exit(): requests may be under way, in other threads too.
    std::_Exit(1);
}

namespace detail {

Arguments parse(int argc, char** argv) {
    Arguments arguments;
    const std::vector<std::string_view> words(argv + 1, argv + argc);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view name = words[i];
        if (name == "--collect") {
            arguments.collect = true;
            continue;
        }
        if (i + 1 == words.size()) {
            usage(std::string(name) + " wants a value, or is unknown");
        }
        const std::string_view value = words[++i];
        if (name == "--url") {
            arguments.url = value;
        } else if (name == "--mode") {
            const auto* const found = std::find(mode_names.begin(), mode_names.end(), value);
            if (found == mode_names.end()) {
                usage("there is no such mode");
            }
            arguments.mode = static_cast<Mode>(found - mode_names.begin());
        } else if (name == "--requests") {
            arguments.requests = number(name, value);
        } else if (name == "--concurrency") {
            arguments.concurrency = number(name, value);
        } else if (name == "--repeat") {
            arguments.repeat = number(name, value);
        } else if (name == "--warmup") {
            arguments.warmup = number(name, value);
        } else if (name == "--body-size") {
            arguments.body_size = number(name, value);
        } else if (name == "--bufsize") {
            arguments.bufsize = number(name, value);
        } else {
            usage(std::string(name) + " is unknown");
        }
    }
    split(arguments);
    if (arguments.requests == 0 || arguments.concurrency == 0 || arguments.repeat == 0 || arguments.bufsize == 0) {
        usage("--requests, --concurrency, --repeat and --bufsize are at least 1");
    }
    if (arguments.sends()) {
        (void)body_of(arguments);
    }
    // Some open thousands of connections.
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return arguments;
}

Sample sample() {
    Sample now;
    now.wall = std::chrono::steady_clock::now();
    ::getrusage(RUSAGE_SELF, &now.usage);
    now.allocations = allocations();
    return now;
}

double resident_kb() {
    ::malloc_trim(0);
    long pages = 0;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "r"); file != nullptr) {
        if (std::fscanf(file, "%*d %ld", &pages) != 1) {
            pages = 0;
        }
        std::fclose(file);
    }
    return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

std::size_t open_sockets() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        count += std::filesystem::read_symlink(entry, gone).string().starts_with("socket:") ? 1U : 0U;
    }
    return count;
}

void report(std::string_view peer, const Arguments& arguments, const Totals& totals, const Sample& before,
            const Sample& after, std::vector<double> batches, double kb_per_connection) {
    const double wall = std::chrono::duration<double>(after.wall - before.wall).count();
    const double user = seconds(before.usage.ru_utime, after.usage.ru_utime);
    const double system = seconds(before.usage.ru_stime, after.usage.ru_stime);
    const auto requests = static_cast<double>(totals.requests);
    std::printf(R"({"peer":"%.*s","mode":"%s","requests":%zu,"bytes":%llu,"wall_s":%.6f,"user_s":%.6f,"sys_s":%.6f,)"
                R"("cpu_us_per_req":%.3f,"rps":%.1f,"max_rss_kb":%ld)",
                static_cast<int>(peer.size()), peer.data(), mode_names[static_cast<std::size_t>(arguments.mode)].data(),
                totals.requests, static_cast<unsigned long long>(totals.bytes), wall, user, system,
                (user + system) / requests * 1e6, requests / wall, after.usage.ru_maxrss);
    if (!batches.empty()) {
        const double each = (user + system) / static_cast<double>(batches.size()) * 1e3;
        const auto middle = batches.begin() + static_cast<std::ptrdiff_t>(batches.size() / 2);
        std::nth_element(batches.begin(), middle, batches.end());
        std::printf(R"(,"batch_ms_med":%.4f,"batch_cpu_ms":%.4f)", *middle, each);
    }
    if (kb_per_connection >= 0) {
        std::printf(R"(,"rss_per_conn_kb":%.3f)", kb_per_connection);
    }
    if (after.allocations > 0) {
        std::printf(R"(,"allocs_per_req":%.3f)",
                    static_cast<double>(after.allocations - before.allocations) / requests);
    }
    std::puts("}");
    // What a program's last act costs is nobody's business, nor whether a client stops its threads.
    std::fflush(stdout);
}

}  // namespace detail

}  // namespace bench
