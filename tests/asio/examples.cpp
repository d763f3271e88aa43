// The example programs, run against a server of our own.
#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstdio>
#include <string>

using ferry::test::TestOrigin;

namespace {

/// What a program prints; it must end well.
std::string output_of(const std::string& command) {
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string text;
    std::array<char, 4096> buffer{};
    for (std::size_t got = 1; got > 0;) {
        got = std::fread(buffer.data(), 1, buffer.size(), pipe);
        text.append(buffer.data(), got);
    }
    CHECK(::pclose(pipe) == 0);
    return text;
}

}  // namespace

TEST_CASE("the example of callbacks fetches one URL after the other") {
    TestOrigin origin;
    const std::string first = origin.url("/json");
    const std::string second = origin.url("/status/404");
    CHECK(output_of(ASIO_CALLBACKS " " + first + " " + second) == "200 " + first + "\n404 " + second + "\n");
    CHECK(origin.connections() == 1);
}

TEST_CASE("the example of coroutines fetches all URLs at once") {
    TestOrigin origin;
    const std::string text = output_of(ASIO_COROUTINE " " + origin.url("/bytes/1000") + " " + origin.url("/drop"));
    INFO(text);
    CHECK(text.find("/bytes/1000: 200, 1000 bytes\n") != std::string::npos);
    CHECK(text.find("/bytes/1000: HEAD 200\n") != std::string::npos);
    CHECK(text.find("/drop: no answer to HEAD\n") != std::string::npos);
    CHECK(text.find("/drop: ") != std::string::npos);
}

TEST_CASE("the example of a shared client makes one client") {
    TestOrigin origin;
    const std::string text = output_of(SHARED_CLIENT " " + origin.url("/json") + " " + origin.url("/json"));
    INFO(text);
    CHECK(text.find("1 client, 8 requests, ") != std::string::npos);
    CHECK(origin.connections() <= 8);  // Its max_connections; one that is freed serves who waits for a new one.
}
