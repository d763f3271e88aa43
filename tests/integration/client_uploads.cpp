// Bodies that are made while they are sent.
#include <ferry/ferry.hpp>

#include "tests/integration/scripted_origin.hpp"
#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <atomic>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using test::Peer;
using test::ScriptedOrigin;
using test::TestOrigin;

namespace {

constexpr const char* ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Pieces one after the other, from the beginning again if asked.
BodySource pieces(std::vector<std::string> all, bool rewindable = false) {
    auto next = std::make_shared<std::size_t>(0);
    BodySource source;
    source.next = [all = std::move(all), next]() -> std::optional<Buffer> {
        return *next < all.size() ? std::optional(Buffer(all[(*next)++])) : std::nullopt;
    };
    if (rewindable) {
        source.rewind = [next] { *next = 0; };
    }
    return source;
}

}  // namespace

TEST_CASE("a source of unknown length is sent in chunks, with its trailers") {
    std::string head;
    std::string body;
    ScriptedOrigin origin([&](Peer& peer) {
        head = peer.read_head();
        body = peer.read_until("0\r\nX-Sum: 3\r\n\r\n");
        peer.send(ok);
    });
    {
        Client client;
        int sum = 0;
        BodySource source = pieces({"one", "", "two", "three"});
        source.next = [inner = source.next, &sum]() -> std::optional<Buffer> {
            std::optional<Buffer> piece = inner();
            sum += piece && !piece->empty() ? 1 : 0;
            return piece;
        };
        source.trailers = [&sum] { return Headers{{"X-Sum", std::to_string(sum)}}; };
        CHECK(client.post(origin.url(), {.body = source}).text() == "ok");
    }
    CHECK(head.find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(body == "3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\nX-Sum: 3\r\n\r\n");
}

TEST_CASE("a source of known length is sent as it is, however large it is") {
    constexpr std::size_t total = 20'000'000;
    std::size_t received = 0;
    std::string head;
    ScriptedOrigin origin([&](Peer& peer) {
        head = peer.read_head();
        while (received < total) {
            received += peer.read(1'000'000).size();
        }
        peer.send(ok);
    });
    Client client;
    std::size_t made = 0;
    const BodySource source{.next = [&]() -> std::optional<Buffer> {
                                const std::size_t size = std::min<std::size_t>(100'000, total - made);
                                made += size;
                                return size > 0 ? std::optional(Buffer(std::string(size, 'x'))) : std::nullopt;
                            },
                            .length = total};
    CHECK(client.put(origin.url(), {.body = source}).text() == "ok");
    CHECK(head.find("Content-Length: 20000000\r\n") != std::string::npos);
    CHECK(received == total);
}

TEST_CASE("what a source throws is what the request fails with") {
    TestOrigin origin;
    Client client;
    const BodySource source{.next = []() -> std::optional<Buffer> { throw std::runtime_error("the disk is gone"); }};
    const Result<Response> failed = client.try_post(origin.url("/echo"), {.body = source});
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::invalid_body);
    CHECK(failed.error().message == "the source of the body failed: the disk is gone: POST " + origin.url("/echo"));
    CHECK_THROWS_AS(client.post(origin.url("/echo"), {.body = source}), LocalProtocolError);
    CHECK(client.stats().active == 0);
}

TEST_CASE("a source that is shorter or longer than it said is an error") {
    TestOrigin origin;
    Client client;
    for (const std::size_t length : {3U, 5U}) {
        BodySource source = pieces({"four"});
        source.length = length;
        CHECK(client.try_post(origin.url("/echo"), {.body = source}).error().code == Errc::invalid_body);
    }
}

TEST_CASE("an early answer ends an upload without an end") {
    ScriptedOrigin origin([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
        peer.read(10'000'000);  // Else the answer could be lost with the connection.
    });
    Client client;
    const BodySource endless{.next = [] { return std::optional(Buffer(std::string(10'000, 'x'))); }};
    const Response r = client.post(origin.url(), {.body = endless});
    CHECK(r.status_code() == 413);
    CHECK(r.text() == "big");
}

TEST_CASE("a source that always has more does not keep limits and other requests waiting") {
    ScriptedOrigin origin([](Peer& peer) {
        while (!peer.read(1'000'000).empty()) {
        }
    });
    TestOrigin other;
    Client client;
    const BodySource endless{.next = [] { return std::optional(Buffer(std::string(10'000, 'x'))); }};
    BodySource short_one = pieces({"one", "two"});
    short_one.length = 6;
    const std::vector<Call> calls{
        {"POST", origin.url(), {.timeout = Timeout{.total = 300ms}, .body = endless}},
        {"POST", other.url("/echo"), {.body = short_one}},
    };
    const std::vector<Result<Response>> results = client.gather(calls);
    REQUIRE_FALSE(results[0]);
    CHECK(results[0].error().code == Errc::total_timeout);
    REQUIRE(results[1]);
    CHECK(results[1]->text().ends_with("onetwo"));
    CHECK_THROWS_AS(client.post(origin.url(), {.timeout = Timeout{.total = 50ms}, .body = endless}), TotalTimeout);
}

TEST_CASE("a source that can be rewound is sent again, another is not") {
    const auto serve = [](int& requests) {
        return [&requests](Peer& peer) {
            while (!peer.read_head().empty()) {
                const std::string body = peer.read_until("0\r\n\r\n");
                CHECK(body == "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
                peer.send(++requests % 2 == 1 ? "HTTP/1.1 503 No\r\nRetry-After: 0\r\nContent-Length: 2\r\n\r\nno"
                                              : ok);
            }
        };
    };
    int requests = 0;
    {
        ScriptedOrigin origin(serve(requests));
        Client client({.retry_policy = RetryPolicy{}});
        CHECK(client.put(origin.url(), {.body = pieces({"one", "two"}, true)}).text() == "ok");
        CHECK(requests == 2);
        CHECK(client.put(origin.url(), {.body = pieces({"one", "two"})}).status_code() == 503);
        CHECK(client.stats().retries == 1);
    }
    CHECK(requests == 3);
}

TEST_CASE("a date in Retry-After is counted from the date of today") {
    const std::time_t minute_ago = std::time(nullptr) - 60;
    std::tm utc{};
    gmtime_r(&minute_ago, &utc);
    std::array<char, 64> date{};
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    ScriptedOrigin origin([&date](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 503 No\r\nRetry-After: " + std::string(date.data()) + "\r\nContent-Length: 0\r\n\r\n");
        peer.read_head();
        peer.send(ok);
    });
    Client client({.retry_policy = RetryPolicy{}});
    CHECK(client.get(origin.url()).text() == "ok");  // It is past: no pause.
}

TEST_CASE("a body waits for 100, and is not sent after 417") {
    std::promise<std::string> rest;
    ScriptedOrigin origin({[](Peer& peer) {
                               CHECK(peer.read_head().find("Expect: 100-continue\r\n") != std::string::npos);
                               peer.send("HTTP/1.1 100 Continue\r\n\r\n");
                               CHECK(peer.read(4) == "body");
                               peer.send(ok);
                           },
                           [&rest](Peer& peer) {
                               peer.read_head();
                               peer.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
                               rest.set_value(peer.read_all());
                           }});
    {
        Client client({.expect_continue = 60s});
        CHECK(client.post(origin.url(), {.headers = {{"Connection", "close"}}, .content = "body"}).text() == "ok");
        int asked = 0;
        const BodySource source{.next = [&]() -> std::optional<Buffer> {
            ++asked;
            return std::nullopt;
        }};
        CHECK(client.post(origin.url(), {.body = source}).status_code() == 417);
        CHECK(asked == 0);
    }
    CHECK(rest.get_future().get().empty());
}

TEST_CASE("many uploads at once, from one thread and from many") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    std::vector<Call> calls;
    for (int i = 0; i < 20; ++i) {
        BodySource source = pieces({std::string(30'000, 'a'), std::string(30'000, 'b')});
        source.length = 60'000;
        calls.push_back({"POST", "echo", {.body = source}});
    }
    for (const Result<Response>& result : client.gather(calls)) {
        CHECK(result->text().ends_with(std::string(30'000, 'a') + std::string(30'000, 'b')));
    }
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 5; ++j) {
                BodySource source = pieces({std::string(50'000, 'a'), "end"});
                source.length = 50'003;
                good += client.post("echo", {.body = source}).text().ends_with("aend") ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(good == 40);
}

TEST_CASE("a source of gather() may use the client, also while it is destroyed and others begin") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .limits = {.max_connections = 1}});
    std::size_t destroyed = 0;
    std::vector<Call> calls;
    for (int i = 0; i < 6; ++i) {
        BodySource source;
        source.next = [&, mine = std::shared_ptr<void>()]() mutable -> std::optional<Buffer> {
            if (mine != nullptr) {
                return std::nullopt;
            }
            mine = std::shared_ptr<void>(&client,
                                         [&](void* /*same*/) { destroyed += client.stats().requests > 0 ? 1U : 0U; });
            return Buffer("piece");
        };
        calls.emplace_back("POST", "echo", Options{.body = source});
    }
    for (const Result<Response>& result : client.gather(calls)) {
        CHECK(result.value().is_success());
    }
    CHECK(destroyed == 6);
}

TEST_CASE("a source is asked while the response is streamed") {
    ScriptedOrigin origin([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (;;) {  // Each chunk is sent back when it has come.
            std::string chunk = peer.read_until("\r\n");
            chunk += peer.read_until("\r\n");
            peer.send(chunk);
            if (chunk.starts_with("0") || chunk.empty()) {
                return;
            }
        }
    });
    Client client;
    StreamingResponse stream = client.stream("POST", origin.url(), {.body = pieces({"one", "two", "three"})});
    CHECK(stream.status_code() == 200);
    CHECK(stream.read_all().view() == "onetwothree");
}

TEST_CASE("a body without a source, and one with two, are refused") {
    Client client;
    const auto message = [&](const Options& options) {
        return client.try_post("http://127.0.0.1:1/", options).error().message;
    };
    CHECK(message({.content = "a", .body = pieces({})}) ==
          "content and body are both set; a request has one body: POST http://127.0.0.1:1/");
    CHECK(message({.body = {.length = 3}}) ==
          "body.next is not set: there is nothing that the body comes from: POST http://127.0.0.1:1/");
    BodySource both = pieces({});
    both.length = 0;
    both.trailers = [] { return Headers(); };
    CHECK(message({.body = both}) ==
          "body.length and body.trailers are both set; only a chunked body has trailers: POST http://127.0.0.1:1/");
}
