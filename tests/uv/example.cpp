// The program of examples/uv_callbacks.cpp does what it says.
#include "tests/integration/test_origin.hpp"

#include <catch2/catch_test_macros.hpp>

#include <sys/wait.h>
#include <cstdlib>
#include <string>

TEST_CASE("the program uv_callbacks talks to an origin") {
    const ferry::test::TestOrigin origin;
    const auto run = [](const std::string& url) {
        const int status = std::system((std::string(UV_CALLBACKS_PROGRAM) + " " + url + " >/dev/null 2>&1").c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    };
    CHECK(run(origin.url("/echo")) == 0);
    CHECK(run("http://127.0.0.1:" + std::to_string(ferry::test::free_port())) == 1);
    CHECK(run("") == 2);
}
