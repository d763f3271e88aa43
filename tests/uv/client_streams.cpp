// Responses piece by piece on a libuv loop.
#include "tests/uv/support.hpp"

#include <chrono>
#include <string>

using namespace ferry;
using namespace std::chrono_literals;
using test::Outcome;
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
    loop.after(1'500, [&] {  // Longer than the limit on silence.
        held = size;
        handle.consume(1);
        handle.consume(100'000);
    });
    loop.after(2'000, [&] {
        more = size;
        handle.resume();
    });
    loop.run();
    CHECK(held >= 1);
    CHECK(held <= window + 256 * 1024);
    CHECK(more > held);
    CHECK(more <= held + 100'001 + 256 * 1024);
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
