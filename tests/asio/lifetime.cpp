// Who may go first.
#include <ferry/asio.hpp>

#include "tests/asio/run.hpp"
#include "tests/integration/test_origin.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace net = ::boost::asio;
using namespace std::chrono_literals;
using ferry::test::run_until;
using ferry::test::TestOrigin;

namespace {

std::size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Where a request can be when something is destroyed.
const std::vector<std::string> phases{"/silent", "/stall/1000", "/delay/20", "/bytes/3000000"};

net::awaitable<void> wait_for_ever(std::string url, std::shared_ptr<int> held) {
    ferry::asio::Client client(co_await net::this_coro::executor);
    ++*held;
    co_await client.get(url);
}

}  // namespace

TEST_CASE("a client that is destroyed first: each completion comes once, as cancelled") {
    const auto run_before = GENERATE(0ms, 40ms);
    TestOrigin origin;
    net::io_context context;
    std::vector<ferry::Errc> codes;
    {
        ferry::asio::Client client(context, {.limits = {.max_connections = 2}});
        for (int i = 0; i < 5; ++i) {
            client.try_get(origin.url("/silent"),
                           [&](const ferry::Result<ferry::Response>& r) { codes.push_back(r.error().code); });
        }
        context.run_for(run_before);
    }
    CHECK(codes.empty());
    context.restart();
    context.run();  // It has nothing more to do soon.
    CHECK(codes == std::vector(5, ferry::Errc::cancelled));
}

TEST_CASE("a request that another thread began is cancelled by the client's end like any other") {
    TestOrigin origin;
    net::io_context context;
    std::optional<ferry::asio::Client> client(std::in_place, context);
    std::vector<ferry::Errc> codes;
    // They are begun while the context runs, whose thread destroys the client first.
    net::post(context, [&] {
        std::thread([&] {
            client->try_get(origin.url("/silent"),
                            [&](const ferry::Result<ferry::Response>& r) { codes.push_back(r.error().code); });
            client->try_stream(
                "GET", origin.url("/silent"),
                [&](const ferry::Result<ferry::asio::StreamingResponse>& r) { codes.push_back(r.error().code); });
        }).join();
        client.reset();
    });
    context.run();
    CHECK(codes == std::vector{ferry::Errc::cancelled, ferry::Errc::cancelled});
}

TEST_CASE("the trace is not told inside a call that begins a request") {
    TestOrigin origin;
    net::io_context context;
    bool calling = false;
    int inside = 0;
    int told = 0;
    ferry::asio::Client client(context, {.on_trace = [&](const ferry::event::Trace&) {
                                   ++told;
                                   inside += calling ? 1 : 0;
                               }});
    net::post(context, [&] {
        calling = true;
        client.try_get(origin.url("/bytes/10"), [&](const ferry::Result<ferry::Response>&) {
            calling = true;
            client.close();
            calling = false;
        });
        calling = false;
    });
    context.run();
    CHECK(told > 0);
    CHECK(inside == 0);
}

TEST_CASE("the trace is told nothing more when its client is gone") {
    TestOrigin origin;
    net::io_context context;
    bool gone = false;
    int before = 0;
    int after = 0;
    int ended = 0;
    const auto count = [&](const ferry::event::Trace&) { ++(gone ? after : before); };
    const auto done = [&](const ferry::Result<ferry::Response>&) { ++ended; };
    SECTION("destroyed between two handlers") {
        ferry::asio::Client client(context, {.on_trace = count});
        client.try_get(origin.url("/silent"), done);
        client.try_get(origin.url("/stall/1000"), done);
        run_until(context, [&] { return origin.requests() == 2; });
        client.try_get(origin.url("/json"), done);
    }
    SECTION("assigned to") {
        ferry::asio::Client client(context, {.on_trace = count});
        for (int i = 0; i < 3; ++i) {
            client.try_get(origin.url("/silent"), done);
        }
        run_until(context, [&] { return origin.requests() == 3; });
        client = ferry::asio::Client(context);
    }
    SECTION("destroyed by its trace") {
        std::optional<ferry::asio::Client> client;
        client.emplace(context, ferry::Config{.on_trace = [&](const ferry::event::Trace& trace) {
                           count(trace);
                           client.reset();
                           gone = true;
                       }});
        for (int i = 0; i < 3; ++i) {
            client->try_get(origin.url("/silent"), done);
        }
        run_until(context, [&] { return gone; });
    }
    gone = true;
    context.restart();
    context.run();
    CHECK(ended == 3);
    CHECK(before > 0);
    CHECK(after == 0);
}

