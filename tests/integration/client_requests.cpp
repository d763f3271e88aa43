// The blocking client against a server: verbs, options, results, gather, the builder.
#include <ferry/ferry.hpp>

#include "tests/integration/test_origin.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <unistd.h>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::TestOrigin;

namespace {

std::string first_line(const Response& response) {
    const std::string text = response.text();
    return text.substr(0, text.find("\r\n"));
}

std::string body_of_echo(const Response& response) {
    const std::string text = response.text();
    return text.substr(text.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("a GET has everything that a response has") {
    TestOrigin origin;
    Client client;
    const Response r = client.get(origin.url("/json"), {.params = {{"page", 2}}});
    CHECK(r.status_code() == 200);
    CHECK(r.reason_phrase() == "OK");
    CHECK(r.http_version() == "HTTP/1.1");
    CHECK(r.headers()["content-type"] == "application/json");
    CHECK(r.url().str() == origin.url("/json?page=2"));
    CHECK(r.method() == "GET");
    CHECK(r.json() == nlohmann::json({{"a", {1, 2}}}));
    CHECK(r.content().size() == 13);
    CHECK(r.num_bytes_downloaded() == 13);
    CHECK(r.elapsed() > 0s);
    CHECK(r.timings().new_connections == 1);
    CHECK(r.is_success());
}

TEST_CASE("each verb is the method of its name") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/echo")});
    CHECK(first_line(client.get("a")) == "GET /echo/a HTTP/1.1");
    CHECK(first_line(client.options("a")) == "OPTIONS /echo/a HTTP/1.1");
    CHECK(first_line(client.delete_("a")) == "DELETE /echo/a HTTP/1.1");
    CHECK(first_line(client.post("a")) == "POST /echo/a HTTP/1.1");
    CHECK(first_line(client.put("a")) == "PUT /echo/a HTTP/1.1");
    CHECK(first_line(client.patch("a")) == "PATCH /echo/a HTTP/1.1");
    CHECK(first_line(client.request("QUERY", "a", {.content = "x"})) == "QUERY /echo/a HTTP/1.1");
    CHECK(first_line(client.options("a", {.target = "*"})) == "OPTIONS * HTTP/1.1");
    const Options options{.headers = {{"X-Tag", "1"}}};
    CHECK(first_line(*client.try_get("a", options)) == "GET /echo/a HTTP/1.1");
    CHECK(first_line(*client.try_options("a")) == "OPTIONS /echo/a HTTP/1.1");
    CHECK(first_line(*client.try_delete("a")) == "DELETE /echo/a HTTP/1.1");
    CHECK(first_line(*client.try_post("a", options)) == "POST /echo/a HTTP/1.1");
    CHECK(first_line(*client.try_put("a")) == "PUT /echo/a HTTP/1.1");
    CHECK(first_line(*client.try_patch("a")) == "PATCH /echo/a HTTP/1.1");
    CHECK(first_line(*client.try_request("QUERY", "a")) == "QUERY /echo/a HTTP/1.1");
    CHECK(origin.connections() == 1);
    CHECK(client.stats().requests_done == 15);
}

TEST_CASE("HEAD has a head alone, and the connection stays usable") {
    TestOrigin origin;
    Client client;
    const Response r = client.head(origin.url("/bytes/1000"));
    CHECK(r.headers()["content-length"] == "1000");
    CHECK(r.content().empty());
    CHECK(client.try_head(origin.url("/bytes/5"))->content().empty());
    CHECK(client.get(origin.url("/bytes/5")).content().size() == 5);
    CHECK(origin.connections() == 1);
}

TEST_CASE("what is sent is what was asked for") {
    TestOrigin origin;
    Client client({.headers = {{"X-Client", "c"}}, .params = {{"k", "v"}}});
    const Response r = client.post(origin.url("/echo"), {.headers = {{"X-Request", "r"}}, .json = {{"key", "value"}}});
    CHECK(r.text() == "POST /echo?k=v HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(origin.port()) +
                          "\r\nAccept: */*\r\nConnection: keep-alive\r\nUser-Agent: ferry/0.1\r\nX-Client: c\r\n"
                          "X-Request: r\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
                          R"({"key":"value"})");
    CHECK(body_of_echo(client.put(origin.url("/echo"), {.content = std::string(300'000, 'y')})) ==
          std::string(300'000, 'y'));
    CHECK_THAT(client.post(origin.url("/echo"), {.content = ""}).text(), ContainsSubstring("Content-Length: 0\r\n"));
    CHECK_THAT(client.get(origin.url("/echo")).text(), !ContainsSubstring("Content-Length"));
}

TEST_CASE("bodies of every length and framing") {
    TestOrigin origin;
    Client client;
    for (const int size : {0, 1, 1000, 65'536, 3'000'000}) {
        CHECK(client.get(origin.url("/bytes/" + std::to_string(size))).content().size() ==
              static_cast<std::size_t>(size));
        const Response chunked = client.get(origin.url("/chunked/" + std::to_string(size)));
        CHECK(chunked.content().size() == static_cast<std::size_t>(size));
        CHECK(chunked.trailers()["x-count"] == std::to_string(size));
    }
    CHECK(origin.connections() == 1);
    CHECK(client.get(origin.url("/last")).text() == "last");
    CHECK(client.get(origin.url("/json")).is_success());
    CHECK(origin.connections() == 2);
}

TEST_CASE("raise_for_status with a real response") {
    TestOrigin origin;
    CHECK_NOTHROW(ferry::get(origin.url("/status/204")).raise_for_status());
    try {
        ferry::get(origin.url("/status/404")).raise_for_status();
        FAIL("nothing was thrown");
    } catch (const HttpStatusError& error) {
        CHECK(error.what() == "Client error \"404 Not Found\" for url " + origin.url("/status/404"));
        CHECK(error.response().status_code() == 404);
    }
    const Response redirect = ferry::get(origin.url("/status/302"));
    CHECK(redirect.has_redirect_location());
    CHECK_THROWS_AS(redirect.raise_for_status(), HttpStatusError);
}

TEST_CASE("the fluent spelling sends the same, as often as it is asked to") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    auto builder = client.request("POST", "echo").header("a", "b").param("x", 1).json({{"k", "v"}}).timeout(5s);
    CHECK_THAT(builder.send().text(), ContainsSubstring("POST /echo?x=1 ") && ContainsSubstring("a: b\r\n"));
    CHECK(body_of_echo(builder.try_send().value()) == R"({"k":"v"})");
    CHECK(client.request("GET", "json").send().json() == nlohmann::json({{"a", {1, 2}}}));
    CHECK(ferry::request("GET", origin.url("/json")).send().is_success());
    client.close();
    CHECK(builder.try_send().error().code == Errc::client_closed);
}

TEST_CASE("free functions have a client of their own") {
    TestOrigin origin;
    CHECK(ferry::get(origin.url("/json")).is_success());
    CHECK(ferry::post(origin.url("/echo"), {.json = {1}}).is_success());
    CHECK(first_line(ferry::request("PURGE", origin.url("/echo"), {.headers = {{"a", "b"}}})) ==
          "PURGE /echo HTTP/1.1");
    CHECK(first_line(ferry::delete_(origin.url("/echo"))) == "DELETE /echo HTTP/1.1");
    CHECK(ferry::try_get(origin.url("/json"))->is_success());
    CHECK(ferry::try_request("PUT", origin.url("/echo"))->is_success());
    CHECK(origin.connections() == 6);
    CHECK(ferry::try_get("nonsense").error().code == Errc::unsupported_protocol);
    CHECK_THROWS_AS(ferry::get("http://h:bad/"), InvalidUrl);
}

TEST_CASE("gather makes all requests at once and keeps their order") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .limits = {.max_connections = 10}});
    std::vector<Call> calls;
    for (int i = 0; i < 100; ++i) {
        calls.emplace_back("GET", "bytes/" + std::to_string(i));
    }
    const auto results = client.gather(calls);
    REQUIRE(results.size() == 100);
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].value().content().size() == i);
    }
    CHECK(origin.connections() <= 10);
    CHECK(client.stats().requests_done == 100);

    const auto delayed = client.gather({"delay/300", "delay/300", {"POST", "delay/300", {.content = "x"}}});
    CHECK(delayed.size() == 3);
    CHECK(delayed[2]->method() == "POST");
    CHECK(client.gather(std::vector<Call>()).empty());
}

TEST_CASE("gather keeps the order of many calls of which some are refused") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .limits = {.max_connections = 4}});
    std::vector<Call> calls;
    for (int i = 0; i < 100; ++i) {
        calls.emplace_back(i % 3 == 0 ? "BAD METHOD" : "GET",
                           i % 5 == 0 ? "http://h:bad/" : "bytes/" + std::to_string(i));
    }
    const auto results = client.gather(calls);
    REQUIRE(results.size() == calls.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        CAPTURE(i);
        if (i % 5 == 0) {
            CHECK(results[i].error().code == Errc::invalid_url);
        } else if (i % 3 == 0) {
            CHECK(results[i].error().code == Errc::invalid_method);
        } else {
            CHECK(results[i].value().content().size() == i);
        }
    }
}

