// What can be passed as the last argument of a request, and what it gets.
#include <ferry/asio.hpp>

#include "tests/asio/run.hpp"
#include "tests/integration/test_origin.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace net = ::boost::asio;
using namespace std::chrono_literals;
using ferry::test::ready;
using ferry::test::run_until;
using ferry::test::TestOrigin;

namespace {

// Options, and what becomes them, are no tokens; the usual ones are.
static_assert(!ferry::asio::TokenFor<ferry::Options, ferry::asio::Signature>);
static_assert(!ferry::asio::TokenFor<const ferry::Options&, ferry::asio::Signature>);
static_assert(!ferry::asio::TokenFor<int, ferry::asio::Signature>);
static_assert(!ferry::asio::TokenFor<void (*)(int), ferry::asio::Signature>);
static_assert(ferry::asio::TokenFor<net::deferred_t, ferry::asio::Signature>);
static_assert(ferry::asio::TokenFor<const net::use_future_t<>&, ferry::asio::TrySignature>);
static_assert(ferry::asio::TokenFor<void (*)(std::exception_ptr, ferry::Response), ferry::asio::Signature>);

// Options in braces: for callbacks and futures everywhere; for co_await not with the compiler that destroys them twice.
template <class Client, class... Token>
concept TakesBraces = requires(Client& client, Token... token) {
    client.get("/", {.timeout = 2s}, token...);
    client.request("GET", "/", {.timeout = 2s}, token...);
};
// Any call at all.
template <class Client>
concept SomeCallTakesBraces = requires(Client& client) { client.get("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.head("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.options("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.delete_("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.post("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.put("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.patch("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_get("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_head("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_options("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_delete("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_post("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_put("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_patch("/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.request("GET", "/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_request("GET", "/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.stream("GET", "/", {.timeout = 2s}); } ||
                              requires(Client& client) { client.try_stream("GET", "/", {.timeout = 2s}); };
#if defined(__clang__) || __GNUC__ >= 13
constexpr bool braces_are_safe = true;
#else
constexpr bool braces_are_safe = false;
#endif
static_assert(TakesBraces<ferry::asio::Client, net::use_future_t<>>);
static_assert(TakesBraces<ferry::asio::Client, void (*)(std::exception_ptr, ferry::Response)>);
static_assert(TakesBraces<ferry::asio::Client> == braces_are_safe);
static_assert(SomeCallTakesBraces<ferry::asio::Client> == braces_are_safe);
static_assert(TakesBraces<ferry::asio::Client, net::use_awaitable_t<>> == braces_are_safe);
static_assert(TakesBraces<ferry::asio::Client, net::as_tuple_t<net::use_awaitable_t<>>> == braces_are_safe);

std::string first_line(const ferry::Response& response) {
    const std::string text = response.text();
    return text.substr(0, text.find("\r\n"));
}

template <class T>
struct CountingAllocator {
    using value_type = T;
    std::shared_ptr<std::ptrdiff_t> live = std::make_shared<std::ptrdiff_t>(0);
    std::shared_ptr<std::size_t> total = std::make_shared<std::size_t>(0);

    CountingAllocator() = default;
    template <class U>
    CountingAllocator(const CountingAllocator<U>& other) : live(other.live), total(other.total) {}

    T* allocate(std::size_t n) {
        ++*live;
        ++*total;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n) {
        --*live;
        std::allocator<T>().deallocate(p, n);
    }
    friend bool operator==(const CountingAllocator& a, const CountingAllocator& b) { return a.live == b.live; }
};

}  // namespace

TEST_CASE("a callback gets a response") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    int calls = 0;
    bool inside = true;
    client.get(origin.url("/json"), [&](const std::exception_ptr& exception, const ferry::Response& r) {
        ++calls;
        CHECK(!inside);
        CHECK(!exception);
        CHECK(r.status_code() == 200);
        client.close();
    });
    inside = false;
    CHECK(calls == 0);
    context.run();
    CHECK(calls == 1);
}

TEST_CASE("a callback of try_get gets a result") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    std::vector<int> seen;
    client.try_get(origin.url("/status/404"), [&](const ferry::Result<ferry::Response>& r) {
        seen.push_back(r ? r->status_code() : -1);
        client.close();
    });
    client.try_get("http://127.0.0.1:" + std::to_string(ferry::test::free_port()),
                   [&](ferry::Result<ferry::Response> r) {
                       CHECK(r.error().code == ferry::Errc::connect_failed);
                       seen.push_back(0);
                   });
    context.run();
    CHECK(seen.size() == 2);
}

TEST_CASE("a failure comes as the exception of its kind, and never from inside the call") {
    net::io_context context;
    ferry::asio::Client client(context);
    int calls = 0;
    const auto check = [&](const std::exception_ptr& exception, const ferry::Response&) {
        ++calls;
        REQUIRE(exception);
        try {
            std::rethrow_exception(exception);
        } catch (const ferry::InvalidUrl& e) {
            CHECK(e.request_method() == "GET");
            CHECK(e.request_url() == "http://a b/");
        } catch (const ferry::ConnectError& e) {
            CHECK(e.request_method() == "POST");
            CHECK(e.request_url().ends_with("/x"));
        }
    };
    net::post(context, [&] {
        client.get("http://a b/", check);
        CHECK(calls == 0);
        client.post("http://127.0.0.1:" + std::to_string(ferry::test::free_port()) + "/x", check);
        CHECK(calls == 0);
    });
    context.run();
    CHECK(calls == 2);
}

TEST_CASE("options may be braces outside of coroutines") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context, {.base_url = origin.url("/echo"), .headers = {{"X-Client", "c"}}});
    std::vector<std::string> lines;
    const auto note = [&](const std::exception_ptr&, const ferry::Response& r) {
        lines.push_back(r.text());
        if (lines.size() == 3) {
            client.close();
        }
    };
    client.get("a", {.params = {{"p", 1}}}, note);
    client.post("b", {.content = "text", .timeout = 5s}, note);
    client.request("PURGE", "c", {.headers = {{"X-Own", "o"}}}, note);
    context.run();
    REQUIRE(lines.size() == 3);
    std::string all = lines[0] + lines[1] + lines[2];
    for (const char* part :
         {"GET /echo/a?p=1 ", "POST /echo/b ", "\r\n\r\ntext", "PURGE /echo/c ", "X-Own: o", "X-Client: c"}) {
        CHECK(all.find(part) != std::string::npos);
    }
}

TEST_CASE("each verb is the method of its name") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context, {.base_url = origin.url("/echo")});
    const ferry::Options options{.headers = {{"X", "1"}}};
    std::vector<std::future<ferry::Response>> responses;
    responses.push_back(client.get("a", net::use_future));
    responses.push_back(client.options("a", net::use_future));
    responses.push_back(client.delete_("a", net::use_future));
    responses.push_back(client.post("a", net::use_future));
    responses.push_back(client.put("a", options, net::use_future));
    responses.push_back(client.patch("a", options, net::use_future));
    responses.push_back(client.request("FETCH", "a", options, net::use_future));
    auto head = client.head("a", net::use_future);
    auto last = client.try_delete("a", options, net::use_future);
    for (const auto& response : responses) {
        run_until(context, [&] { return ready(response); });
    }
    run_until(context, [&] { return ready(head, last); });
    const std::vector<std::string> methods{"GET", "OPTIONS", "DELETE", "POST", "PUT", "PATCH", "FETCH"};
    for (std::size_t i = 0; i < methods.size(); ++i) {
        CHECK(first_line(responses[i].get()) == methods[i] + " /echo/a HTTP/1.1");
    }
    CHECK(head.get().content().size() == 0);
    CHECK(first_line(*last.get()) == "DELETE /echo/a HTTP/1.1");
}

TEST_CASE("a future gets the response or throws") {
    TestOrigin origin;
    net::thread_pool one(1);
    ferry::asio::Client client(one);
    CHECK(client.get(origin.url("/json"), net::use_future).get().status_code() == 200);
    CHECK_THROWS_AS(client.get("ftp://x/", net::use_future).get(), ferry::UnsupportedProtocol);
    CHECK(client.try_get("ftp://x/", net::use_future).get().error().code == ferry::Errc::unsupported_protocol);
    client.close();
    one.join();
}

TEST_CASE("a deferred operation begins when it is initiated, and may be initiated again") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    std::string url = origin.url("/json");
    auto operation = client.get(url);
    url.assign(url.size(), '?');  // Nothing refers to the argument any more.
    context.run();
    context.restart();
    CHECK(origin.requests() == 0);
    int ended = 0;
    const auto note = [&](const std::exception_ptr& exception, const ferry::Response&) {
        CHECK(!exception);
        if (++ended == 2) {
            client.close();
        }
    };
    operation(note);
    std::move(operation)(note);
    context.run();
    CHECK(ended == 2);
    CHECK(origin.requests() == 2);
}

TEST_CASE("tokens may be adapted") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    auto tuple = client.get(origin.url("/json"), net::as_tuple(net::use_future));
    auto failed = client.get("no scheme", net::as_tuple(net::use_future));
    int appended = 0;
    client.try_get(origin.url("/json"),
                   net::append([&](const ferry::Result<ferry::Response>&, int n) { appended = n; }, 7));
    client.get(origin.url("/json"), net::detached);
    run_until(context, [&] { return ready(tuple, failed) && appended == 7 && client.stats().requests_done == 3; });
    const auto [none, response] = tuple.get();
    CHECK(!none);
    CHECK(response.status_code() == 200);
    CHECK(std::get<0>(failed.get()));
}

