// Responses piece by piece, raw streams, and clients that come to their end, on an executor.
#include <ferry/asio.hpp>

#include "tests/asio/run.hpp"
#include "tests/integration/scripted_origin.hpp"
#include "tests/integration/test_origin.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace net = ::boost::asio;
using namespace std::chrono_literals;
using ferry::Buffer;
using ferry::Errc;
using ferry::asio::Client;
using ferry::asio::Duplex;
using ferry::asio::StreamingResponse;
using ferry::test::Peer;
using ferry::test::run;
using ferry::test::run_until;
using ferry::test::ScriptedOrigin;
using ferry::test::TestOrigin;

namespace {

constexpr const char* switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

/// Sends back what comes, and ends with the client.
void echo(Peer& peer) {
    peer.read_head();
    peer.send(std::string(switched) + "hello ");
    for (std::string line; !(line = peer.read_until("\n")).empty();) {
        peer.send(line);
    }
}

net::awaitable<Duplex> open(Client& client, std::string url) {
    ferry::Options options{.headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}}};
    StreamingResponse response = co_await client.stream("GET", url, options);
    CHECK(response.status_code() == 101);
    REQUIRE(response.is_upgraded());
    co_return std::move(response).into_duplex();
}

net::awaitable<std::string> read(Duplex& stream, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        const std::optional<Buffer> piece = co_await stream.read();
        if (!piece) {
            break;
        }
        text += piece->view();
    }
    co_return text;
}

/// What a call throws.
template <class Exception, class Call>
net::awaitable<bool> throws(Call call) {
    try {
        co_await call();
    } catch (const Exception&) {
        co_return true;
    }
    co_return false;
}

net::awaitable<void> rest(std::chrono::milliseconds time) {
    net::steady_timer timer(co_await net::this_coro::executor, time);
    co_await timer.async_wait(net::use_awaitable);
}

}  // namespace

TEST_CASE("a response is read piece by piece, with its trailers at the end") {
    TestOrigin origin;
    net::io_context context;
    Client client(context);
    run(context, [&]() -> net::awaitable<void> {
        StreamingResponse response = co_await client.stream("GET", origin.url("/chunked/2000000"));
        response.raise_for_status();
        CHECK(response.headers()["transfer-encoding"] == "chunked");
        CHECK(response.get_executor() == client.get_executor());
        std::size_t size = 0;
        while (const std::optional<Buffer> piece = co_await response.read()) {
            CHECK_FALSE(piece->empty());
            size += piece->size();
        }
        CHECK(size == 2'000'000);
        CHECK(response.response().trailers()["x-count"] == "2000000");
        CHECK(response.response().num_bytes_downloaded() == 2'000'000);
        const std::optional<Buffer> after = co_await response.read();
        CHECK_FALSE(after.has_value());
        const bool consumed = co_await throws<ferry::StreamConsumed>([&] { return response.read_all(); });
        CHECK(consumed);
        CHECK_FALSE(response.is_upgraded());
        CHECK_THROWS_AS(std::move(response).into_duplex(), ferry::StreamConsumed);
        client.close();
    }());
}

