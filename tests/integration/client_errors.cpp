// How the blocking client fails: values, exceptions, and their sentences.
#include <ferry/ferry.hpp>

#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

using namespace ferry;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::TestOrigin;

namespace {

std::chrono::steady_clock::duration time_of(const auto& action) {
    const auto started = std::chrono::steady_clock::now();
    action();
    return std::chrono::steady_clock::now() - started;
}

}  // namespace

TEST_CASE("a refused connection is a ConnectError") {
    Client client;
    const std::string url = "http://127.0.0.1:" + std::to_string(test::free_port()) + "/";
    const auto result = client.try_get(url);
    CHECK(result.error().code == Errc::connect_failed);
    CHECK(result.error().cause == std::errc::connection_refused);
    CHECK(result.error().safe_to_retry);
    CHECK(result.error().request_bytes_sent == 0);
    try {
        client.get(url);
        FAIL("nothing was thrown");
    } catch (const ConnectError& error) {
        CHECK(error.request_method() == "GET");
        CHECK(error.request_url() == url);
        CHECK(error.code() == Errc::connect_failed);
        CHECK(error.what() == result.error().message);
    }
    CHECK_THROWS_AS(result.value(), ConnectError);
}

TEST_CASE("silence is a ReadTimeout, after its time") {
    TestOrigin origin;
    Client client;
    const auto took = time_of(
        [&] { CHECK_THROWS_AS(client.get(origin.url("/silent"), {.timeout = Timeout{.read = 200ms}}), ReadTimeout); });
    CHECK(took >= 200ms);
    CHECK_THROWS_AS(client.get(origin.url("/stall/1000"), {.timeout = 100ms}), TimeoutException);
    CHECK_THROWS_AS(client.get(origin.url("/silent"), {.timeout = Timeout{.total = 100ms}}), TotalTimeout);
    const Error error = client.try_get(origin.url("/silent"), {.timeout = Timeout{.read = 50ms}}).error();
    CHECK(error.is_timeout());
    CHECK_FALSE(make_error_code(error.code) != std::errc::timed_out);
    CHECK(error.request_bytes_sent > 0);
    CHECK(client.get(origin.url("/json")).is_success());
}

TEST_CASE("pool = 0 takes what is free and fails at once where nothing is") {
    TestOrigin origin;
    Client client({.timeout = Timeout{.pool = 0s}, .limits = {.max_connections = 1}});
    CHECK(client.get(origin.url("/json")).is_success());
    const StreamingResponse held = client.stream("GET", origin.url("/stall/10"));
    CHECK_THROWS_AS(client.get(origin.url("/json")), PoolTimeout);
}

TEST_CASE("a broken server is a RemoteProtocolError") {
    TestOrigin origin;
    Client client;
    CHECK(client.try_get(origin.url("/drop")).error().code == Errc::server_disconnected);
    CHECK(client.try_get(origin.url("/short/1000")).error().code == Errc::truncated_body);
    CHECK_THROWS_AS(client.get(origin.url("/rubbish")), RemoteProtocolError);
    CHECK_THROWS_AS(client.get(origin.url("/drop")), RemoteProtocolError);
    CHECK_THROWS_AS(client.get(origin.url("/short/1000")), ProtocolError);
    CHECK(client.try_get(origin.url("/bytes/1000"), {.max_decoded_bytes = 999}).error().code == Errc::body_too_large);
    CHECK(client.try_get(origin.url("/chunked/1000"), {.max_decoded_bytes = 999}).error().code == Errc::body_too_large);
    CHECK(client.get(origin.url("/chunked/1000"), {.max_decoded_bytes = 1000}).is_success());
}

TEST_CASE("what makes no sense is refused before anything is sent") {
    TestOrigin origin;
    Client client;
    const std::string url = origin.url("/echo");
    CHECK_THROWS_AS(client.get("http://127.1/"), InvalidUrl);
    CHECK_THROWS_AS(client.get("https://example.com/"), UnsupportedProtocol);
    CHECK_THROWS_AS(client.get("/relative"), UnsupportedProtocol);
    CHECK_THROWS_AS(client.request("BAD METHOD", url, {.content = ""}), LocalProtocolError);
    CHECK_THROWS_AS(client.request("", url, {.content = ""}), LocalProtocolError);
    CHECK_THROWS_AS(client.get(url, {.headers = {{"a", "b\r\nc: d"}}}), LocalProtocolError);
    CHECK_THROWS_AS(client.get(url, {.headers = {{"a b", "c"}}}), LocalProtocolError);
    CHECK_THROWS_AS(client.get(url, {.target = "/a b"}), LocalProtocolError);
    CHECK_THROWS_AS(client.get(url, {.timeout = -1s}), LocalProtocolError);
    CHECK_THROWS_AS(client.get(url, {.headers = {{"Content-Length", "5"}}, .content = "x"}), LocalProtocolError);
    CHECK(client.try_get(url, {.headers = {{"X-Bad", "b\nc"}}}).error().code == Errc::invalid_header);
    CHECK_THAT(client.try_get(url, {.headers = {{"X-Bad", "b\nc"}}}).error().message, ContainsSubstring("X-Bad"));
    CHECK(origin.connections() == 0);
}

