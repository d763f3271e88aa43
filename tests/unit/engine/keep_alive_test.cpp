#include "core/engine/keep_alive.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <string>

using namespace ferry;
using namespace std::chrono_literals;

TEST_CASE("what a server says about keeping a connection, less a second") {
    struct Case {
        const char* value;
        std::optional<Duration> expected;
    };
    const Case cases[] = {
        {"timeout=5", 4s},
        {"timeout=5, max=100", 4s},
        {"max=100,Timeout = 60", 59s},
        {"timeout=\"5\"", 4s},
        {"timeout=1", 0s},
        {"timeout=0", 0s},
        {"timeout=-3", 0s},
        {"timeout=9, timeout=3", 2s},
        {"max=100", std::nullopt},
        {"timeout", std::nullopt},
        {"timeout=", std::nullopt},
        {"timeout=soon", std::nullopt},
        {"timeout=5.5", std::nullopt},
        {"", std::nullopt},
    };
    for (const Case& one : cases) {
        CAPTURE(one.value);
        CHECK(server_keepalive({{"Keep-Alive", one.value}}) == one.expected);
    }
    CHECK_FALSE(server_keepalive({{"Connection", "keep-alive"}}));
    CHECK(server_keepalive({{"Keep-Alive", "timeout=99999999999999999999"}}) > 24h);
    CHECK(server_keepalive({{"Keep-Alive", "timeout=20"}, {"keep-alive", "timeout=10"}}) == 9s);
}
