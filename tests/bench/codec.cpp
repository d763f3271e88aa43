// The HTTP/1.1 codec against its peers, reading three responses: nanoseconds, instructions and allocations a message.
//
//     codec [MESSAGES]       a table; the instructions are those of perf_event_open, where the system allows it
//
// "floor" is llhttp with empty callbacks; "views" is llhttp that stores each name and value as a string_view in a vector,
// the least that a codec on llhttp could do. ferry copies the head into a list that outlives the input, checks what
// llhttp does not, and knows the framing. Two rows drive its receiving half alone, which is what the others do; "exchange"
// is the whole Machine, as a user has it, which writes the request that is answered and goes on to the next.
// http-parser and picohttpparser are there if they were found.
#include "core/http1/reader.hpp"
#include "tests/bench/malloc_count.hpp"
#ifdef CODEC_HAS_HTTP_PARSER
#include "tests/bench/codec/http_parser.hpp"
#endif
#ifdef CODEC_HAS_PICO
#include "tests/bench/codec/pico.hpp"
#endif

#include <ferry/http1.hpp>

#include <llhttp.h>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace ferry;

std::size_t sink = 0;  // Printed, so that nothing is optimised away.

[[noreturn]] void stop(const char* why) {
    std::fprintf(stderr, "codec: %s\n", why);
    std::exit(1);
}

// ── The messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

const std::string small =
    "HTTP/1.1 200 OK\r\n"
    "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 13\r\n"
    "Connection: keep-alive\r\n"
    "Server: nginx/1.22.1\r\n"
    "ETag: \"5f2b-60a8c9e2d4f00\"\r\n"
    "Cache-Control: no-cache, must-revalidate\r\n"
    "Vary: Accept-Encoding, Origin, Accept-Language\r\n"
    "\r\n"
    "{\"id\":123456}";

std::string large_head() {
    std::string text =
        "HTTP/1.1 200 OK\r\n"
        "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        "Content-Length: 0\r\n"
        "Connection: keep-alive\r\n"
        "Server: cloudfront\r\n"
        "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'self'; img-src 'self' data: https://img.example; frame-ancestors "
        "'none'\r\n"
        "Referrer-Policy: strict-origin-when-cross-origin\r\n"
        "Set-Cookie: session=0123456789abcdef0123456789abcdef; Path=/; HttpOnly\r\n"
        "Set-Cookie: theme=dark; Path=/; Max-Age=31536000\r\n"
        "Cache-Control: private, max-age=0, must-revalidate\r\n"
        "ETag: W/\"0123456789abcdef0123\"\r\n"
        "Vary: Accept-Encoding, Origin\r\n"
        "X-Request-Id: 6f1b0c9e-2f0a-4a55-9a77-6f1b0c9e2f0a\r\n"
        "X-Runtime: 0.012345678\r\n"
        "Access-Control-Allow-Origin: https://app.example\r\n"
        "Access-Control-Allow-Credentials: true\r\n"
        "Via: 1.1 0123456789abcdef.cloudfront.net\r\n"
        "X-Cache: Miss from cloudfront\r\n"
        "\r\n";
    return text;
}

std::string chunked_body() {
    std::string text =
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/octet-stream\r\n"
        "Transfer-Encoding: chunked\r\n"
        "\r\n";
    const std::string chunk = "2000\r\n" + std::string(8192, 'x') + "\r\n";
    for (int i = 0; i < 128; ++i) {
        text += chunk;
    }
    return text + "0\r\n\r\n";
}

// ── The peers: each reads one message ────────────────────────────────────────────────────────────────────────────────

class Floor {
public:
    Floor() {
        llhttp_settings_init(&settings_);
        const auto nothing = [](llhttp_t*) { return 0; };
        const auto data = [](llhttp_t*, const char*, std::size_t) { return 0; };
        settings_.on_status = settings_.on_header_field = settings_.on_header_value = settings_.on_body = data;
        settings_.on_headers_complete = settings_.on_message_complete = nothing;
        llhttp_init(&parser_, HTTP_RESPONSE, &settings_);
    }
    void operator()(std::string_view message) {
        if (llhttp_execute(&parser_, message.data(), message.size()) != HPE_OK) {
            stop("llhttp refuses");
        }
        ++sink;
    }

private:
    llhttp_settings_t settings_{};
    llhttp_t parser_{};
};