TEST_CASE("gather begins all calls where connections are limited for each origin") {
    TestOrigin slow;
    TestOrigin quick;
    Client client({.limits = {.max_connections = 4, .max_per_origin = 1}});
    std::vector<Call> calls(20, Call(slow.url("/delay/100")));
    std::optional<int> slow_by_then;
    const auto piece = [&]() -> std::optional<Buffer> {
        if (slow_by_then) {
            return std::nullopt;
        }
        slow_by_then = slow.requests();
        return Buffer("x");
    };
    calls.emplace_back("POST", quick.url("/echo"), Options{.body = {.next = piece, .length = 1}});
    for (const auto& result : client.gather(calls)) {
        CHECK(result.value().is_success());
    }
    REQUIRE(slow_by_then.has_value());
    CHECK(*slow_by_then < 20);  // it was not kept waiting for those that wait for another origin
}

TEST_CASE("drain refuses the calls of a gather() that have not begun") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/"), .limits = {.max_connections = 1}});
    const std::vector<Call> calls(20, Call("delay/100"));
    auto gathered = std::async(std::launch::async, [&] { return client.gather(calls); });
    while (origin.requests() == 0) {
        std::this_thread::sleep_for(1ms);
    }
    CHECK(client.drain());
    const auto results = gathered.get();
    REQUIRE(results.size() == calls.size());
    CHECK(results.front().value().is_success());
    CHECK(results.back().error().code == Errc::client_closed);
    for (const auto& result : results) {
        CHECK((result ? result->is_success() : result.error().code == Errc::client_closed));
    }
    CHECK(origin.requests() < 20);
}

