// Cancelling, closing and destroying at any moment, beside other handles on the same loop.
#include "tests/uv/support.hpp"

#include <catch2/generators/catch_generators.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using test::Outcome;
using test::TestOrigin;
using test::UvLoop;

namespace {

/// What a client may be doing when it is destroyed.
struct State {
    const char* name;
    std::string path;
    std::uint64_t milliseconds;
};

}  // namespace

TEST_CASE("a client may be destroyed at any moment, and each callback still comes once") {
    TestOrigin origin;
    for (const State& state :
         {State{"before anything was done", "/echo", 0}, State{"while connecting", "/echo", 0},
          State{"while waiting for the answer", "/silent", 20}, State{"while reading the body", "/stall/100000", 20}}) {
        INFO(state.name);
        UvLoop loop;
        std::optional<uv::Client> client(std::in_place, loop.get(), Config{.limits = {.max_connections = 2}});
        std::vector<Outcome> outcomes(4);  // Two of them wait for a connection.
        for (Outcome& outcome : outcomes) {
            client->get(origin.url(state.path), outcome.callback());
        }
        if (std::string(state.name) == "while connecting") {
            uv_run(loop.get(), UV_RUN_NOWAIT);
        }
        if (state.milliseconds > 0) {
            loop.after(state.milliseconds, [&] { client.reset(); });
            loop.run();
        }
        client.reset();
        if (state.milliseconds == 0) {
            CHECK(outcomes[3].calls == 0);  // Not from inside the destructor.
        }
        loop.run();
        for (const Outcome& outcome : outcomes) {
            CHECK(outcome.is(Errc::cancelled));
        }
    }
}

TEST_CASE("a client may be destroyed in its callbacks") {
    TestOrigin origin;
    UvLoop loop;
    std::optional<uv::Client> client(std::in_place, loop.get());
    Outcome other;
    int calls = 0;
    client->get(origin.url("/silent"), other.callback());
    SECTION("of a whole response") {
        client->get(origin.url("/json"), [&](Result<Response> r) {
            CHECK(r.has_value());
            ++calls;
            client.reset();
        });
        loop.run();
        CHECK(calls == 1);
    }
    SECTION("of a stream") {
        client->stream(
            "GET", origin.url("/bytes/1000000"),
            {.on_head = [&](const Response&) { client.reset(); },
             .on_body = [&](std::span<const std::byte>) { calls = 100; },
             .on_done = [&](Result<Response> r) { calls += !r && r.error().code == Errc::cancelled ? 1 : 0; }});
        loop.run();
        CHECK(calls == 1);
    }
    SECTION("of close") {
        client->close([&] {
            ++calls;
            client.reset();
        });
        loop.run();
        CHECK(calls == 1);
        CHECK(other.is(Errc::client_closed));
        return;
    }
    CHECK(other.is(Errc::cancelled));
}

TEST_CASE("neither a client's end nor its loop's waits for a lookup that hangs") {
    std::promise<void> release;
    UvLoop loop;
    Outcome outcome;
    {
        uv::Client client(loop.get(),
                          {.resolver = [released = release.get_future().share()](const std::string&, std::uint16_t) {
                              released.wait();
                              return Resolved();
                          }});
        client.get("http://hangs.test/", outcome.callback());
        uv_run(loop.get(), UV_RUN_NOWAIT);
    }
    loop.run();
    CHECK(outcome.is(Errc::cancelled));
    release.set_value();
}