class Views {
public:
    Views() {
        llhttp_settings_init(&settings_);
        settings_.on_status = [](llhttp_t* p, const char* at, std::size_t size) {
            self(p).reason_ = {at, size};
            return 0;
        };
        // What is cut, as llhttp cuts where its input ends, goes on where it was cut.
        settings_.on_header_field = [](llhttp_t* p, const char* at, std::size_t size) {
            Views& own = self(p);
            if (std::exchange(own.in_name_, true)) {
                extend(own.fields_.back().first, size);
            } else {
                own.fields_.push_back({{at, size}, {at, 0}});
            }
            return 0;
        };
        settings_.on_header_value = [](llhttp_t* p, const char* at, std::size_t size) {
            Views& own = self(p);
            if (std::exchange(own.in_name_, false)) {
                own.fields_.back().second = {at, size};
            } else {
                extend(own.fields_.back().second, size);
            }
            return 0;
        };
        settings_.on_body = [](llhttp_t* p, const char* at, std::size_t size) {
            self(p).body_.push_back({at, size});
            return 0;
        };
        settings_.on_message_complete = [](llhttp_t* p) {
            self(p).complete_ = true;
            return 0;
        };
        llhttp_init(&parser_, HTTP_RESPONSE, &settings_);
        parser_.data = this;
    }
    void operator()(std::string_view message) {
        fields_.clear();
        body_.clear();
        complete_ = false;
        if (llhttp_execute(&parser_, message.data(), message.size()) != HPE_OK || !complete_) {
            stop("llhttp refuses");
        }
        sink += fields_.size() + body_.size() + reason_.size();
    }

private:
    static Views& self(llhttp_t* parser) { return *static_cast<Views*>(parser->data); }
    static void extend(std::string_view& view, std::size_t size) { view = {view.data(), view.size() + size}; }

    llhttp_settings_t settings_{};
    llhttp_t parser_{};
    std::string_view reason_{};
    std::vector<std::pair<std::string_view, std::string_view>> fields_{};
    std::vector<std::string_view> body_{};
    bool in_name_ = false;
    bool complete_ = false;
};

// The receiving half alone, whose head the user keeps (`moved`) or only looks at.
template <bool moved>
class Ferry {
public:
    void operator()(std::string_view message) {
        exchange_.sending = http1::Sending::done;
        for (const http1::Event& event : reader_.receive(as_bytes(message))) {
            take(event);
        }
        if (exchange_.receiving != http1::Receiving::done) {
            stop("ferry refuses");
        }
        exchange_.receive(http1::Cause::next);
        exchange_.forget_exchange();
        reader_.next();
    }

private:
    void take(const http1::Event& event) {
        if (event.type == http1::Event::Type::head) {
            ResponseHead& head = reader_.response_head(event);
            sink += head.headers.size() + head.reason.size();
            if constexpr (moved) {
                const ResponseHead kept = std::move(head);
                sink += kept.headers.size();
            }
        } else {
            sink += event.data.size();
        }
    }

    http1::Exchange exchange_{http1::Role::client, {}};
    http1::Reader reader_{exchange_};
};

class Exchange {
public:
    void operator()(std::string_view message) {
        if (!machine_.send_request("GET", "/", request_)) {
            stop("ferry does not send");
        }
        for (const http1::Event& event : machine_.receive(as_bytes(message))) {
            if (event.type == http1::Event::Type::head) {
                const ResponseHead head = std::move(machine_.response_head(event));
                sink += head.headers.size();
            }
        }
        if (!machine_.next()) {
            stop("ferry refuses");
        }
    }

private:
    http1::Machine machine_{http1::Role::client};
    Headers request_{{"Host", "example.com"}, {"Accept", "*/*"}, {"User-Agent", "ferry"}};
};

// With the least that it can do with a body: chunks are shown as they lie in the input, a body of known length goes into a
// buffer that is there already.
class Beast {
public:
    void operator()(std::string_view message) {
        namespace http = ::boost::beast::http;
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(16 * 1024 * 1024);
        parser.eager(true);
        parser.on_chunk_body(chunk_);
        parser.get().body().data = room_.data();
        parser.get().body().size = room_.size();
        ::boost::system::error_code error;
        for (std::size_t at = 0; at < message.size() && !parser.is_done();) {
            at += parser.put(::boost::asio::buffer(message.data() + at, message.size() - at), error);
            if (error && error != http::error::need_more) {
                stop("Beast refuses");
            }
        }
        if (!parser.is_done()) {
            stop("Beast does not end");
        }
        sink += room_.size() - parser.get().body().size;
    }

private:
    struct Chunk {
        std::size_t operator()(std::uint64_t, ::boost::beast::string_view bytes, ::boost::system::error_code&) const {
            sink += bytes.size();
            return bytes.size();
        }
    };
    Chunk chunk_{};
    std::array<char, 4096> room_{};
};