TEST_CASE("a client may be destroyed by its own handler") {
    TestOrigin origin;
    net::io_context context;
    auto client = std::make_unique<ferry::asio::Client>(context);
    int cancelled = 0;
    client->try_get(origin.url("/silent"), [&](const ferry::Result<ferry::Response>& r) {
        cancelled += r.error().code == ferry::Errc::cancelled ? 1 : 0;
    });
    client->get(origin.url("/json"), [&](const std::exception_ptr&, const ferry::Response&) { client.reset(); });
    context.run();
    CHECK(client == nullptr);
    CHECK(cancelled == 1);
}

TEST_CASE("a context that is destroyed with requests in flight destroys their handlers uncalled") {
    const std::string path = GENERATE(Catch::Generators::from_range(phases));
    const bool client_first = GENERATE(true, false);
    const bool strand = GENERATE(false, true);
    const std::size_t before = descriptors();
    const auto held = std::make_shared<int>(0);
    int calls = 0;
    {
        TestOrigin origin;
        std::optional<ferry::asio::Client> client;
        auto context = std::make_unique<net::io_context>();
        client.emplace(strand ? net::any_io_executor(net::make_strand(*context))
                              : net::any_io_executor(context->get_executor()));
        for (int i = 0; i < 3; ++i) {
            client->try_get(origin.url(path), [&calls, held](const ferry::Result<ferry::Response>&) { ++calls; });
        }
        context->run_for(5ms);
        if (client_first) {
            client.reset();
        }
        const int calls_so_far = calls;
        context.reset();
        CHECK(calls == calls_so_far);
        CHECK(held.use_count() == 1);
        // It is of no use any more, but it may be asked and destroyed.
        if (client) {
            CHECK(client->stats().requests == 3);
            client->try_get(origin.url(path), [&calls, held](const ferry::Result<ferry::Response>&) { ++calls; });
            CHECK(calls == calls_so_far);
            CHECK(held.use_count() == 1);
            client->close();
        }
    }
    CHECK(descriptors() == before);
}

TEST_CASE("a context that is destroyed before it ran") {
    net::io_context* gone = nullptr;
    auto context = std::make_unique<net::io_context>();
    gone = context.get();
    const auto held = std::make_shared<int>(0);
    ferry::asio::Client client(*gone);
    client.try_get("http://127.0.0.1:1/", [held](const ferry::Result<ferry::Response>&) { ++*held; });
    context.reset();
    CHECK(held.use_count() == 1);
    CHECK(*held == 0);
}

TEST_CASE("a coroutine that owns the client goes with the context") {
    const std::string path = GENERATE(Catch::Generators::from_range(phases));
    const bool strand = GENERATE(false, true);
    TestOrigin origin;
    const auto held = std::make_shared<int>(0);
    {
        net::io_context context;
        const net::any_io_executor executor =
            strand ? net::any_io_executor(net::make_strand(context)) : net::any_io_executor(context.get_executor());
        net::co_spawn(executor, wait_for_ever(origin.url(path), held), net::detached);
        run_until(context, [&] { return *held == 1; });
        context.run_for(5ms);
    }
    CHECK(held.use_count() == 1);
}

TEST_CASE("neither a client's end nor its context's waits for a lookup that hangs") {
    std::promise<void> release;
    const ferry::ResolveFunction hang = [released = release.get_future().share()](const std::string&, std::uint16_t) {
        released.wait();
        return ferry::Resolved();
    };
    const auto held = std::make_shared<int>(0);
    std::vector<ferry::Errc> codes;
    {
        net::io_context context;
        ferry::asio::Client client(context, {.resolver = hang});
        client.try_get("http://hangs.test/", [held](const ferry::Result<ferry::Response>&) {});
        {
            ferry::asio::Client other(context, {.resolver = hang});
            other.try_get("http://hangs.test/",
                          [&](const ferry::Result<ferry::Response>& r) { codes.push_back(r.error().code); });
            context.poll();
        }
        run_until(context, [&] { return !codes.empty(); });
    }
    CHECK(codes == std::vector{ferry::Errc::cancelled});
    CHECK(held.use_count() == 1);
    release.set_value();
}

TEST_CASE("a context that is stopped goes on where it was") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    std::vector<int> seen;
    for (int i = 0; i < 20; ++i) {
        client.try_get(origin.url("/bytes/1000"), [&](const ferry::Result<ferry::Response>& r) {
            seen.push_back(r->status_code());
            context.stop();
        });
    }
    int runs = 0;
    while (seen.size() < 20 && runs < 1'000) {
        context.restart();
        context.run_for(1s);
        ++runs;
    }
    CHECK(seen == std::vector(20, 200));
    CHECK(runs >= 2);
}