TEST_CASE("a handler runs on the executor that is bound to it") {
    TestOrigin origin;
    net::io_context context;
    net::io_context other;
    ferry::asio::Client client(context);
    int calls = 0;
    client.get(origin.url("/json"),
               net::bind_executor(other, [&](const std::exception_ptr&, const ferry::Response&) { ++calls; }));
    // The other context has work as long as the request is under way.
    CHECK(other.poll() == 0);
    CHECK(!other.stopped());
    run_until(context, [&] { return client.stats().requests_done == 1; });
    context.poll();
    CHECK(calls == 0);
    other.run();
    CHECK(calls == 1);

    auto strand = net::make_strand(context);
    context.restart();
    bool on_strand = false;
    client.get(origin.url("/json"), net::bind_executor(strand, [&](const std::exception_ptr&, const ferry::Response&) {
                   on_strand = strand.running_in_this_thread();
                   client.close();
               }));
    context.run();
    CHECK(on_strand);
}

TEST_CASE("a handler's allocator is used, and its memory is free when the handler runs") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    const CountingAllocator<std::byte> allocator;
    std::ptrdiff_t live = -1;
    client.get(origin.url("/json"),
               net::bind_allocator(allocator, [&](const std::exception_ptr&, const ferry::Response&) {
                   live = *allocator.live;
                   client.close();
               }));
    CHECK(*allocator.live > 0);
    context.run();
    CHECK(*allocator.total > 0);
    CHECK(live == 0);
}

