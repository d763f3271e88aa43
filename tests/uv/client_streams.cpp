// Responses piece by piece on a libuv loop.
#include "tests/integration/scripted_origin.hpp"
#include "tests/uv/support.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using test::Outcome;
using test::Peer;
using test::ScriptedOrigin;
using test::TestOrigin;
using test::UvLoop;

TEST_CASE("a stream gives the head, the body in pieces, and the end with the trailers") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    std::string order;
    std::size_t size = 0;
    Outcome outcome;
    client.stream("GET", origin.url("/chunked/2000000"),
                  {.on_head =
                       [&](const Response& head) {
                           CHECK(head.status_code() == 200);
                           CHECK(head.headers()["transfer-encoding"] == "chunked");
                           order += 'h';
                       },
                   .on_body =
                       [&](std::span<const std::byte> bytes) {
                           CHECK_FALSE(bytes.empty());
                           size += bytes.size();
                           order += order.ends_with('b') ? "" : "b";
                       },
                   .on_done = outcome.callback()});
    loop.run();
    CHECK(order == "hb");
    CHECK(size == 2'000'000);
    REQUIRE(outcome.status() == 200);
    CHECK((*outcome.result)->content().empty());
    CHECK((*outcome.result)->trailers()["x-count"] == "2000000");
    CHECK((*outcome.result)->headers()["transfer-encoding"] == "chunked");
    CHECK((*outcome.result)->num_bytes_downloaded() == 2'000'000);
}

TEST_CASE("a paused stream holds the server back, and goes on") {
    constexpr std::size_t all = 50'000'000;
    constexpr std::size_t window = 256 * 1024;
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.timeout = Timeout{.read = 1s}});
    Outcome outcome;
    std::size_t size = 0;
    uv::RequestHandle handle;
    handle = client.stream("GET", origin.url("/bytes/" + std::to_string(all)),
                           {.on_body =
                                [&](std::span<const std::byte> bytes) {
                                    if (size == 0) {
                                        handle.pause();
                                    }
                                    size += bytes.size();
                                },
                            .on_done = outcome.callback()});
    std::size_t held = 0;
    std::size_t more = 0;
    std::size_t consumed = 1;
    loop.after(1'500, [&] {  // Longer than the limit on silence.
        held = size;
        handle.consume(1);
        const std::size_t rest =
            (held > window ? held - window : 0) + 100'000;  // One read may bring more than is asked for.
        handle.consume(rest);
        consumed += rest;
    });
    loop.after(2'000, [&] {
        more = size;
        handle.resume();
    });
    loop.run();
    CHECK(held >= 1);
    CHECK(held <= window + 256 * 1024);
    CHECK(more > held);
    CHECK(more <= consumed + window + 256 * 1024);
    CHECK(outcome.status() == 200);
    CHECK(size == all);
}

TEST_CASE("a stream can be cancelled in its callbacks") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    Outcome at_head;
    Outcome at_body;
    uv::RequestHandle first;
    uv::RequestHandle second;
    int bodies = 0;
    first = client.stream("GET", origin.url("/bytes/1000000"),
                          {.on_head = [&](const Response&) { first.cancel(); },
                           .on_body = [&](std::span<const std::byte>) { bodies = 100; },
                           .on_done = at_head.callback()});
    second = client.request("GET", origin.url("/bytes/10000000"))
                 .stream({.on_body =
                              [&](std::span<const std::byte>) {
                                  ++bodies;
                                  second.cancel();
                              },
                          .on_done = at_body.callback()});
    CHECK(first.is_active());
    loop.run();
    CHECK(at_head.is(Errc::cancelled));
    CHECK(at_body.is(Errc::cancelled));
    CHECK(bodies == 1);
    CHECK_FALSE(first.is_active());
}

TEST_CASE("a stream that breaks off fails, and so does one that cannot be sent") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    Outcome cut;
    Outcome bad;
    std::size_t size = 0;
    client.stream(
        "GET", origin.url("/short/1000"),
        {.on_body = [&](std::span<const std::byte> bytes) { size += bytes.size(); }, .on_done = cut.callback()});
    client.stream("GET", "no url", {.on_done = bad.callback()});
    client.stream("GET", origin.url("/bytes/100"), {});
    loop.run();
    CHECK(size == 500);
    CHECK(cut.is(Errc::truncated_body));
    CHECK(bad.is(Errc::unsupported_protocol));
}

namespace {

constexpr const char* switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";

Options upgrade() { return {.headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}}}; }

/// Sends back what comes, and ends with the client.
void echo(Peer& peer) {
    peer.read_head();
    peer.send(std::string(switched) + "hello ");
    for (std::string line; !(line = peer.read_until("\n")).empty();) {
        peer.send(line);
    }
}

/// A raw stream, once it is there, and what comes.
struct Raw {
    uv::Duplex stream{};
    std::string text{};
    bool peer_done = false;
    Outcome outcome{};

    uv::Receiver receiver() {
        return {.on_body = [this](std::span<const std::byte> bytes) { text += as_text(bytes); },
                .on_done = outcome.callback(),
                .on_upgraded = [this](uv::Duplex duplex) { stream = std::move(duplex); },
                .on_peer_done = [this] { peer_done = true; }};
    }
};

}  // namespace