TEST_CASE("gather: each call fails for itself") {
    TestOrigin origin;
    Client client({.base_url = origin.url("/")});
    const auto results = client.gather({"json",
                                        "http://h:bad/",
                                        {"GET", "silent", {.timeout = 100ms}},
                                        {"BAD METHOD", "json"},
                                        {"GET", "json", {.timeout = -1s}},
                                        "drop",
                                        "json"});
    REQUIRE(results.size() == 7);
    CHECK(results[0]->is_success());
    CHECK(results[1].error().code == Errc::invalid_url);
    CHECK(results[2].error().code == Errc::read_timeout);
    CHECK(results[3].error().code == Errc::invalid_method);
    CHECK(results[4].error().code == Errc::invalid_option);
    CHECK(results[5].error().code == Errc::server_disconnected);
    CHECK(results[6]->is_success());
}

TEST_CASE("a client can be bound to a Unix domain socket") {
    const std::string path = "/tmp/ferry-client-test-" + std::to_string(::getpid());
    ::unlink(path.c_str());
    TestOrigin origin(path);
    Client client({.socket_path = path});
    CHECK_THAT(client.get("http://no.such.host.invalid/echo").text(),
               ContainsSubstring("Host: no.such.host.invalid\r\n"));
    CHECK(client.stats().lookups == 0);
    ::unlink(path.c_str());
}

TEST_CASE("a trace tells what happened, and may use the client") {
    TestOrigin origin;
    std::vector<std::string> lines;
    Client* self = nullptr;
    bool nested = false;
    Client client({.on_trace = [&](const event::Trace& trace) {
        lines.push_back(trace.text);
        if (!std::exchange(nested, true)) {
            CHECK(self->get(origin.url("/json")).is_success());
        }
    }});
    self = &client;
    CHECK(client.get(origin.url("/echo"), {.headers = {{"Authorization", "secret"}}}).is_success());
    std::string all;
    for (const std::string& line : lines) {
        all += line + "\n";
    }
    CHECK_THAT(all, ContainsSubstring("/echo") && ContainsSubstring("/json") && ContainsSubstring("200"));
    CHECK_THAT(all, !ContainsSubstring("secret\n") && !ContainsSubstring("secret\r"));
}

TEST_CASE("a client can be moved, and what is left says so") {
    TestOrigin origin;
    Client first;
    Client second = std::move(first);
    CHECK(second.get(origin.url("/json")).is_success());
    CHECK(first.try_get(origin.url("/json")).error().code == Errc::client_closed);
    CHECK(first.try_stream("GET", origin.url("/json")).error().code == Errc::client_closed);
    CHECK(first.gather({"/a"})[0].error().code == Errc::client_closed);
    CHECK(first.stats().requests == 0);
    first = std::move(second);
    CHECK(first.get(origin.url("/json")).is_success());
    CHECK(origin.connections() == 1);
}