TEST_CASE("a client without meaning is not made") {
    CHECK_THROWS_AS(Client({.base_url = "http://h:bad/"}), InvalidUrl);
    CHECK_THROWS_AS(Client({.base_url = "h/x"}), UnsupportedProtocol);
    CHECK_THROWS_AS(Client({.headers = {{"a", "\n"}}}), LocalProtocolError);
    CHECK_THROWS_AS(Client({.timeout = 0s}), LocalProtocolError);
    CHECK_THROWS_AS(Client({.limits = {.max_connections = 0}}), LocalProtocolError);
    CHECK_THROWS_AS(Client({.socket_path = std::string(300, 'x')}), LocalProtocolError);
    try {
        Client({.limits = {.max_keepalive = -1}});
        FAIL("nothing was thrown");
    } catch (const HttpError& error) {
        CHECK(std::string(error.what()) == "limits.max_keepalive is negative");
    }
}

TEST_CASE("a closed client makes no requests") {
    TestOrigin origin;
    Client client;
    CHECK(client.get(origin.url("/json")).is_success());
    client.close();
    client.close();
    CHECK(client.try_get(origin.url("/json")).error().code == Errc::client_closed);
    CHECK_THROWS_AS(client.get(origin.url("/json")), ReadError);
    CHECK(client.gather({"http://127.0.0.1:1/"})[0].error().code == Errc::client_closed);
    CHECK(client.try_stream("GET", origin.url("/json")).error().code == Errc::client_closed);
    CHECK(client.stats().idle == 0);
}

TEST_CASE("exceptions name the request as it was made, whichever call throws them") {
    const std::string origin = "http://127.0.0.1:" + std::to_string(test::free_port());
    Client client({.base_url = origin.substr(0, 7) + "me:secret@" + origin.substr(7), .params = {{"q", 2}}});
    const std::string url = origin.substr(0, 7) + "me:[secure]@" + origin.substr(7) + "/x?q=2&p=1";
    const auto check = [&](const char* method, const auto& action) {
        try {
            action();
            FAIL("nothing was thrown");
        } catch (const ConnectError& error) {
            CHECK(error.request_method() == method);
            CHECK(error.request_url() == url);
            CHECK_THAT(error.what(), ContainsSubstring(url));
        }
    };
    const Options options{.params = {{"p", 1}}};
    check("GET", [&] { client.get("/x", options); });
    check("PUT", [&] { static_cast<void>(client.try_put("/x", options).value()); });
    check("PATCH", [&] { static_cast<void>(client.gather({{"PATCH", "/x", options}})[0].value()); });
    check("GET", [&] { static_cast<void>(client.stream("GET", "/x", options)); });
}

TEST_CASE("a failure tells how far its request came") {
    TestOrigin origin;
    Client client;
    const Error silent = client.try_get(origin.url("/silent"), {.timeout = Timeout{.read = 50ms}}).error();
    CHECK(silent.request->timings.new_connections == 1);
    CHECK(silent.request->timings.connect);
    CHECK_FALSE(silent.request->timings.starttransfer);
    CHECK(silent.request->timings.total >= 50ms);
    StreamingResponse stalled = client.stream("GET", origin.url("/stall/1000"), {.timeout = Timeout{.read = 50ms}});
    CHECK(stalled.response().timings().starttransfer);
    CHECK_FALSE(stalled.response().timings().total);
    CHECK_FALSE(stalled.try_read_all());
    CHECK(stalled.response().timings().total);
}

TEST_CASE("drain is not true where close ended what was under way") {
    TestOrigin origin;
    Client client;
    std::optional<Errc> code;
    std::thread waiter([&] { code = client.try_get(origin.url("/silent")).error().code; });
    while (client.stats().active == 0) {
        std::this_thread::sleep_for(1ms);
    }
    std::thread closer([&] {
        std::this_thread::sleep_for(100ms);
        client.close();
    });
    CHECK_FALSE(client.drain());
    closer.join();
    waiter.join();
    CHECK(code == Errc::client_closed);
    CHECK(client.drain());
}
