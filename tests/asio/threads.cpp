// A client on a strand, used by many threads.
#include <ferry/asio.hpp>

#include "tests/integration/test_origin.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace net = ::boost::asio;
using namespace std::chrono_literals;
using ferry::test::TestOrigin;

namespace {

net::awaitable<void> some_requests(ferry::asio::Client& client, std::string url, std::atomic<int>& good) {
    for (int i = 0; i < 20; ++i) {
        const auto r = co_await client.try_get(url);
        good += r.has_value() ? 1 : 0;
    }
}

// Every third response is closed early.
net::awaitable<void> some_streams(ferry::asio::Client& client, std::string url, std::atomic<int>& good) {
    for (int i = 0; i < 12; ++i) {
        ferry::asio::StreamingResponse response = co_await client.stream("GET", url);
        std::size_t size = 0;
        while (const std::optional<ferry::Buffer> piece = co_await response.read()) {
            size += piece->size();
            if (i % 3 == 2) {
                break;
            }
        }
        good += response.status_code() == 200 && (size == 400'000 || i % 3 == 2) ? 1 : 0;
    }
}

}  // namespace

TEST_CASE("threads share a client on a strand") {
    TestOrigin origin;
    net::thread_pool pool(4);
    ferry::asio::Client client(net::make_strand(pool));
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) {
                good += client.get(origin.url("/bytes/100"), net::use_future).get().status_code() == 200 ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(good == 80);
    client.close();
    pool.join();
}

TEST_CASE("coroutines on other executors share a client on a strand") {
    TestOrigin origin;
    net::thread_pool pool(4);
    ferry::asio::Client client(net::make_strand(pool));
    std::atomic<int> good = 0;
    std::atomic<int> ended = 0;
    for (int i = 0; i < 8; ++i) {
        net::co_spawn(net::make_strand(pool), some_requests(client, origin.url("/bytes/100"), good),
                      [&](const std::exception_ptr&) {
                          if (++ended == 8) {
                              client.close();
                          }
                      });
    }
    pool.join();
    CHECK(good == 160);
}

TEST_CASE("a handler on another executor does not hold up the client") {
    TestOrigin origin;
    net::thread_pool pool(2);
    const auto home = net::make_strand(pool);
    const net::any_io_executor elsewhere =
        GENERATE(false, true) ? net::any_io_executor(net::make_strand(pool)) : pool.get_executor();
    ferry::asio::Client client(home);
    std::promise<bool> at_home;
    std::promise<int> status;
    client.try_get(origin.url("/bytes/100"), net::bind_executor(elsewhere, [&](const ferry::Result<ferry::Response>&) {
                       at_home.set_value(home.running_in_this_thread());
                       // It waits for another request of the same client, which this one must not keep from going on.
                       status.set_value(client.get(origin.url("/bytes/100"), net::use_future).get().status_code());
                   }));
    CHECK_FALSE(at_home.get_future().get());
    auto answer = status.get_future();
    const bool came = answer.wait_for(1min) == std::future_status::ready;
    CHECK(came);
    if (!came) {
        std::terminate();  // That handler would never come back.
    }
    client.close();
    pool.join();
}

TEST_CASE("coroutines on other executors stream from a client on a strand") {
    TestOrigin origin;
    net::thread_pool pool(4);
    ferry::asio::Client client(net::make_strand(pool));
    std::atomic<int> good = 0;
    std::atomic<int> ended = 0;
    std::atomic<bool> whole = false;
    for (int i = 0; i < 8; ++i) {
        net::co_spawn(net::make_strand(pool), some_streams(client, origin.url("/bytes/400000"), good),
                      [&](const std::exception_ptr&) {
                          if (++ended == 8) {
                              client.drain([&](bool all) { whole = all; });
                          }
                      });
    }
    pool.join();
    CHECK(good == 96);
    CHECK(whole);
}

TEST_CASE("requests are cancelled from the strands of their handlers while they end") {
    TestOrigin origin;
    net::thread_pool pool(4);
    ferry::asio::Client client(net::make_strand(pool));
    std::atomic<int> ended = 0;
    std::atomic<int> wrong = 0;
    constexpr int count = 100;
    struct Cancellable {
        explicit Cancellable(net::thread_pool& threads) : strand(net::make_strand(threads)), timer(strand) {}

        net::strand<net::thread_pool::executor_type> strand;
        net::cancellation_signal signal{};
        net::steady_timer timer;
    };
    std::vector<std::unique_ptr<Cancellable>> all;
    for (int i = 0; i < count; ++i) {
        all.push_back(std::make_unique<Cancellable>(pool));
        Cancellable& one = *all.back();
        net::post(one.strand, [&] {
            client.try_get(
                origin.url("/bytes/10"),
                net::bind_cancellation_slot(
                    one.signal.slot(), net::bind_executor(one.strand, [&](const ferry::Result<ferry::Response>& r) {
                        wrong += r || r.error().code == ferry::Errc::cancelled ? 0 : 1;
                        if (++ended == count) {
                            client.close();
                        }
                    })));
            one.timer.expires_after(std::chrono::microseconds(500));
            one.timer.async_wait(
                [&](const boost::system::error_code&) { one.signal.emit(net::cancellation_type::terminal); });
        });
    }
    pool.join();
    CHECK(ended == count);
    CHECK(wrong == 0);
}

TEST_CASE("a client is destroyed by one thread while the others wait for it") {
    TestOrigin origin;
    for (int round = 0; round < 20; ++round) {
        net::thread_pool pool(3);
        std::optional<ferry::asio::Client> client(std::in_place, net::make_strand(pool));
        std::atomic<int> ended = 0;
        for (int i = 0; i < 20; ++i) {
            client->try_get(origin.url(i % 2 == 0 ? "/bytes/10" : "/silent"),
                            [&](const ferry::Result<ferry::Response>&) { ++ended; });
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(round % 4));
        client.reset();
        pool.join();
        CHECK(ended == 20);
    }
}
