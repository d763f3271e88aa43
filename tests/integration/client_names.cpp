// Where the blocking client finds hosts, and how often it tries to reach them.
#include <ferry/ferry.hpp>

#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace ferry;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using test::TestOrigin;

namespace {

/// The origin's URL with another host in it.
std::string at(const TestOrigin& origin, const std::string& host, const std::string& path) {
    return "http://" + host + ":" + std::to_string(origin.port()) + path;
}

}  // namespace

TEST_CASE("a table of hosts goes before every lookup") {
    TestOrigin origin;
    Client client(
        {.hosts = {{"api.test", {"127.0.0.1"}}}, .resolver = [](const std::string&, std::uint16_t) -> Resolved {
             throw std::logic_error("nobody is to ask");
         }});
    CHECK_THAT(client.get(at(origin, "api.test", "/echo")).text(), ContainsSubstring("Host: api.test:"));
    CHECK(client.stats().lookups == 0);
}

TEST_CASE("a table without meaning is refused when the client is made") {
    CHECK_THROWS_WITH(Client({.hosts = {{"api.test", "localhost"}}}),
                      ContainsSubstring("\"api.test\"") && ContainsSubstring("is not an address"));
    CHECK_THROWS_WITH(Client({.retries = -1}), ContainsSubstring("retries is negative"));
}

TEST_CASE("a resolver of one's own finds hosts, once for many requests") {
    TestOrigin origin;
    std::atomic<int> asked = 0;
    Client client({.resolver = [&asked](const std::string& host, std::uint16_t port) -> Resolved {
        ++asked;
        if (host == "system.test") {
            return system_lookup("127.0.0.1", port);
        }
        if (host == "api.test") {
            return {.endpoints = {*parse_address("127.0.0.1", 1)}};
        }
        return {};
    }});
    std::vector<Call> calls(10, Call(at(origin, "api.test", "/json")));
    for (const Result<Response>& result : client.gather(calls)) {
        CHECK(result);
    }
    CHECK(asked == 1);
    CHECK(client.get(at(origin, "system.test", "/json")).is_success());
    CHECK(client.try_get("http://nowhere.test/").error().code == Errc::name_resolution_failed);
    CHECK(client.stats().lookups == 3);
}

TEST_CASE("a resolver may throw, whatever it likes") {
    Client client({.resolver = [](const std::string& host, std::uint16_t) -> Resolved {
        if (host == "system.test") {
            throw std::system_error(std::make_error_code(std::errc::network_unreachable));
        }
        if (host == "standard.test") {
            throw std::runtime_error("no");
        }
        throw 42;
    }});
    const Error error = client.try_get("http://system.test/").error();
    CHECK(error.code == Errc::name_resolution_failed);
    CHECK(error.cause == std::errc::network_unreachable);
    CHECK(client.try_get("http://standard.test/").error().code == Errc::name_resolution_failed);
    CHECK(client.try_get("http://odd.test/").error().code == Errc::name_resolution_failed);
}

TEST_CASE("a resolver that hangs holds up neither other requests nor the end of the client") {
    TestOrigin origin;
    std::promise<void> over;
    const std::shared_future<void> wait = over.get_future().share();
    {
        Client client(
            {.timeout = Timeout{.connect = 50ms}, .resolver = [wait](const std::string&, std::uint16_t) -> Resolved {
                 wait.wait();
                 return {};
             }});
        CHECK(client.try_get("http://slow.test/").error().code == Errc::connect_timeout);
        CHECK(client.get(origin.url("/json")).is_success());
    }
    over.set_value();
}

TEST_CASE("a connect that fails is tried again, as the client or the request says") {
    const std::string url = "http://127.0.0.1:" + std::to_string(test::free_port()) + "/";
    Client client({.retries = 1});
    const Error error = client.try_get(url).error();
    CHECK(error.code == Errc::connect_failed);
    CHECK_THAT(error.message, ContainsSubstring("in 2 attempts"));
    CHECK(client.stats().connects_retried == 1);
    CHECK(client.try_get(url, {.retries = 0}).error().message.find("attempts") == std::string::npos);
    CHECK(client.request("GET", url).retries(1).try_send().error().message.find("in 2 attempts") != std::string::npos);
    CHECK(client.stats().connects_retried == 2);
    CHECK(client.stats().closed[CloseReason::connect_failed] == 5);
}

TEST_CASE("a client tells what is going on") {
    TestOrigin origin;
    Client client;
    client.get(origin.url("/json"));
    CHECK_THAT(client.dump(), ContainsSubstring("1 idle") && ContainsSubstring("closes in"));
}