TEST_CASE("a request can be cancelled at any moment") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.limits = {.max_connections = 1}});
    Outcome active;
    Outcome waiting;
    Outcome at_once;
    Outcome done;
    uv::RequestHandle first = client.get(origin.url("/silent"), active.callback());
    uv::RequestHandle second = client.get(origin.url("/echo"), waiting.callback());
    uv::RequestHandle third = client.get(origin.url("/echo"), at_once.callback());
    third.cancel();
    CHECK(at_once.calls == 0);
    loop.after(10, [&] { second.cancel(); });
    loop.after(20, [&] { first.cancel(); });
    loop.run();
    CHECK(active.is(Errc::cancelled));
    CHECK(waiting.is(Errc::cancelled));
    CHECK(at_once.is(Errc::cancelled));

    uv::RequestHandle fourth = client.get(origin.url("/echo"), done.callback());
    loop.run();
    CHECK(done.status() == 200);
    for (uv::RequestHandle* handle : {&first, &second, &third, &fourth}) {
        CHECK_FALSE(handle->is_active());
        handle->cancel();
        handle->pause();
        handle->resume();
        handle->consume(1);
    }
    uv::RequestHandle().cancel();
}

TEST_CASE("close() tells when all handles are gone") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    Outcome idle;
    client.get(origin.url("/echo"), idle.callback());
    loop.run();
    Outcome silent;
    Outcome queued;
    Outcome late;
    Outcome later;
    client.get(origin.url("/silent"), silent.callback());
    loop.after(10, [&] {
        client.get(origin.url("/echo"), queued.callback());
        client.close([&] {
            int handles = 0;
            uv_walk(
                loop.get(),
                [](uv_handle_t* handle, void* count) { *static_cast<int*>(count) += uv_is_closing(handle) == 0; },
                &handles);
            CHECK(handles == 0);
            CHECK(silent.is(Errc::client_closed));
            client.get(origin.url("/echo"), later.callback());
        });
        client.close();
        client.get(origin.url("/echo"), late.callback());
        CHECK(late.calls == 0);
    });
    loop.run();
    CHECK(queued.is(Errc::client_closed));
    CHECK(late.is(Errc::client_closed));
    CHECK(later.is(Errc::client_closed));
    bool again = false;
    client.close([&] { again = true; });
    CHECK_FALSE(again);
    loop.run();
    CHECK(again);
}

TEST_CASE("a client that was never used leaves nothing behind") {
    UvLoop loop;
    {
        const uv::Client client(loop.get());
    }
    uv::Client moved(loop.get());
    uv::Client other(std::move(moved));
    uv::Client third(loop.get());
    third = std::move(other);
    loop.run();
}

TEST_CASE("several clients share a loop with handles of the program's own") {
    TestOrigin origin;
    UvLoop loop;
    int ticks = 0;
    uv_timer_t timer;
    uv_timer_init(loop.get(), &timer);
    timer.data = &ticks;
    uv_timer_start(
        &timer,
        [](uv_timer_t* handle) {
            if (++*static_cast<int*>(handle->data) == 20) {
                uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
            }
        },
        1, 1);
    int worked = 0;
    uv_work_t work;
    work.data = &worked;
    uv_queue_work(loop.get(), &work, [](uv_work_t* job) { ++*static_cast<int*>(job->data); }, [](uv_work_t*, int) {});
    std::vector<Outcome> outcomes(30);
    {
        std::vector<uv::Client> clients;
        for (std::size_t i = 0; i < 3; ++i) {
            clients.emplace_back(loop.get());
        }
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            clients[i % 3].get(origin.url("/echo"), outcomes[i].callback());
        }
        loop.run_until([&] { return outcomes.back().calls == 1; });
        clients[1].close();
        clients.erase(clients.begin() + 2);
        loop.run();
    }
    for (const Outcome& outcome : outcomes) {
        CHECK(outcome.calls == 1);
    }
    CHECK(outcomes[0].status() == 200);
    CHECK(ticks == 20);
    CHECK(worked == 1);
}

TEST_CASE("a builder outlives its client") {
    TestOrigin origin;
    UvLoop loop;
    Outcome outcome;
    std::optional<uv::RequestBuilder> builder;
    {
        uv::Client client(loop.get());
        builder.emplace(client.request("GET", origin.url("/echo")));
    }
    loop.run();
    builder->send(outcome.callback());
    loop.run();
    CHECK(outcome.is(Errc::client_closed));
}

