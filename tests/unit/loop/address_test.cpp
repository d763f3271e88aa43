// Endpoints to the system's addresses and back.
#include "transports/loop/address.hpp"

#include <sys/un.h>
#include <catch2/catch_test_macros.hpp>
#include <string>

namespace ferry::loop {

TEST_CASE("IP endpoints survive the way to the system and back") {
    for (const char* text : {"127.0.0.1", "255.0.1.2", "::1", "2001:db8::ff00:42:8329"}) {
        Endpoint endpoint = parse_address(text, 8'080).value();
        if (endpoint.family == Endpoint::Family::ip6) {
            endpoint.scope_id = 3;
        }
        Address address;
        REQUIRE_FALSE(to_address(endpoint, address));
        CHECK(to_endpoint(address.get()) == endpoint);
    }
}

TEST_CASE("paths of Unix domain sockets are checked") {
    const auto error_for = [](std::string path) {
        Endpoint endpoint;
        endpoint.family = Endpoint::Family::local;
        endpoint.path = std::move(path);
        Address address;
        const std::error_code error = to_address(endpoint, address);
        if (!error) {
            CHECK(address.family() == AF_UNIX);
            CHECK_FALSE(to_endpoint(address.get()));
        }
        return error;
    };
    constexpr std::size_t room = sizeof(sockaddr_un{}.sun_path);
    CHECK_FALSE(error_for("/run/some.socket"));
    CHECK_FALSE(error_for(std::string(room - 1, 'x')));
    CHECK(error_for(std::string(room, 'x')) == std::errc::filename_too_long);
    CHECK(error_for("") == std::errc::invalid_argument);
    CHECK(error_for(std::string("/run/a\0b", 8)) == std::errc::invalid_argument);
    CHECK_FALSE(error_for(std::string("\0abstract", 9)));
    CHECK_FALSE(error_for(std::string(1, '\0') + std::string(room - 1, 'x')));
    CHECK(error_for(std::string(1, '\0') + std::string(room, 'x')) == std::errc::filename_too_long);
    CHECK(error_for("").category() == std::system_category());
}

}  // namespace ferry::loop