TEST_CASE("streams take callbacks, futures and the builder, and fail by value too") {
    TestOrigin origin;
    net::io_context context;
    Client client(context, {.base_url = origin.url("/")});
    std::optional<StreamingResponse> response;
    client.request("GET", "bytes/100000").header("a", "b").stream([&](std::exception_ptr e, StreamingResponse r) {
        CHECK(e == nullptr);
        response.emplace(std::move(r));
    });
    CHECK_FALSE(response.has_value());
    run_until(context, [&] { return response.has_value(); });
    std::future<Buffer> all = response->read_all(net::use_future);
    run_until(context, [&] { return ferry::test::ready(all); });
    CHECK(all.get().size() == 100'000);

    std::optional<Errc> refused;
    client.try_stream("GET", "ftp://h/", [&](const ferry::Result<StreamingResponse>& r) { refused = r.error().code; });
    std::optional<Errc> broken;
    std::optional<StreamingResponse> cut;
    client.request("GET", "short/1000").try_stream([&](ferry::Result<StreamingResponse> r) {
        cut.emplace(*std::move(r));
        cut->try_read_all([&](const ferry::Result<Buffer>& body) { broken = body.error().code; });
    });
    bool thrown = false;
    client.stream("GET", "drop", [&](const std::exception_ptr& e, const StreamingResponse&) { thrown = e != nullptr; });
    run_until(context, [&] { return refused && broken && thrown; });
    CHECK(refused == Errc::unsupported_protocol);
    CHECK(broken == Errc::truncated_body);
    CHECK(client.stats().active == 0);
}

TEST_CASE("a request takes a token without options") {
    TestOrigin origin;
    net::io_context context;
    Client client(context);
    std::future<ferry::Response> response = client.request("GET", origin.url("/json"), net::use_future);
    run_until(context, [&] { return ferry::test::ready(response); });
    CHECK(response.get().status_code() == 200);
}

TEST_CASE(
    "a stream that is not read holds the server back, and one that is closed early keeps its connection if it can") {
    TestOrigin origin;
    net::io_context context;
    Client client(context, {.timeout = 500ms});
    run(context, [&]() -> net::awaitable<void> {
        {
            StreamingResponse response = co_await client.stream("GET", origin.url("/bytes/50000000"));
            co_await rest(700ms);  // Longer than the limit on silence.
            const Buffer all = co_await response.read_all();
            CHECK(all.size() == 50'000'000);
        }
        {
            const StreamingResponse small = co_await client.stream("GET", origin.url("/bytes/30000"));
        }
        co_await rest(100ms);
        CHECK(client.stats().connections_opened == 1);
        CHECK(client.stats().idle == 1);
        StreamingResponse large = co_await client.stream("GET", origin.url("/bytes/50000000"));
        large.close();
        const ferry::Result<std::optional<Buffer>> closed = co_await large.try_read();
        CHECK(closed.error().code == Errc::invalid_state);
        const bool thrown = co_await throws<ferry::StreamClosed>([&] { return large.read(); });
        CHECK(thrown);
        co_await rest(100ms);
        CHECK(client.stats().idle == 0);
        CHECK(client.stats().closed[ferry::CloseReason::rest_unwanted] == 1);
        CHECK(client.stats().connections_reused == 2);
    }());
}

TEST_CASE("a read that is cancelled takes nothing, and the stream goes on") {
    const auto type = GENERATE(net::cancellation_type::terminal, net::cancellation_type::total);
    std::promise<void> more;
    ScriptedOrigin origin([&](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        more.get_future().wait();
        peer.send("body");
    });
    net::io_context context;
    Client client(context);
    std::optional<StreamingResponse> response;
    client.stream("GET", origin.url(),
                  [&](std::exception_ptr, StreamingResponse r) { response.emplace(std::move(r)); });
    run_until(context, [&] { return response.has_value(); });
    net::cancellation_signal signal;
    std::vector<Errc> codes;
    const auto note = [&](const ferry::Result<std::optional<Buffer>>& r) { codes.push_back(r.error().code); };
    response->try_read(net::bind_cancellation_slot(signal.slot(), note));
    response->try_read(note);
    run_until(context, [&] { return codes.size() == 1; });
    CHECK(codes == std::vector{Errc::invalid_state});  // One at a time.
    signal.emit(type);
    CHECK(codes.size() == 1);
    run_until(context, [&] { return codes.size() == 2; });
    CHECK(codes.back() == Errc::cancelled);
    more.set_value();
    std::future<Buffer> all = response->read_all(net::use_future);
    run_until(context, [&] { return ferry::test::ready(all); });
    CHECK(all.get().view() == "body");
}

TEST_CASE("a stream is cancelled until its head has come") {
    TestOrigin origin;
    net::io_context context;
    Client client(context);
    net::cancellation_signal signal;
    std::optional<Errc> code;
    client.try_stream("GET", origin.url("/silent"),
                      net::bind_cancellation_slot(
                          signal.slot(), [&](const ferry::Result<StreamingResponse>& r) { code = r.error().code; }));
    run_until(context, [&] { return origin.requests() == 1; });
    signal.emit(net::cancellation_type::total);
    CHECK_FALSE(code.has_value());
    run_until(context, [&] { return code.has_value(); });
    CHECK(code == Errc::cancelled);
    CHECK(client.stats().active == 0);
}

TEST_CASE("an upgrade gives a raw stream, with the bytes behind the head first") {
    ScriptedOrigin origin(echo);
    net::io_context context;
    Client client(context);
    run(context, [&]() -> net::awaitable<void> {
        Duplex stream = co_await open(client, origin.url());
        CHECK(stream.response().headers()["upgrade"] == "echo");
        std::string text = co_await read(stream, 6);
        CHECK(text == "hello ");
        co_await stream.write("ping\n");
        text = co_await read(stream, 5);
        CHECK(text == "ping\n");
        co_await stream.write("last\n");
        stream.finish();
        stream.finish();
        text = co_await read(stream, 100);
        CHECK(text == "last\n");
        const std::optional<Buffer> end = co_await stream.read();
        CHECK_FALSE(end.has_value());
        const bool finished = co_await throws<ferry::StreamClosed>([&] { return stream.write("more"); });
        CHECK(finished);
        const ferry::Result<void> refused = co_await stream.try_write("more");
        CHECK(refused.error().code == Errc::invalid_state);
        stream.close();
        const bool closed = co_await throws<ferry::StreamClosed>([&] { return stream.read(); });
        CHECK(closed);
    }());
}

TEST_CASE("a raw stream is one of Asio's") {
    ScriptedOrigin origin(echo);
    net::io_context context;
    Client client(context);
    run(context, [&]() -> net::awaitable<void> {
        Duplex stream = co_await open(client, origin.url());
        std::string input;
        const std::string line = "one line\n";
        co_await net::async_write(stream, net::buffer(line), net::use_awaitable);
        std::size_t size = co_await net::async_read_until(stream, net::dynamic_buffer(input), '\n', net::use_awaitable);
        CHECK(input.substr(0, size) == "hello one line\n");
        char byte = 0;
        co_await net::async_write(stream, net::buffer(std::string_view("ab\n")), net::use_awaitable);
        size = co_await stream.async_read_some(net::buffer(&byte, 1), net::use_awaitable);
        CHECK(size == 1);
        CHECK(byte == 'a');
        const std::optional<Buffer> piece = co_await stream.read();  // What is left of what came.
        CHECK(piece->view() == "b\n");
        size = co_await stream.async_read_some(net::mutable_buffer(), net::use_awaitable);
        CHECK(size == 0);
        stream.finish();
        ::boost::system::error_code error;
        size = co_await stream.async_read_some(net::buffer(&byte, 1), net::redirect_error(net::use_awaitable, error));
        CHECK(size == 0);
        CHECK(error == net::error::eof);
        stream.lowest_layer().close();
        size = co_await stream.async_write_some(net::buffer(&byte, 1), net::redirect_error(net::use_awaitable, error));
        CHECK(error == make_error_code(Errc::invalid_state));
    }());
}

TEST_CASE("a raw stream carries much in both directions at once") {
    using namespace net::experimental::awaitable_operators;
    constexpr std::size_t total = 20'000'000;
    ScriptedOrigin origin([](Peer& peer) {
        peer.read_head();
        peer.send(switched);
        for (std::string some; !(some = peer.read(100'000)).empty();) {
            peer.send(some);
        }
    });
    net::io_context context;
    Client client(context);
    std::size_t size = 0;
    run(context, [&]() -> net::awaitable<void> {
        Duplex stream = co_await open(client, origin.url());
        const auto writer = [&]() -> net::awaitable<void> {
            const std::string block(100'000, 'x');
            for (std::size_t written = 0; written < total; written += block.size()) {
                co_await stream.write(block);
            }
            stream.finish();
        };
        const auto reader = [&]() -> net::awaitable<void> {
            while (const std::optional<Buffer> piece = co_await stream.read()) {
                size += piece->size();
            }
        };
        co_await (writer() && reader());
    }());
    CHECK(size == total);
}

TEST_CASE("a write waits for the peer, and may be cancelled or closed meanwhile") {
    std::promise<void> done;
    ScriptedOrigin origin([&](Peer& peer) {
        peer.read_head();
        peer.send(switched);
        done.get_future().wait();
    });
    net::io_context context;
    Client client(context, {.timeout = std::nullopt});
    std::optional<Duplex> stream;
    net::co_spawn(
        context, [&]() -> net::awaitable<void> { stream = co_await open(client, origin.url()); }, net::detached);
    run_until(context, [&] { return stream.has_value(); });
    const Buffer block(std::string(1'000'000, 'x'));
    std::size_t taken = 0;
    std::optional<Errc> ended;
    net::cancellation_signal signal;
    const auto write = [&](auto& self) -> void {
        stream->try_write(block, net::bind_cancellation_slot(signal.slot(), [&](const ferry::Result<void>& r) {
                              if (r) {
                                  ++taken;
                                  self(self);
                              } else {
                                  ended = r.error().code;
                              }
                          }));
    };
    write(write);
    context.restart();
    context.run_for(300ms);
    CHECK(taken > 0);
    CHECK(taken < 100);
    CHECK_FALSE(ended.has_value());
    signal.emit(net::cancellation_type::partial);
    run_until(context, [&] { return ended.has_value(); });
    CHECK(ended == Errc::cancelled);
    ended.reset();
    stream->try_write(block, [&](const ferry::Result<void>& r) { ended = r.error().code; });
    stream.reset();  // As close().
    run_until(context, [&] { return ended.has_value(); });
    CHECK(ended == Errc::invalid_state);
    done.set_value();
}

TEST_CASE("CONNECT gives a raw stream, and a refusal is a response") {
    TestOrigin origin;
    net::io_context context;
    Client client(context);
    run(context, [&]() -> net::awaitable<void> {
        ferry::Options options{.target = "far.test:443"};
        StreamingResponse tunnel = co_await client.stream("CONNECT", origin.url("/"), options);
        REQUIRE(tunnel.is_upgraded());
        Duplex stream = std::move(tunnel).into_duplex();
        co_await stream.write("ping");
        const std::string text = co_await read(stream, 4);
        CHECK(text == "ping");
        stream.close();
        options.target = "near.test:443";
        StreamingResponse refused = co_await client.stream("CONNECT", origin.url("/"), options);
        CHECK_FALSE(refused.is_upgraded());
        CHECK(refused.status_code() == 403);
        const Buffer body = co_await refused.read_all();
        CHECK(body.view() == "no");
        client.close();
    }());
}

TEST_CASE("streams end with their client, and outlive it") {
    ScriptedOrigin origin(echo);
    net::io_context context;
    std::optional<Client> client(std::in_place, context);
    run(context, [&]() -> net::awaitable<void> {
        Duplex stream = co_await open(*client, origin.url());
        client.reset();
        co_await rest(1ms);
        const std::string text = co_await read(stream, 6);
        CHECK(text == "hello ");
        const ferry::Result<std::optional<Buffer>> ended = co_await stream.try_read();
        CHECK(ended.error().code == Errc::cancelled);
        const ferry::Result<void> refused = co_await stream.try_write("x");
        CHECK(refused.error().code == Errc::cancelled);
    }());
}

TEST_CASE("a context that ends with streams under way destroys their handlers uncalled") {
    const bool strand = GENERATE(false, true);
    const std::string path = GENERATE("/silent", "/stall/1000", "/bytes/50000000");
    TestOrigin origin;
    const auto held = std::make_shared<int>(0);
    std::optional<StreamingResponse> outlives;
    {
        net::io_context context;
        const net::any_io_executor executor =
            strand ? net::any_io_executor(net::make_strand(context)) : net::any_io_executor(context.get_executor());
        Client client(executor);
        client.stream("GET", origin.url("/bytes/50000000"),
                      [&](std::exception_ptr, StreamingResponse r) { outlives.emplace(std::move(r)); });
        net::co_spawn(
            executor,
            [](Client& used, std::string url, std::shared_ptr<int> kept) -> net::awaitable<void> {
                StreamingResponse response = co_await used.stream("GET", url);
                while (const std::optional<Buffer> piece = co_await response.read()) {
                    ++*kept;
                    co_await rest(1ms);
                }
            }(client, origin.url(path), held),
            net::detached);
        run_until(context, [&] { return outlives.has_value() && origin.requests() == 2; });
        context.restart();
        context.run_for(5ms);
    }
    CHECK(held.use_count() == 1);
    outlives->read_all([held](const std::exception_ptr&, const Buffer&) { *held = -1; });
    CHECK(held.use_count() == 1);
    CHECK(*held >= 0);
}

TEST_CASE("drain waits for what is under way, and refuses the rest") {
    TestOrigin origin;
    net::io_context context;
    Client client(context, {.base_url = origin.url("/")});
    run(context, [&]() -> net::awaitable<void> {
        std::string late;
        net::co_spawn(
            context,
            [&]() -> net::awaitable<void> {
                const ferry::Response r = co_await client.get("delay/100");
                late = r.text();
            },
            net::detached);
        co_await rest(10ms);
        const bool whole = co_await client.drain();
        CHECK(whole);
        CHECK(late == "late");
        const ferry::Result<ferry::Response> refused = co_await client.try_get("json");
        CHECK(refused.error().code == Errc::client_closed);
        CHECK(client.stats().requests_done == 1);
        CHECK(client.stats().idle == 0);
        const bool again = co_await client.drain(0s);
        CHECK(again);
    }());
}

TEST_CASE("drain with a limit ends what is left; one that is cancelled goes on unattended") {
    TestOrigin origin;
    net::io_context context;
    Client client(context, {.base_url = origin.url("/"), .timeout = std::nullopt});
    std::optional<Errc> code;
    client.try_get("silent", [&](const ferry::Result<ferry::Response>& r) { code = r.error().code; });
    run_until(context, [&] { return origin.requests() == 1; });
    net::cancellation_signal signal;
    std::vector<bool> drained;
    const auto note = [&](bool whole) { drained.push_back(whole); };
    client.drain(net::bind_cancellation_slot(signal.slot(), note));
    context.poll();
    signal.emit(net::cancellation_type::terminal);
    run_until(context, [&] { return drained.size() == 1; });
    CHECK_FALSE(code.has_value());
    client.drain(20ms, note);
    run_until(context, [&] { return drained.size() == 2; });
    CHECK(code == Errc::client_closed);
    CHECK(drained == std::vector{false, false});
}

TEST_CASE("a drain that the limit of another one has ended was not whole") {
    TestOrigin origin;
    net::io_context context;
    Client client(context, {.base_url = origin.url("/"), .timeout = std::nullopt});
    client.try_get("silent", [](const ferry::Result<ferry::Response>&) {});
    run_until(context, [&] { return origin.requests() == 1; });
    std::vector<bool> drained;
    const auto note = [&](bool whole) { drained.push_back(whole); };
    SECTION("set earlier") {
        client.drain(20ms, note);
        client.drain(note);
    }
    SECTION("set later") {
        client.drain(10s, note);
        client.drain(20ms, note);
    }
    run_until(context, [&] { return drained.size() == 2; });
    CHECK(drained == std::vector{false, false});
}

TEST_CASE("close ends a drain, which then was not whole") {
    TestOrigin origin;
    net::io_context context;
    Client client(context);
    client.try_get(origin.url("/silent"), [](const ferry::Result<ferry::Response>&) {});
    run_until(context, [&] { return origin.requests() == 1; });
    std::optional<bool> whole;
    client.drain([&](bool ended) { whole = ended; });
    context.poll();
    client.close();
    run_until(context, [&] { return whole.has_value(); });
    CHECK(whole == false);
}

TEST_CASE("a body's source is asked no faster than the peer reads, and may close the client") {
    std::promise<void> done;
    ScriptedOrigin origin([&](Peer& peer) {
        peer.read_head();
        done.get_future().wait();
    });
    net::io_context context;
    Client client(context, {.timeout = std::nullopt});
    std::size_t asked = 0;
    std::optional<Errc> code;
    const ferry::Options options{.body = {.next = [&]() -> std::optional<Buffer> {
                                     ++asked;
                                     return Buffer(std::string(100'000, 'x'));
                                 }}};
    client.try_post(origin.url(), options, [&](const ferry::Result<ferry::Response>& r) { code = r.error().code; });
    context.run_for(200ms);
    const std::size_t at_first = asked;
    CHECK(at_first > 2);
    CHECK(at_first < 200);  // 20 MB: the system's buffers, and 256 KiB.
    context.restart();
    context.run_for(100ms);
    CHECK(asked <= at_first + 1);
    CHECK_FALSE(code.has_value());
    done.set_value();
    run_until(context, [&] { return code.has_value(); });
}

TEST_CASE("a source without an end keeps neither limits nor others waiting, and may end everything") {
    ScriptedOrigin origin([](Peer& peer) {
        while (!peer.read(1'000'000).empty()) {
        }
    });
    TestOrigin other;
    net::io_context context;
    std::optional<Client> client(std::in_place, context);
    std::optional<Errc> code;
    std::optional<int> status;
    bool stop = false;
    const ferry::Options endless{.timeout = ferry::Timeout{.total = 200ms},
                                 .body = {.next = [&] {
                                     if (stop) {
                                         client.reset();
                                     }
                                     return std::optional(Buffer(std::string(10'000, 'x')));
                                 }}};
    const auto ended = [&](const ferry::Result<ferry::Response>& r) { code = r.error().code; };
    client->try_post(origin.url(), endless, ended);
    client->try_get(other.url("/delay/20"), [&](const ferry::Result<ferry::Response>& r) {
        status = r->status_code();
        CHECK_FALSE(code.has_value());
    });
    run_until(context, [&] { return code.has_value(); });
    CHECK(code == Errc::total_timeout);
    CHECK(status == 200);
    code.reset();
    stop = true;
    client->try_post(origin.url(), endless, ended);
    run_until(context, [&] { return code.has_value(); });
    CHECK(code == Errc::cancelled);
}

TEST_CASE("a body's source may end the stream that it belongs to") {
    ScriptedOrigin origin([](Peer& peer) {
        peer.read_head();
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (!peer.read(1'000'000).empty()) {
        }
    });
    net::io_context context;
    Client client(context);
    std::optional<StreamingResponse> response;
    bool closed = false;
    const ferry::Options options{.body = {.next = [&]() -> std::optional<Buffer> {
                                     closed = closed || response.has_value();
                                     response.reset();
                                     return Buffer(std::string(10'000, 'x'));
                                 }}};
    client.stream("POST", origin.url(), options, [&](const std::exception_ptr& e, StreamingResponse r) {
        CHECK(e == nullptr);
        response.emplace(std::move(r));
    });
    run_until(context, [&] { return closed && client.stats().active == 0; });
    CHECK(client.stats().requests_done == 1);
}
