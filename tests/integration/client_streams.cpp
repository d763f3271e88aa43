// Responses that are read piece by piece.
#include <ferry/ferry.hpp>

#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace ferry;
using namespace std::chrono_literals;
using test::TestOrigin;

namespace {

bool soon(const auto& condition) {
    for (int i = 0; i < 500; ++i) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

}  // namespace

TEST_CASE("a stream gives the head first and the body in pieces") {
    TestOrigin origin;
    Client client;
    StreamingResponse stream = client.stream("GET", origin.url("/chunked/2000000"));
    CHECK(stream.status_code() == 200);
    CHECK(stream.reason_phrase() == "OK");
    CHECK(stream.http_version() == "HTTP/1.1");
    CHECK(stream.headers()["transfer-encoding"] == "chunked");
    CHECK(stream.url().str() == origin.url("/chunked/2000000"));
    CHECK(&stream.raise_for_status() == &stream);
    std::size_t size = 0;
    std::size_t pieces = 0;
    while (const std::optional<Buffer> piece = stream.read()) {
        CHECK_FALSE(piece->empty());
        size += piece->size();
        ++pieces;
    }
    CHECK(size == 2'000'000);
    CHECK(pieces > 1);
    CHECK(stream.read() == std::nullopt);
    CHECK(stream.response().trailers()["x-count"] == "2000000");
    CHECK(stream.response().num_bytes_downloaded() == 2'000'000);
    CHECK(stream.response().elapsed() > 0s);
    CHECK(stream.headers()["transfer-encoding"] == "chunked");
    CHECK(client.get(origin.url("/json")).is_success());
    CHECK(origin.connections() == 1);
}

TEST_CASE("read_all gives what is left") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    StreamingResponse stream = client.stream("GET", "bytes/1000000", {.headers = {{"a", "b"}}});
    const std::size_t first = stream.read()->size();
    CHECK(stream.read_all().size() == 1'000'000 - first);
    CHECK_THROWS_AS(stream.read_all(), StreamConsumed);
    CHECK(stream.try_read_all().error().code == Errc::invalid_state);
    CHECK(stream.read() == std::nullopt);
    CHECK(client.stream("GET", "bytes/0").read_all().empty());
    CHECK(client.stream("HEAD", "bytes/7").read_all().empty());
    CHECK(client.stream("GET", "bytes/1000", {.max_decoded_bytes = 1000}).read_all().size() == 1000);
    CHECK(client.stream("GET", "bytes/1000", {.max_decoded_bytes = 999}).try_read_all().error().code ==
          Errc::body_too_large);
}

TEST_CASE("what is not read stays with the server") {
    TestOrigin origin;
    Client client;
    constexpr std::uint64_t total = 200'000'000;
    StreamingResponse stream = client.stream("GET", origin.url("/bytes/200000000"));
    // Another request turns the loop, and must not pull the stream's bytes in.
    CHECK(client.get(origin.url("/delay/300")).is_success());
    CHECK(origin.sent() < total / 4);
    Buffer piece = *stream.read();
    CHECK(piece.size() <= 2 * 1024 * 1024);
    std::uint64_t size = piece.size();
    while (const std::optional<Buffer> more = stream.read()) {
        size += more->size();
    }
    CHECK(size == total);
}

TEST_CASE("a slow reader is not a slow server: the read timeout waits for it") {
    TestOrigin origin;
    Client client;
    StreamingResponse stream = client.stream("GET", origin.url("/bytes/30000000"), {.timeout = Timeout{.read = 200ms}});
    CHECK(client.get(origin.url("/delay/500")).is_success());
    CHECK(stream.read_all().size() == 30'000'000);
}

TEST_CASE("a stream that is closed early gives its connection back if little is left, else it closes it") {
    TestOrigin origin;
    Client client;
    {
        StreamingResponse stream = client.stream("GET", origin.url("/stall/1000"));
        CHECK(stream.read()->size() == 500);
        stream.close();
        stream.close();
        CHECK_THROWS_AS(stream.read(), StreamClosed);
        CHECK_THROWS_AS(stream.read_all(), StreamClosed);
        CHECK(stream.try_read().error().code == Errc::invalid_state);
        CHECK(stream.status_code() == 200);
    }
    {
        const StreamingResponse dropped = client.stream("GET", origin.url("/bytes/200000000"));
    }
    CHECK(soon([&] { return origin.ended() >= 1; }));
    CHECK(client.stats().active <= 1);  // Half of the stalled one is still awaited.
    CHECK(client.stats().requests_done == 2);
    CHECK(client.get(origin.url("/delay/300")).is_success());
    CHECK(client.stats().active == 0);

    const int before = origin.connections();
    {
        const std::uint64_t sent = origin.sent();
        StreamingResponse stream = client.stream("GET", origin.url("/bytes/50000"));
        CHECK(stream.status_code() == 200);
        CHECK(soon([&] { return origin.sent() >= sent + 50'000; }));
    }
    CHECK(client.get(origin.url("/json")).is_success());
    CHECK(origin.connections() == before);
}

TEST_CASE("a stream can be moved and outlives its client as an error") {
    TestOrigin origin;
    auto client = std::make_unique<Client>();
    StreamingResponse first = client->stream("GET", origin.url("/stall/1000"));
    StreamingResponse second = std::move(first);
    CHECK(second.read()->size() == 500);
    client.reset();
    CHECK(second.try_read().error().code == Errc::client_closed);
    CHECK_THROWS_AS(second.read(), ReadError);
    second = StreamingResponse(std::move(second));
}

TEST_CASE("a stream fails where its request does") {
    TestOrigin origin;
    Client client;
    CHECK_THROWS_AS(client.stream("GET", origin.url("/drop")), RemoteProtocolError);
    CHECK_THROWS_AS(client.stream("GET", "nonsense"), UnsupportedProtocol);
    CHECK(client.try_stream("BAD METHOD", origin.url("/json")).error().code == Errc::invalid_method);
    StreamingResponse truncated = client.stream("GET", origin.url("/short/1000"));
    CHECK(truncated.read()->size() == 500);
    CHECK_THROWS_AS(truncated.read(), RemoteProtocolError);
    CHECK(truncated.try_read().error().code == Errc::truncated_body);
    StreamingResponse stalled = client.stream("GET", origin.url("/stall/10"), {.timeout = Timeout{.read = 100ms}});
    CHECK(stalled.try_read_all().error().code == Errc::read_timeout);
    CHECK_THROWS_AS(client.stream("GET", origin.url("/status/500")).raise_for_status(), HttpStatusError);
}

TEST_CASE("the builder streams too") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    StreamingResponse stream = client.request("GET", "echo").header("X-Name", "value").stream();
    CHECK(stream.read_all().view().find("X-Name: value") != std::string_view::npos);
    CHECK(client.request("GET", "bytes/10").try_stream()->read_all().size() == 10);
    CHECK(client.request("GET", "drop").try_stream().error().code == Errc::server_disconnected);
    CHECK_THROWS_AS(client.request("GET", "drop").stream(), RemoteProtocolError);
}
