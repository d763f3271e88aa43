#include "core/engine/flow.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>

using namespace ferry;
using namespace std::chrono_literals;

TEST_CASE("durations are written as people write them") {
    REQUIRE(to_text(5s) == "5 s");
    REQUIRE(to_text(300ms) == "300 ms");
    REQUIRE(to_text(1500ms) == "1.5 s");
    REQUIRE(to_text(90s) == "90 s");
    REQUIRE(to_text(250us) == "250 us");
    REQUIRE(to_text(7ns) == "7 ns");
    REQUIRE(to_text(0s) == "0 ns");
}

TEST_CASE("a timeout's sentence names the limit, the phase and the request") {
    Request request;
    request.method = "POST";
    request.url = Url("http://user:secret@example.com:8080/upload");
    request.deadlines = {.connect = 1s, .read = 2s, .write = 3s, .pool = 4s, .total = 5s};
    const Flow flow(std::move(request));
    REQUIRE(timeout_error(flow, Errc::connect_timeout).message ==
            "no connection to example.com:8080 within 1 s for POST http://user:[secure]@example.com:8080/upload");
    REQUIRE(timeout_error(flow, Errc::read_timeout).message.starts_with("no bytes for 2 s while reading the head"));
    REQUIRE(timeout_error(flow, Errc::write_timeout).message.starts_with("the server accepted no byte for 3 s"));
    REQUIRE(timeout_error(flow, Errc::pool_timeout).message.starts_with("no connection became free within 4 s"));
    REQUIRE(timeout_error(flow, Errc::total_timeout).message.starts_with("not complete within 5 s"));
}