TEST_CASE("a stream that is discarded ends well, and keeps its connection if little is left") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    const auto discard = [&](const std::string& path) {
        Outcome outcome;
        uv::RequestHandle handle;
        int bodies = 0;
        handle = client.stream("GET", origin.url(path),
                               {.on_head = [&](const Response&) { handle.discard(); },
                                .on_body = [&](std::span<const std::byte>) { ++bodies; },
                                .on_done = outcome.callback()});
        loop.run_until([&] { return outcome.calls > 0; });
        CHECK(outcome.status() == 200);
        CHECK(bodies == 0);
        CHECK_FALSE(handle.is_active());
        bool rested = false;
        loop.after(100, [&] { rested = true; });
        loop.run_until([&] { return rested; });
    };
    discard("/bytes/30000");
    CHECK(client.stats().idle == 1);
    discard("/bytes/50000000");
    CHECK(client.stats().connections_opened == 1);
    CHECK(client.stats().closed[CloseReason::rest_unwanted] == 1);

    Outcome early;
    client.get(origin.url("/silent"), early.callback()).discard();
    loop.run_until([&] { return early.calls > 0; });
    CHECK(early.is(Errc::cancelled));
}

TEST_CASE("an upgrade gives a raw stream, with the bytes behind the head first") {
    ScriptedOrigin origin(echo);
    UvLoop loop;
    uv::Client client(loop.get());
    Raw raw;
    client.stream("GET", origin.url(), upgrade(), raw.receiver());
    loop.run_until([&] { return raw.text == "hello "; });
    std::string taken;
    raw.stream.write("ping\n", [&](Result<void> r) { taken += r ? "1" : "-"; });
    raw.stream.write("last\n", [&](Result<void> r) { taken += r ? "2" : "-"; });
    CHECK(taken.empty());
    raw.stream.finish();
    raw.stream.finish();
    std::optional<Errc> refused;
    raw.stream.write("more", [&](Result<void> r) { refused = r.error().code; });
    CHECK_FALSE(refused.has_value());
    loop.run_until([&] { return raw.outcome.calls > 0; });
    CHECK(taken == "12");
    CHECK(refused == Errc::invalid_state);
    CHECK(raw.text == "hello ping\nlast\n");
    CHECK(raw.peer_done);
    CHECK(raw.outcome.status() == 101);
    refused.reset();
    raw.stream.write("more", [&](Result<void> r) { refused = r.error().code; });
    loop.run_until([&] { return refused.has_value(); });
    CHECK(refused == Errc::invalid_state);
}

TEST_CASE("an upgrade that nobody takes is a failure, and one that is cancelled ends its writes") {
    ScriptedOrigin origin(echo);
    UvLoop loop;
    uv::Client client(loop.get());
    Outcome nobody;
    client.stream("GET", origin.url(), upgrade(), {.on_done = nobody.callback()});
    loop.run_until([&] { return nobody.calls > 0; });
    CHECK(nobody.is(Errc::unsupported_protocol));

    Raw raw;
    client.stream("GET", origin.url(), upgrade(), raw.receiver());
    loop.run_until([&] { return raw.text == "hello "; });
    std::vector<Errc> codes;
    const auto note = [&](Result<void> r) {
        if (!r) {
            codes.push_back(r.error().code);
        }
    };
    const std::string block(8'000'000, 'x');  // Of one line that never ends: the peer takes it and sends nothing.
    raw.stream.write(block);
    raw.stream.write(block, note);
    raw.stream.write("end", note);
    raw.stream.cancel();
    loop.run();
    CHECK(raw.outcome.is(Errc::cancelled));
    CHECK(codes == std::vector{Errc::cancelled, Errc::cancelled});
}

TEST_CASE("a raw stream carries much in both directions at once, and can be paused") {
    constexpr std::size_t total = 20'000'000;
    ScriptedOrigin origin([](Peer& peer) {
        peer.read_head();
        peer.send(switched);
        for (std::string some; !(some = peer.read(100'000)).empty();) {
            peer.send(some);
        }
    });
    UvLoop loop;
    uv::Client client(loop.get());
    Raw raw;
    std::size_t size = 0;
    std::size_t written = 0;
    uv::Receiver receiver = raw.receiver();
    std::function<void()> write = [&] {
        written += 100'000;
        raw.stream.write(std::string(100'000, 'x'), [&](Result<void> r) {
            REQUIRE(r.has_value());
            written < total ? write() : raw.stream.finish();
        });
    };
    receiver.on_upgraded = [&](uv::Duplex stream) {
        raw.stream = std::move(stream);
        raw.stream.pause();
        loop.after(50, [&] { raw.stream.resume(); });
        write();
    };
    receiver.on_body = [&](std::span<const std::byte> bytes) { size += bytes.size(); };
    client.stream("GET", origin.url(), upgrade(), std::move(receiver));
    loop.run();
    CHECK(size == total);
    CHECK(raw.outcome.status() == 101);
}

TEST_CASE("CONNECT gives a raw stream, and a refusal is a response") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    Raw tunnel;
    uv::Receiver receiver = tunnel.receiver();
    receiver.on_upgraded = [&](uv::Duplex stream) {
        tunnel.stream = std::move(stream);
        tunnel.stream.write("ping");
    };
    client.stream("CONNECT", origin.url("/"), {.target = "far.test:443"}, std::move(receiver));
    loop.run_until([&] { return tunnel.text == "ping"; });
    tunnel.stream.cancel();
    Raw refused;
    client.stream("CONNECT", origin.url("/"), {.target = "near.test:443"}, refused.receiver());
    loop.run();
    CHECK(refused.outcome.status() == 403);
    CHECK(refused.text == "no");
}
