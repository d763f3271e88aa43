// Requests and their callbacks on a libuv loop.
#include "tests/integration/scripted_origin.hpp"
#include "tests/uv/support.hpp"

#include <ferry/exceptions.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using test::Outcome;
using test::Peer;
using test::ScriptedOrigin;
using test::TestOrigin;
using test::UvLoop;

TEST_CASE("a request is answered in its callback, and uv_run() returns when there is nothing left to do") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.limits = {.keepalive_expiry = std::nullopt}});
    Outcome outcome;
    client.get(origin.url("/bytes/100000"), outcome.callback());
    CHECK(outcome.calls == 0);
    loop.run();
    CHECK(outcome.status() == 200);
    CHECK(outcome.text() == std::string(100'000, 'x'));
    CHECK(client.stats().idle == 1);  // It does not hold the loop.
}

TEST_CASE("every method has its call") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    const Options options{.headers = {{"X-Test", "yes"}}};
    std::array<Outcome, 16> outcomes;
    const std::string url = origin.url("/echo");
    client.get(url, outcomes[0].callback());
    client.get(url, options, outcomes[1].callback());
    client.head(url, outcomes[2].callback());
    client.head(url, options, outcomes[3].callback());
    client.options(url, outcomes[4].callback());
    client.options(url, options, outcomes[5].callback());
    client.delete_(url, outcomes[6].callback());
    client.delete_(url, options, outcomes[7].callback());
    client.post(url, outcomes[8].callback());
    client.post(url, options, outcomes[9].callback());
    client.put(url, outcomes[10].callback());
    client.put(url, options, outcomes[11].callback());
    client.patch(url, outcomes[12].callback());
    client.patch(url, options, outcomes[13].callback());
    client.request("PURGE", url, outcomes[14].callback());
    client.request("PURGE", url, options, outcomes[15].callback());
    // The origin sends a body for HEAD too, which makes that connection unusable: they come on others.
    loop.run();
    constexpr std::array methods{"GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH", "PURGE"};
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        CHECK(outcomes[i].status() == 200);
        if (i / 2 != 1) {
            CHECK(outcomes[i].text().starts_with(methods[i / 2]));
            CHECK((outcomes[i].text().find("X-Test: yes") != std::string::npos) == (i % 2 == 1));
        }
    }
}

TEST_CASE("options may be braces, and the builder says the same") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.base_url = origin.url("/"), .headers = {{"X-Client", "uv"}}});
    Outcome braces;
    Outcome built;
    client.post("echo", {.params = {{"a", "b"}}, .json = {{"key", "value"}}}, braces.callback());
    client.request("POST", "/echo").param("a", "b").json({{"key", "value"}}).timeout(2s).send(built.callback());
    loop.run();
    CHECK(braces.text().starts_with("POST /echo?a=b HTTP/1.1"));
    CHECK(braces.text().find("X-Client: uv") != std::string::npos);
    CHECK(braces.text().ends_with(R"({"key":"value"})"));
    CHECK(built.text() == braces.text());
}

TEST_CASE("a body may be made while it is sent") {
    constexpr std::size_t total = 3'000'000;
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    std::size_t made = 0;
    const Options options{.body = BodySource{.next = [&]() -> std::optional<Buffer> {
                                                 const std::size_t size = std::min<std::size_t>(7'000, total - made);
                                                 made += size;
                                                 return size > 0 ? std::optional(Buffer(std::string(size, 'x')))
                                                                 : std::nullopt;
                                             },
                                             .length = total}};
    Outcome outcome;
    client.post(origin.url("/echo"), options, outcome.callback());
    CHECK(made == 0);  // Not from inside the call.
    loop.run();
    CHECK(outcome.text().ends_with("\r\n\r\n" + std::string(total, 'x')));
}

TEST_CASE("connections are reused, and limits hold") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.limits = {.max_connections = 3}});
    std::vector<Outcome> outcomes(50);
    for (Outcome& outcome : outcomes) {
        client.get(origin.url("/json"), outcome.callback());
    }
    loop.run();
    for (const Outcome& outcome : outcomes) {
        CHECK(outcome.status() == 200);
    }
    CHECK(origin.connections() == 3);
    CHECK(client.stats().connections_reused == 47);
}

