// Connections that are no longer HTTP, and clients that come to their end.
#include <ferry/ferry.hpp>

#include "tests/integration/scripted_origin.hpp"
#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace ferry;
using namespace std::chrono_literals;
using test::Peer;
using test::ScriptedOrigin;
using test::TestOrigin;

namespace {

constexpr const char* switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

Duplex open(Client& client, const std::string& url) {
    StreamingResponse response =
        client.stream("GET", url, {.headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}}});
    CHECK(response.status_code() == 101);
    REQUIRE(response.is_upgraded());
    return std::move(response).into_duplex();
}

/// Sends back what comes, and ends with the client.
void echo(Peer& peer) {
    peer.read_head();
    peer.send(std::string(switched) + "hello ");
    for (std::string line; !(line = peer.read_until("\n")).empty();) {
        peer.send(line);
    }
}

std::string read(Duplex& stream, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        const std::optional<Buffer> piece = stream.read();
        if (!piece) {
            return text;
        }
        text += piece->view();
    }
    return text;
}

}  // namespace

TEST_CASE("an upgrade gives a raw stream, with the bytes behind the head first") {
    ScriptedOrigin origin(echo);
    Client client;
    Duplex stream = open(client, origin.url());
    CHECK(stream.response().headers()["upgrade"] == "echo");
    CHECK(read(stream, 6) == "hello ");
    stream.write("ping\n");
    CHECK(read(stream, 5) == "ping\n");
    stream.write("last\n");
    stream.finish();
    stream.finish();
    CHECK(read(stream, 100) == "last\n");
    CHECK(stream.read() == std::nullopt);
    CHECK_THROWS_AS(stream.write("more"), StreamClosed);
    CHECK(stream.try_write("more").error().code == Errc::invalid_state);
    stream.close();
    CHECK_THROWS_AS(stream.read(), StreamClosed);
}

TEST_CASE("one thread reads a raw stream while another writes it") {
    constexpr std::size_t total = 20'000'000;
    ScriptedOrigin origin([](Peer& peer) {
        peer.read_head();
        peer.send(switched);
        for (std::string some; !(some = peer.read(100'000)).empty();) {
            peer.send(some);
        }
    });
    Client client;
    Duplex stream = open(client, origin.url());
    std::thread writer([&] {
        const std::string block(100'000, 'x');
        for (std::size_t written = 0; written < total; written += block.size()) {
            stream.write(block);
        }
        stream.finish();
    });
    std::size_t size = 0;
    while (const std::optional<Buffer> piece = stream.read()) {
        size += piece->size();
    }
    writer.join();
    CHECK(size == total);
}

TEST_CASE("a raw stream that is closed by another thread ends its reader") {
    ScriptedOrigin origin(echo);
    Client client;
    Duplex stream = open(client, origin.url());
    CHECK(read(stream, 6) == "hello ");
    std::thread closer([&] {
        std::this_thread::sleep_for(50ms);
        stream.close();
    });
    CHECK(stream.try_read().error().code == Errc::invalid_state);
    closer.join();
}

TEST_CASE("the peer may end its half first") {
    std::promise<std::string> received;
    ScriptedOrigin origin([&received](Peer& peer) {
        peer.read_head();
        peer.send(std::string(switched) + "bye");
        peer.finish();
        received.set_value(peer.read_all());
    });
    {
        Client client;
        Duplex stream = open(client, origin.url());
        CHECK(read(stream, 100) == "bye");
        CHECK(stream.read() == std::nullopt);
        stream.write("last words");
        stream.finish();
    }
    CHECK(received.get_future().get() == "last words");
}

TEST_CASE("CONNECT gives a raw stream, and a refusal is a response") {
    TestOrigin origin;
    Client client;
    StreamingResponse tunnel = client.stream("CONNECT", origin.url("/"), {.target = "far.test:443"});
    REQUIRE(tunnel.is_upgraded());
    Duplex stream = std::move(tunnel).into_duplex();
    stream.write("ping");
    CHECK(read(stream, 4) == "ping");
    stream.close();
    StreamingResponse refused = client.stream("CONNECT", origin.url("/"), {.target = "near.test:443"});
    CHECK_FALSE(refused.is_upgraded());
    CHECK(refused.status_code() == 403);
    CHECK_THROWS_AS(std::move(refused).into_duplex(), StreamConsumed);
    CHECK(refused.read_all().view() == "no");
}

TEST_CASE("a raw stream ends with its client") {
    ScriptedOrigin origin(echo);
    std::optional<Client> client(std::in_place);
    Duplex stream = open(*client, origin.url());
    client.reset();
    CHECK(read(stream, 6) == "hello ");
    CHECK(stream.try_read().error().code == Errc::client_closed);
    CHECK(stream.try_write("x").error().code == Errc::client_closed);
}

TEST_CASE("drain waits for what is under way, and refuses the rest") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    std::string text;
    std::thread busy([&] { text = client.get("delay/200").text(); });
    while (client.stats().active == 0) {
        std::this_thread::sleep_for(1ms);
    }
    CHECK(client.drain());
    busy.join();
    CHECK(text == "late");
    CHECK(client.try_get("json").error().code == Errc::client_closed);
    CHECK(client.stats().requests_done == 1);
    CHECK(client.stats().idle == 0);
    CHECK(client.drain());
    CHECK(client.drain(1s));
    CHECK(client.drain(0s));
}

TEST_CASE("drain with a limit ends what is left") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .timeout = std::nullopt});
    std::optional<Errc> code;
    std::thread busy([&] { code = client.try_get("silent").error().code; });
    while (client.stats().active == 0) {
        std::this_thread::sleep_for(1ms);
    }
    CHECK_FALSE(client.drain(50ms));
    busy.join();
    CHECK(code == Errc::client_closed);
    StreamingResponse nothing = [&] {
        Client other;
        StreamingResponse stream = other.stream("GET", origin.url("/bytes/100000000"));
        CHECK_FALSE(other.drain(0s));
        return stream;
    }();
    CHECK(nothing.try_read_all().error().code == Errc::client_closed);
}
