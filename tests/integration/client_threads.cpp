// Threads that share a client. Meant for the thread sanitizer too.
#include <ferry/ferry.hpp>

#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using test::TestOrigin;

namespace {

void on_threads(int count, const auto& action) {
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        threads.emplace_back([&action, i] { action(i); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

}  // namespace

TEST_CASE("8 threads make 1,000 requests each, some of which time out") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .timeout = 30s, .limits = {.max_connections = 6}});
    std::atomic<int> good = 0;
    std::atomic<int> late = 0;
    std::atomic<int> bad = 0;
    on_threads(8, [&](int thread) {
        for (int i = 0; i < 1000; ++i) {
            const bool slow = i % 100 == thread;
            const std::string url = slow ? "silent" : "bytes/" + std::to_string(thread * 1000 + i);
            const auto result =
                client.try_get(url, {.timeout = Timeout{.read = slow ? TimeLimit(20ms) : TimeLimit(30s)}});
            if (result && result->content().size() == static_cast<std::size_t>(thread * 1000 + i)) {
                ++good;
            } else if (!result && slow && result.error().code == Errc::read_timeout) {
                ++late;
            } else {
                ++bad;
            }
        }
    });
    CHECK(good == 8 * 990);
    CHECK(late == 8 * 10);
    CHECK(bad == 0);
    const Stats stats = client.stats();
    CHECK(stats.requests == 8000);
    CHECK(stats.active == 0);
    CHECK(stats.waiting == 0);
    CHECK(stats.connections_reused > 7000);
}

TEST_CASE("threads gather, stream, post and close their streams on one client") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .timeout = 30s});
    std::atomic<int> bad = 0;
    on_threads(8, [&](int thread) {
        for (int i = 0; i < 40; ++i) {
            switch ((thread + i) % 4) {
                case 0: {
                    for (const auto& result : client.gather({"json", "bytes/5000", "delay/1", "status/404"})) {
                        bad += result ? 0 : 1;
                    }
                    break;
                }
                case 1: bad += client.stream("GET", "chunked/500000").read_all().size() == 500'000 ? 0 : 1; break;
                case 2: bad += client.post("echo", {.content = std::string(100'000, 'x')}).is_success() ? 0 : 1; break;
                default: bad += client.stream("GET", "bytes/2000000").read()->empty() ? 1 : 0; break;
            }
        }
    });
    CHECK(bad == 0);
    CHECK(client.stats().active == 0);
}

TEST_CASE("a request that another thread waits behind is not held up by a slow one") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    Errc ended{};
    // Nothing but close() ends it.
    std::thread slow([&] { ended = client.try_get("silent", {.timeout = std::nullopt}).error().code; });
    while (origin.requests() < 1) {
        std::this_thread::sleep_for(1ms);
    }
    for (int i = 0; i < 20; ++i) {
        CHECK(client.get("json").is_success());
    }
    CHECK(client.try_get("silent", {.timeout = Timeout{.read = 50ms}}).error().code == Errc::read_timeout);
    client.close();
    slow.join();
    CHECK(ended == Errc::client_closed);
}

TEST_CASE("when a leader is done, another thread leads") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    std::atomic<int> good = 0;
    std::thread first([&] { good += client.get("delay/100").is_success() ? 1 : 0; });
    std::this_thread::sleep_for(30ms);
    on_threads(
        4, [&](int thread) { good += client.get("delay/" + std::to_string(200 + 50 * thread)).is_success() ? 1 : 0; });
    first.join();
    CHECK(good == 5);
}

TEST_CASE("close ends the calls of all threads") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .timeout = std::nullopt});
    std::atomic<int> closed = 0;
    std::thread closer([&] {
        while (origin.requests() < 5) {
            std::this_thread::sleep_for(5ms);
        }
        client.close();
    });
    on_threads(4, [&](int thread) {
        if (thread == 0) {
            for (const auto& result : client.gather({"silent", "silent"})) {
                closed += !result && result.error().code == Errc::client_closed ? 1 : 0;
            }
        } else if (thread == 1) {
            // The client may be closed before the head has come.
            Result<StreamingResponse> stream = client.try_stream("GET", "stall/10");
            while (stream && stream->try_read()) {
            }
            const Error error = stream ? stream->try_read().error() : stream.error();
            closed += error.code == Errc::client_closed ? 1 : 0;
        } else {
            try {
                client.get("silent");
            } catch (const ReadError& error) {
                closed += error.code() == Errc::client_closed ? 1 : 0;
            }
        }
        if (thread == 3) {
            closed += client.try_get("json").error().code == Errc::client_closed ? 1 : 0;
        }
        if (thread == 2) {
            closed += client.try_get("silent").error().code == Errc::client_closed ? 1 : 0;
        }
    });
    closer.join();
    CHECK(closed == 7);
}

TEST_CASE("a client may be destroyed while other threads wait") {
    TestOrigin origin;
    for (int round = 0; round < 20; ++round) {
        auto client = std::make_unique<Client>(Config{.base_url = origin.url("/"), .timeout = std::nullopt});
        const int before = origin.requests();
        std::atomic<int> closed = 0;
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&closed, raw = client.get()] {
                closed += raw->try_get("silent").error().code == Errc::client_closed ? 1 : 0;
            });
        }
        while (origin.requests() < before + 4) {
            std::this_thread::sleep_for(1ms);
        }
        client.reset();
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK(closed == 4);
    }
}

TEST_CASE("a trace is told by one thread at a time, and its teller may use the client") {
    TestOrigin origin;
    std::atomic<int> inside = 0;
    std::atomic<int> lines = 0;
    std::atomic<int> bad = 0;
    std::atomic<bool> nested = false;
    Client* self = nullptr;
    {
        Client client({.base_url = origin.url("/"), .on_trace = [&](const event::Trace&) {
                           if (++inside != 1 && !nested) {
                               ++bad;
                           }
                           if (++lines % 500 == 1) {
                               nested = true;
                               bad += self->try_get("json") ? 0 : 1;
                               nested = false;
                           }
                           --inside;
                       }});
        self = &client;
        on_threads(6, [&](int) {
            for (int i = 0; i < 100; ++i) {
                bad += client.get("bytes/10").is_success() ? 0 : 1;
            }
        });
    }
    CHECK(bad == 0);
    CHECK(lines > 600);
}
