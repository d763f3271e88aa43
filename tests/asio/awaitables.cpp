// Coroutines.
#include <ferry/asio.hpp>

#include "tests/asio/run.hpp"
#include "tests/integration/test_origin.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace net = ::boost::asio;
using namespace net::experimental::awaitable_operators;
using namespace std::chrono_literals;
using ferry::test::run;
using ferry::test::TestOrigin;

namespace {

net::awaitable<ferry::asio::Client> client_here() { co_return ferry::asio::Client(co_await net::this_coro::executor); }

net::awaitable<void> defaults(const TestOrigin& origin) {
    ferry::asio::Client client = co_await client_here();
    const ferry::Response first = co_await client.get(origin.url("/json"));
    CHECK(first.status_code() == 200);
    const ferry::Options options{.headers = {{"X-Name", "value"}}, .content = "text", .timeout = 5s};
    const ferry::Response second = co_await client.post(origin.url("/echo"), options);
    CHECK(second.text().find("X-Name: value") != std::string::npos);
    CHECK(second.text().ends_with("text"));
    const ferry::Response third =
        co_await client.request("GET", origin.url("/echo")).header("a", "b").timeout(5s).send();
    CHECK(third.text().find("a: b") != std::string::npos);
    const ferry::Result<ferry::Response> fourth = co_await client.try_get(origin.url("/drop"));
    CHECK(fourth.error().code == ferry::Errc::server_disconnected);
    const ferry::Response fifth = co_await client.get(origin.url("/json"), net::use_awaitable);
    CHECK(fifth.content().size() == 13);
    const ferry::Result<ferry::Response> sixth =
        co_await client.try_post(origin.url("/echo"), options, net::use_awaitable);
    CHECK(sixth->text().ends_with("text"));
    // The reused connection that was dropped, the one that the request was tried again on, and the last.
    CHECK(client.stats().connections_opened == 3);
}

net::awaitable<void> exceptions(const TestOrigin& origin) {
    ferry::asio::Client client = co_await client_here();
    bool caught = false;
    try {
        const ferry::Options options{.timeout = 30ms};
        co_await client.get(origin.url("/silent"), options);
    } catch (const ferry::ReadTimeout& e) {
        caught = true;
        CHECK(e.request_url() == origin.url("/silent"));
    }
    CHECK(caught);
    auto [exception, response] = co_await client.get(origin.url("/drop"), net::as_tuple(net::use_awaitable));
    CHECK(exception);
    auto [none, good] = co_await client.get(origin.url("/json"), net::as_tuple(net::deferred));
    CHECK(!none);
    CHECK(good.status_code() == 200);
    auto [result] = co_await client.try_get(origin.url("/json"), net::as_tuple(net::deferred));
    CHECK(result.has_value());
}

net::awaitable<void> against_a_timer(const TestOrigin& origin) {
    ferry::asio::Client client = co_await client_here();
    net::steady_timer timer(co_await net::this_coro::executor);
    timer.expires_after(30ms);
    const auto late =
        co_await (client.get(origin.url("/silent"), net::use_awaitable) || timer.async_wait(net::use_awaitable));
    CHECK(late.index() == 1);
    CHECK(client.stats().requests_failed == 1);
    timer.expires_after(10s);
    const auto early =
        co_await (client.get(origin.url("/json"), net::use_awaitable) || timer.async_wait(net::use_awaitable));
    REQUIRE(early.index() == 0);
    CHECK(std::get<0>(early).status_code() == 200);
}

net::awaitable<void> several(const TestOrigin& origin) {
    ferry::asio::Client client = co_await client_here();
    const auto [a, b, c] = co_await (client.get(origin.url("/delay/50"), net::use_awaitable) &&
                                     client.get(origin.url("/bytes/100000"), net::use_awaitable) &&
                                     client.get(origin.url("/chunked/5000"), net::use_awaitable));
    CHECK(a.status_code() == 200);
    CHECK(b.content().size() == 100'000);
    CHECK(c.content().size() == 5'000);

    // The first failure cancels the others, which is one more.
    bool caught = false;
    const ferry::Options never{.timeout = std::nullopt};
    try {
        co_await (client.get(origin.url("/silent"), never, net::use_awaitable) &&
                  client.get(origin.url("/drop"), net::use_awaitable));
    } catch (const net::multiple_exceptions&) {
        caught = true;
    }
    CHECK(caught);
}

net::awaitable<void> group(const TestOrigin& origin) {
    ferry::asio::Client client = co_await client_here();
    using Operation = decltype(client.try_get("http://x/"));
    std::vector<Operation> operations;
    for (int i = 0; i < 10; ++i) {
        operations.push_back(client.try_get(origin.url("/bytes/" + std::to_string(i))));
    }
    auto [order, results] = co_await net::experimental::make_parallel_group(std::move(operations))
                                .async_wait(net::experimental::wait_for_all(), net::use_awaitable);
    REQUIRE(results.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
        CHECK(results[i]->content().size() == i);
    }
}

net::awaitable<void> one_after_the_other(const TestOrigin& origin) {
    ferry::asio::Client client = co_await client_here();
    for (int i = 0; i < 200; ++i) {
        const ferry::Response r = co_await client.get(origin.url("/bytes/10"));
        REQUIRE(r.content().size() == 10);
    }
    CHECK(origin.connections() == 1);
    const ferry::Response large = co_await client.get(origin.url("/bytes/5000000"));
    CHECK(large.content().size() == 5'000'000);
}

}  // namespace

TEST_CASE("co_await a request") {
    TestOrigin origin;
    net::io_context context;
    run(context, defaults(origin));
}

TEST_CASE("a failed request throws in the coroutine") {
    TestOrigin origin;
    net::io_context context;
    run(context, exceptions(origin));
}

TEST_CASE("a request or a timer") {
    TestOrigin origin;
    net::io_context context;
    run(context, against_a_timer(origin));
}

TEST_CASE("several requests at once") {
    TestOrigin origin;
    net::io_context context;
    run(context, several(origin));
}

TEST_CASE("a parallel group of requests") {
    TestOrigin origin;
    net::io_context context;
    run(context, group(origin));
}

TEST_CASE("many requests in a row use one connection") {
    TestOrigin origin;
    net::io_context context;
    run(context, one_after_the_other(origin));
}