TEST_CASE("several clients live on one context") {
    TestOrigin origin;
    net::io_context context;
    std::vector<ferry::asio::Client> clients;
    int ended = 0;
    for (int i = 0; i < 5; ++i) {
        clients.emplace_back(context);
    }
    for (int round = 0; round < 3; ++round) {
        for (ferry::asio::Client& client : clients) {
            client.try_get(origin.url("/bytes/10"),
                           [&](const ferry::Result<ferry::Response>& r) { ended += r.has_value() ? 1 : 0; });
        }
    }
    run_until(context, [&] { return ended == 15; });
    clients.erase(clients.begin() + 1, clients.end());
    clients.front().try_get(origin.url("/json"), [&](const ferry::Result<ferry::Response>& r) {
        ended += r.has_value() ? 1 : 0;
        clients.clear();
    });
    context.restart();
    context.run();
    CHECK(ended == 16);
}

TEST_CASE("builders and deferred operations outlive the client") {
    TestOrigin origin;
    net::io_context context;
    std::optional<ferry::asio::Client> client(std::in_place, context);
    auto builder = client->request("GET", origin.url("/json"));
    auto operation = client->try_get(origin.url("/json"));
    client.reset();
    std::vector<ferry::Errc> codes;
    const auto note = [&](const ferry::Result<ferry::Response>& r) { codes.push_back(r.error().code); };
    builder.try_send(note);
    std::move(operation)(note);
    context.run();
    CHECK(codes == std::vector(2, ferry::Errc::client_closed));
}

TEST_CASE("a deferred operation may be dropped, moved and copied, and lets go of what it has") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    const auto held = std::make_shared<int>(0);
    const ferry::Options options{.body = ferry::BodySource{.next = [held, sent = false]() mutable {
                                     return std::exchange(sent, true) ? std::nullopt
                                                                      : std::optional(ferry::Buffer("text"));
                                 }}};
    const long before = held.use_count();
    std::vector<std::string> lines;
    const auto note = [&](const ferry::Result<ferry::Response>& r) { lines.push_back(r->text()); };
    {
        auto operation = client.try_post(origin.url("/echo/a"), options);
        CHECK(held.use_count() > before);
    }
    CHECK(held.use_count() == before);
    context.run();
    CHECK(origin.requests() == 0);
    {
        auto operation = client.try_post(origin.url("/echo/b"), options);
        auto moved = std::move(operation);
        std::move(moved)(note);
        const ferry::Options content{.content = "content"};
        const auto other = client.try_put(origin.url("/echo/c"), content);
        auto copy = other;
        other(note);
        std::move(copy)(note);
    }
    context.restart();
    run_until(context, [&] { return lines.size() == 3; });
    std::sort(lines.begin(), lines.end());
    CHECK(lines[0].starts_with("POST /echo/b "));
    for (const std::string& line : {lines[1], lines[2]}) {
        CHECK(line.starts_with("PUT /echo/c "));
        CHECK(line.ends_with("\r\n\r\ncontent"));
    }
    CHECK(held.use_count() == before);
    client.close();
}

TEST_CASE("a deferred operation outlives its client and the context") {
    const bool client_too = GENERATE(false, true);
    auto context = std::make_unique<net::io_context>();
    std::optional<ferry::asio::Client> client(std::in_place, *context);
    const auto held = std::make_shared<int>(0);
    auto operation = client->try_get("http://127.0.0.1:1/");
    const auto dropped = operation;
    context.reset();
    if (client_too) {
        client.reset();
    }
    operation([held](const ferry::Result<ferry::Response>&) { ++*held; });
    std::move(operation)([held](const ferry::Result<ferry::Response>&) { ++*held; });
    CHECK(held.use_count() == 1);
    CHECK(*held == 0);
}

TEST_CASE("run() goes on while somebody waits, whatever the connections do") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context, {.timeout = std::nullopt});
    std::optional<ferry::asio::StreamingResponse> unread;
    client.try_stream("GET", origin.url("/bytes/3000000"),
                      [&](ferry::Result<ferry::asio::StreamingResponse> r) { unread.emplace(*std::move(r)); });
    context.run();  // Nobody waits.
    CHECK(unread);
    std::optional<bool> drained;
    client.drain([&](bool whole) { drained = whole; });
    context.restart();
    context.run_for(30ms);
    CHECK(!context.stopped());
    unread.reset();
    context.run();
    CHECK(drained.has_value());
}

TEST_CASE("a moved client goes on, and one that is assigned to cancels what it had") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client first(context);
    ferry::asio::Client second(context);
    std::vector<bool> good;
    const auto note = [&](const ferry::Result<ferry::Response>& r) { good.push_back(r.has_value()); };
    first.try_get(origin.url("/delay/30"), note);
    second.try_get(origin.url("/silent"), note);
    second = std::move(first);
    run_until(context, [&] { return good.size() == 2; });
    CHECK(good == std::vector{false, true});
    second.close();
}