TEST_CASE("a handler may be erased, and need not be copyable") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    int calls = 0;
    net::any_completion_handler<ferry::asio::Signature> erased(
        [&](const std::exception_ptr&, const ferry::Response& r) { calls += r.status_code(); });
    client.get(origin.url("/json"), std::move(erased));
    client.try_get(origin.url("/json"), [&, own = std::make_unique<int>(1)](const ferry::Result<ferry::Response>& r) {
        calls += r->status_code() + *own;
        client.close();
    });
    run_until(context, [&] { return calls == 401; });
}

TEST_CASE("what a handler throws comes out of run(), and keeps back no other handler") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context, {.limits = {.max_connections = 1}});
    int calls = 0;
    const auto handler = [&](const std::exception_ptr&, const ferry::Response&) {
        if (++calls == 3) {
            client.close();
        }
        throw std::runtime_error("the handler's own");
    };
    for (int i = 0; i < 3; ++i) {
        client.get(origin.url("/json"), handler);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK_THROWS_AS(context.run(), std::runtime_error);
    }
    context.run();
    CHECK(calls == 3);
}

TEST_CASE("a body may be made while it is sent") {
    constexpr std::size_t total = 3'000'000;
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    std::size_t made = 0;
    const ferry::Options options{
        .body = ferry::BodySource{.next = [&]() -> std::optional<ferry::Buffer> {
                                      const std::size_t size = std::min<std::size_t>(7'000, total - made);
                                      made += size;
                                      return size > 0 ? std::optional(ferry::Buffer(std::string(size, 'x')))
                                                      : std::nullopt;
                                  },
                                  .length = total}};
    auto done = client.post(origin.url("/echo"), options, net::use_future);
    CHECK(made == 0);  // Not from inside the call.
    run_until(context, [&] { return ready(done); });
    CHECK(done.get().text().ends_with("\r\n\r\n" + std::string(total, 'x')));
}

TEST_CASE("the builder sends with any token, more than once") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    auto builder = client.request("PUT", origin.url("/echo")).header("X-A", "1").content("body").timeout(5s);
    auto first = builder.send(net::use_future);
    auto second = builder.try_send(net::use_future);
    run_until(context, [&] { return ready(first, second); });
    CHECK(first.get().text().find("X-A: 1") != std::string::npos);
    CHECK(second.get()->text().ends_with("\r\n\r\nbody"));
}