TEST_CASE("a callback may make the next request") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    int left = 20;
    std::function<void(Result<Response>)> next = [&](Result<Response> r) {
        REQUIRE(r);
        if (--left > 0) {
            client.get(origin.url("/json"), next);
        }
    };
    client.get(origin.url("/json"), next);
    loop.run();
    CHECK(left == 0);
    CHECK(origin.connections() == 1);
}

TEST_CASE("the time that a callback takes is no silence of the request behind it") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get(), {.limits = {.max_connections = 1}});
    Outcome second;
    client.get(origin.url("/json"), {}, [](const Result<Response>&) { std::this_thread::sleep_for(400ms); });
    client.get(origin.url("/delay/50"), {.timeout = Timeout{.read = 200ms}}, second.callback());
    loop.run();
    CHECK(second.status() == 200);
}

TEST_CASE("failures come in the callback, never from inside the call") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    Outcome url;
    Outcome scheme;
    Outcome method;
    Outcome refused;
    Outcome unknown;
    Outcome dropped;
    Outcome late;
    client.get("http://[", url.callback());
    client.get("/relative", scheme.callback());
    client.request("NO METHOD", origin.url("/"), method.callback());
    client.get("http://127.0.0.1:" + std::to_string(test::free_port()) + "/", refused.callback());
    client.get("http://host.invalid./", {.timeout = 20s}, unknown.callback());
    client.get(origin.url("/drop"), dropped.callback());
    client.get(origin.url("/silent"), {.timeout = Timeout{.read = 30ms}}, late.callback());
    for (const Outcome* outcome : {&url, &scheme, &method, &refused, &unknown, &dropped, &late}) {
        CHECK(outcome->calls == 0);
    }
    loop.run();
    CHECK(url.is(Errc::invalid_url));
    CHECK(scheme.is(Errc::unsupported_protocol));
    CHECK(method.is(Errc::invalid_method));
    CHECK(refused.is(Errc::connect_failed));
    CHECK(refused.result->error().cause == std::errc::connection_refused);
    CHECK(unknown.is(Errc::name_resolution_failed));
    CHECK(dropped.is(Errc::server_disconnected));
    CHECK(late.is(Errc::read_timeout));
}

