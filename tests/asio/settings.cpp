// What a client is made with.
#include <ferry/asio.hpp>

#include "tests/asio/run.hpp"
#include "tests/integration/test_origin.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace net = ::boost::asio;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using ferry::test::ready;
using ferry::test::run_until;
using ferry::test::TestOrigin;

TEST_CASE("settings without meaning are refused when the client is made") {
    net::io_context context;
    CHECK_THROWS_AS(ferry::asio::Client(context, {.base_url = "http://a b"}), ferry::InvalidUrl);
    CHECK_THROWS_AS(ferry::asio::Client(context, {.timeout = -1s}), ferry::LocalProtocolError);
    CHECK_THROWS_AS(ferry::asio::Client(context, {.socket_path = std::string(300, 'x')}), ferry::LocalProtocolError);
}

TEST_CASE("all connections go to a Unix domain socket") {
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("ferry-asio-" + std::to_string(::getpid()) + ".sock");
    {
        TestOrigin origin(path.string());
        net::io_context context;
        ferry::asio::Client client(context, {.socket_path = path.string()});
        auto first = client.get("http://some.host/echo", net::use_future);
        run_until(context, [&] { return ready(first); });
        CHECK_THAT(first.get().text(), ContainsSubstring("Host: some.host"));
        client.close();
    }
    std::filesystem::remove(path);

    net::io_context context;
    ferry::asio::Client client(context, {.socket_path = path.string()});
    auto failed = client.try_get("http://some.host/", net::use_future);
    context.run();
    CHECK(failed.get().error().code == ferry::Errc::connect_failed);
}

TEST_CASE("sockets are set up as the configuration says") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(
        context, {.socket_options = {.local_address = ferry::parse_address("127.0.0.2", 0), .tcp_keepalive = true}});
    auto good = client.get(origin.url("/json"), net::use_future);
    // No interface has this address.
    ferry::asio::Client elsewhere(context, {.socket_options = {.local_address = ferry::parse_address("192.0.2.1", 0)}});
    auto bad = elsewhere.try_get(origin.url("/json"), net::use_future);
    run_until(context, [&] { return ready(good, bad); });
    CHECK(good.get().status_code() == 200);
    const auto result = bad.get();
    REQUIRE(!result);
    CHECK(result.error().code == ferry::Errc::connect_failed);
    CHECK(result.error().cause == std::errc::address_not_available);
}

TEST_CASE("the trace is told, and may use the client") {
    TestOrigin origin;
    net::io_context context;
    std::vector<std::string> lines;
    ferry::asio::Client* self = nullptr;
    ferry::asio::Client client(context, {.on_trace = [&](const ferry::event::Trace& trace) {
                                   lines.push_back(trace.text);
                                   if (lines.size() == 1) {
                                       self->get(origin.url("/status/204"),
                                                 [](const std::exception_ptr&, const ferry::Response&) {});
                                   }
                               }});
    self = &client;
    client.get(origin.url("/json"), [](const std::exception_ptr&, const ferry::Response&) {});
    run_until(context, [&] { return !lines.empty() && origin.requests() == 2; });
    client.close();
}

TEST_CASE("names are looked up") {
    TestOrigin origin;
    net::io_context context;
    ferry::asio::Client client(context);
    auto good = client.try_get("http://localhost:" + std::to_string(origin.port()) + "/json", net::use_future);
    run_until(context, [&] { return ready(good); });
    CHECK(good.get().has_value());
}

TEST_CASE("a resolver of one's own finds hosts") {
    TestOrigin origin;
    const std::string port = std::to_string(origin.port());
    net::io_context context;
    ferry::asio::Client client(context, {.resolver = [](const std::string&, std::uint16_t to) -> ferry::Resolved {
                                   return {.endpoints = {*ferry::parse_address("127.0.0.1", to)}};
                               }});
    auto done = client.get("http://api.test:" + port + "/echo", net::use_future);
    run_until(context, [&] { return ready(done); });
    CHECK_THAT(done.get().text(), ContainsSubstring("Host: api.test:"));
    CHECK_THAT(client.dump(), ContainsSubstring("http://api.test:"));
    client.close();
}