TEST_CASE("an exception of the trace or of a late close callback ends the program, and not by way of libuv") {
    const bool trace = GENERATE(true, false);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::set_terminate([] { ::_exit(42); });
        try {
            uv_loop_t loop;
            uv_loop_init(&loop);
            Config config;
            if (trace) {
                config.on_trace = [](const event::Trace&) { throw std::runtime_error("the trace's"); };
            }
            uv::Client client(&loop, config);
            if (trace) {
                client.get("http://127.0.0.1:1/", [](const Result<Response>&) {});
            } else {
                client.close();
                uv_run(&loop, UV_RUN_DEFAULT);
                client.close([] { throw std::runtime_error("the callback's"); });
            }
            uv_run(&loop, UV_RUN_DEFAULT);
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 42);
}

TEST_CASE("an upload to a peer that goes away raises no SIGPIPE, and changes no signal's handling") {
    static int signals = 0;
    const auto before = std::signal(SIGPIPE, [](int) { ++signals; });
    {
        TestOrigin origin;
        UvLoop loop;
        uv::Client client(loop.get());
        std::vector<Outcome> outcomes(5);
        const std::string body(8'000'000, 'b');
        for (Outcome& outcome : outcomes) {
            // It has a body that the origin does not wait for, since Content-Length in small letters is none to it.
            client.post(origin.url("/drop"),
                        {.headers = {{"content-length", std::to_string(body.size())}}, .content = body},
                        outcome.callback());
        }
        loop.run();
        for (const Outcome& outcome : outcomes) {
            CHECK(outcome.calls == 1);
            CHECK_FALSE(*outcome.result);
        }
    }
    CHECK(std::signal(SIGPIPE, before) != SIG_ERR);
    CHECK(signals == 0);
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    CHECK(sigismember(&blocked, SIGPIPE) == 0);
}

TEST_CASE("drain waits for what is under way, refuses the rest, and closes") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.base_url = origin.url("/")});
    Outcome late;
    Outcome refused;
    std::string order;
    client.get("delay/50", late.callback());
    client.drain([&](bool whole) {
        order += whole ? "drained " : "cut ";
        CHECK(late.text() == "late");
        client.drain(0s, [&](bool again) { order += again ? "again " : "cut "; });
        client.close([&] { order += "closed "; });
    });
    client.get("json", refused.callback());
    CHECK(order.empty());
    loop.run();
    CHECK(order == "drained again closed ");
    CHECK(refused.is(Errc::client_closed));
    CHECK(client.stats().requests_done == 1);
    CHECK(client.stats().idle == 0);
}

TEST_CASE("drain with a limit ends what is left, and so do close and the end of the client") {
    TestOrigin origin;
    UvLoop loop;
    std::optional<uv::Client> client(std::in_place, loop.get(), Config{.timeout = std::nullopt});
    Outcome outcome;
    std::optional<bool> whole;
    client->get(origin.url("/silent"), outcome.callback());
    SECTION("the limit") {
        client->drain(20ms, [&](bool ended) { whole = ended; });
        loop.run();
        CHECK(outcome.is(Errc::client_closed));
    }
    SECTION("the limit of another, set earlier") {
        client->drain(20ms);
        client->drain([&](bool ended) { whole = ended; });
        loop.run();
        CHECK(outcome.is(Errc::client_closed));
    }
    SECTION("the limit of another, set later") {
        client->drain(10s, [&](bool ended) { whole = ended; });
        client->drain(20ms);
        loop.run();
        CHECK(outcome.is(Errc::client_closed));
    }
    SECTION("close") {
        client->drain([&](bool ended) { whole = ended; });
        loop.after(20, [&] { client->close(); });
        loop.run();
        CHECK(outcome.is(Errc::client_closed));
    }
    SECTION("the destructor") {
        client->drain(10s, [&](bool ended) { whole = ended; });
        client.reset();
        loop.run();
        CHECK(outcome.is(Errc::cancelled));
    }
    CHECK(whole == false);
}