// Those that are there only where their libraries are.
template <class Reader>
class Optional {
public:
    void operator()(std::string_view message) {
        const std::size_t stored = reader_.read(message);
        if (stored == 0) {
            stop("an optional peer refuses");
        }
        sink += stored;
    }

private:
    Reader reader_{};
};

// ── Measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────

// Instructions of this thread in user space; -1 where the system does not tell.
class Counter {
public:
    Counter() {
        perf_event_attr attributes{};
        attributes.size = sizeof attributes;
        attributes.type = PERF_TYPE_HARDWARE;
        attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
        attributes.exclude_kernel = 1;
        attributes.exclude_hv = 1;
        fd_ = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
    }
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;
    ~Counter() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] double read() const {
        long long value = -1;
        return fd_ >= 0 && ::read(fd_, &value, sizeof value) == sizeof value ? static_cast<double>(value) : -1;
    }

private:
    int fd_ = -1;
};

template <class Peer>
void measure(const char* name, std::string_view message, std::size_t times) {
    static const Counter counter;
    Peer peer;
    for (std::size_t i = 0; i < std::max<std::size_t>(times / 20, 2); ++i) {
        peer(message);
    }
    double best = 1e300;
    double instructions = -1;
    std::uint64_t allocations = 0;
    for (int round = 0; round < 5; ++round) {
        const auto allocated = bench::allocations().count;
        const double counted = counter.read();
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < times; ++i) {
            peer(message);
        }
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
        const auto each = static_cast<double>(times);
        if (took.count() / each < best) {
            best = took.count() / each;
        }
        if (counted >= 0) {
            instructions = (counter.read() - counted) / each;
        }
        allocations = (bench::allocations().count - allocated) / times;
    }
    std::printf("  %-22s %10.0f ns %12.0f instructions %6llu allocations\n", name, best, instructions,
                static_cast<unsigned long long>(allocations));
}

void compare(const char* title, std::string_view message, std::size_t times) {
    std::printf("%s, %zu bytes\n", title, message.size());
    measure<Floor>("llhttp, floor", message, times);
    measure<Views>("llhttp, views", message, times);
    measure<Ferry<false>>("ferry, head looked at", message, times);
    measure<Ferry<true>>("ferry, head kept", message, times);
    measure<Exchange>("ferry, exchange", message, times);
    measure<Beast>("Beast", message, times);
#ifdef CODEC_HAS_HTTP_PARSER
    measure<Optional<bench::HttpParser>>("http-parser, views", message, times);
#endif
#ifdef CODEC_HAS_PICO
    measure<Optional<bench::Pico>>("picohttpparser", message, times);
#endif
}

// For callgrind: one peer, one message, nothing else.
template <class Peer>
void repeat(std::string_view message, std::size_t times) {
    Peer peer;
    for (std::size_t i = 0; i < times; ++i) {
        peer(message);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t times = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
    if (times == 0 || argc > 4) {
        stop("usage: codec [MESSAGES [floor|views|ferry|kept|exchange|beast|http-parser|pico [small|large|chunked]]]");
    }
    const std::string large = large_head();
    const std::string chunked = chunked_body();
    if (argc > 2) {
        const std::string_view peer = argv[2];
        const std::string_view which = argc > 3 ? argv[3] : "small";
        const std::string& message = which == "large" ? large : which == "chunked" ? chunked : small;
        if (peer == "floor") {
            repeat<Floor>(message, times);
        } else if (peer == "views") {
            repeat<Views>(message, times);
        } else if (peer == "ferry") {
            repeat<Ferry<false>>(message, times);
        } else if (peer == "kept") {
            repeat<Ferry<true>>(message, times);
        } else if (peer == "exchange") {
            repeat<Exchange>(message, times);
        } else if (peer == "beast") {
            repeat<Beast>(message, times);
#ifdef CODEC_HAS_HTTP_PARSER
        } else if (peer == "http-parser") {
            repeat<Optional<bench::HttpParser>>(message, times);
#endif
#ifdef CODEC_HAS_PICO
        } else if (peer == "pico") {
            repeat<Optional<bench::Pico>>(message, times);
#endif
        } else {
            stop("no such peer here");
        }
        return 0;
    }
    compare("a small response, 8 fields", small, times);
    compare("a response with 20 fields", large, times);
    compare("1 MiB in chunks of 8 KiB", chunked, std::max<std::size_t>(times / 200, 3));
#ifndef CODEC_HAS_HTTP_PARSER
    std::fprintf(stderr, "codec: without http-parser, which was not found; scripts/setup bench installs it\n");
#endif
#ifndef CODEC_HAS_PICO
    std::fprintf(stderr, "codec: without picohttpparser, which is in H2O's library; scripts/setup bench installs it\n");
#endif
    std::printf("(%zu)\n", sink);
}