TEST_CASE("requests that cannot be sent fail in the order of their calls") {
    UvLoop loop;
    uv::Client client(loop.get());
    std::vector<int> order;
    for (int i = 0; i < 5; ++i) {
        client.get("http://[", [&, i](const Result<Response>&) {
            order.push_back(i);
            client.get("http://[", [&, i](const Result<Response>&) { order.push_back(i + 5); });
        });
    }
    loop.run();
    CHECK(order == std::vector{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("settings without meaning are refused when the client is made") {
    UvLoop loop;
    CHECK_THROWS_AS(uv::Client(loop.get(), {.base_url = "ftp://host/"}), UnsupportedProtocol);
    CHECK_THROWS_AS(uv::Client(loop.get(), {.limits = {.max_connections = 0}}), LocalProtocolError);
    CHECK_THROWS_AS(uv::Client(loop.get(), {.socket_path = std::string(300, 'x')}), LocalProtocolError);
}

TEST_CASE("requests go to a Unix domain socket") {
    const auto folder = std::filesystem::temp_directory_path() / ("ferry-uv-" + std::to_string(test::free_port()));
    std::filesystem::create_directory(folder);
    const std::string path = folder / "socket";
    {
        TestOrigin origin(path);
        UvLoop loop;
        uv::Client client(loop.get(), {.socket_path = path});
        Outcome outcome;
        client.get("http://nowhere.test/echo", outcome.callback());
        loop.run();
        CHECK(outcome.text().find("Host: nowhere.test") != std::string::npos);
    }
    std::filesystem::remove_all(folder);
}

TEST_CASE("sockets are set up as the configuration says") {
    TestOrigin origin;
    UvLoop loop;
    const std::uint16_t port = test::free_port();
    uv::Client client(loop.get(), {.socket_options = {.local_address = parse_address("127.0.0.2", port),
                                                      .receive_buffer = 8192,
                                                      .send_buffer = 8192,
                                                      .tcp_keepalive = true}});
    uv::Client taken(loop.get(), {.socket_options = {.local_address = parse_address("192.0.2.1", 0)}});
    Outcome outcome;
    Outcome cannot;
    client.get(origin.url("/bytes/300000"), outcome.callback());
    taken.get(origin.url("/json"), cannot.callback());
    loop.run();
    std::string local;  // Of the connection that is idle now.
    uv_walk(
        loop.get(),
        [](uv_handle_t* handle, void* to) {
            sockaddr_storage name{};
            int size = sizeof(name);
            std::array<char, 64> text{};
            if (handle->type == UV_TCP &&
                uv_tcp_getsockname(reinterpret_cast<uv_tcp_t*>(handle), reinterpret_cast<sockaddr*>(&name), &size) ==
                    0 &&
                uv_ip4_name(reinterpret_cast<sockaddr_in*>(&name), text.data(), text.size()) == 0) {
                *static_cast<std::string*>(to) = text.data();
            }
        },
        &local);
    CHECK(outcome.status() == 200);
    CHECK(local == "127.0.0.2");
    CHECK(cannot.is(Errc::connect_failed));
    CHECK(cannot.result->error().cause == std::errc::address_not_available);
}

TEST_CASE("what happens on the wire is told") {
    TestOrigin origin;
    UvLoop loop;
    std::string told;
    uv::Client client(loop.get(), {.on_trace = [&](const event::Trace& trace) { told += trace.text + '\n'; }});
    Outcome outcome;
    client.get(origin.url("/json"), outcome.callback());
    loop.run();
    CHECK(told.find("> GET /json HTTP/1.1") != std::string::npos);
    CHECK(told.find("< HTTP/1.1 200") != std::string::npos);
}

TEST_CASE("a resolver of one's own finds hosts") {
    UvLoop loop;
    TestOrigin origin;
    uv::Client client(loop.get(), {.resolver = [](const std::string&, std::uint16_t to) -> Resolved {
                          return {.endpoints = {*parse_address("127.0.0.1", to)}};
                      }});
    Outcome outcome;
    client.get("http://api.test:" + std::to_string(origin.port()) + "/echo", outcome.callback());
    loop.run_until([&] { return outcome.calls != 0; });
    CHECK(outcome.text().find("Host: api.test:") != std::string::npos);
    CHECK(client.dump().find("http://api.test:") != std::string::npos);
    client.close();
}

TEST_CASE("an empty function is no callback") {
    const std::function<void(const ferry::Result<ferry::Response>&)> none;
    void (*null)(const ferry::Result<ferry::Response>&) = nullptr;
    CHECK_FALSE(ferry::uv::ResponseCallback(none));
    CHECK_FALSE(ferry::uv::ResponseCallback(null));
    CHECK(ferry::uv::ResponseCallback([](const ferry::Result<ferry::Response>&) {}));
}

namespace {

/// A function of some size that tells how many of its kind there are.
template <std::size_t Size, bool Movable>
struct Counted {
    explicit Counted(int& living) : alive(&living) { ++*alive; }
    Counted(Counted&& other) noexcept(Movable) : alive(other.alive) { ++*alive; }
    ~Counted() { --*alive; }
    void operator()(int& called) { ++called; }

    int* alive;
    std::array<std::byte, Size> more{};
};

template <class Function>
void check_callback() {
    int living = 0;
    int calls = 0;
    {
        uv::Callback<int&> first{Function(living)};
        CHECK(living == 1);
        uv::Callback<int&> second(std::move(first));
        CHECK(living == 1);
        CHECK(second);
        second(calls);
        first = std::move(second);
        CHECK(living == 1);
        first(calls);
        second = Function(living);
        CHECK(living == 2);
        first = std::move(second);
        CHECK(living == 1);
        first(calls);
        first = nullptr;
        CHECK(living == 0);
        CHECK_FALSE(first);
        second = Function(living);
    }
    CHECK(living == 0);
    CHECK(calls == 3);
}

}  // namespace

TEST_CASE("a callback owns its function, whether that is small, large, or may throw when it is moved") {
    check_callback<Counted<1, true>>();
    check_callback<Counted<1, false>>();
    check_callback<Counted<500, true>>();
}

TEST_CASE("what a request holds goes when it has ended, and nothing of it is left for the next") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    auto held = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = held;
    const auto piece = [held]() -> std::optional<Buffer> { return std::nullopt; };
    auto handle = client.put(origin.url("/echo"), {.body = {.next = piece}},
                             [held](const Result<Response>& r) { *held = !r && r.error().code == Errc::cancelled; });
    handle.cancel();
    loop.run();
    CHECK(*held == 1);
    held.reset();
    CHECK(alive.use_count() == 1);  // `piece`.
    Outcome next;
    client.get(origin.url("/json"), next.callback());
    loop.run();
    CHECK(next.status() == 200);
}

TEST_CASE("a callback may own what cannot be copied") {
    TestOrigin origin;
    UvLoop loop;
    uv::Client client(loop.get());
    auto owned = std::make_unique<int>(5);
    int seen = 0;
    client.get(origin.url("/json"), [&seen, value = std::move(owned)](Result<Response> r) { seen = r ? *value : 0; });
    client.get(origin.url("/json"), nullptr);  // Who does not want to know.
    loop.run();
    CHECK(seen == 5);
}

TEST_CASE("a body's source is asked no faster than the peer reads, and one without an end keeps nobody waiting") {
    std::promise<void> done;
    ScriptedOrigin deaf([&](Peer& peer) {
        peer.read_head();
        done.get_future().wait();
    });
    ScriptedOrigin greedy([](Peer& peer) {
        while (!peer.read(1'000'000).empty()) {
        }
    });
    TestOrigin other;
    UvLoop loop;
    uv::Client client(loop.get(), {.timeout = std::nullopt});
    std::size_t asked = 0;
    Outcome slow;
    Outcome endless;
    Outcome short_one;
    const auto next = [&](std::size_t& count) {
        return [&count]() -> std::optional<Buffer> {
            ++count;
            return Buffer(std::string(100'000, 'x'));
        };
    };
    std::size_t greedily = 0;
    const uv::RequestHandle handle = client.post(deaf.url(), {.body = {.next = next(asked)}}, slow.callback());
    client.post(greedy.url(), {.timeout = Timeout{.total = 200ms}, .body = {.next = next(greedily)}},
                endless.callback());
    client.get(other.url("/delay/20"), [&](Result<Response> r) {
        CHECK(endless.calls == 0);
        short_one.callback()(std::move(r));
    });
    std::size_t at_first = 0;
    loop.after(300, [&] { at_first = asked; });
    loop.after(400, [&] {
        CHECK(asked <= at_first + 1);
        uv::RequestHandle(handle).cancel();
        done.set_value();
    });
    loop.run();
    CHECK(at_first > 2);
    CHECK(at_first < 200);  // 20 MB: the system's buffers, and 256 KiB.
    CHECK(greedily > 0);
    CHECK(endless.is(Errc::total_timeout));
    CHECK(short_one.status() == 200);
    CHECK(slow.is(Errc::cancelled));
}
