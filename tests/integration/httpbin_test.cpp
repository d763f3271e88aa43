// The clients of all transports against httpbin: what users of httpx and requests try first.
#include "tests/integration/any_client.hpp"
#include "tests/integration/httpbin_server.hpp"

#include <ferry/client.hpp>
#include <ferry/version.hpp>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using test::AnyClient;

namespace {

// httpbin's first answer takes seconds: it loads what it needs.
const Options patient{.timeout = 60s};

}  // namespace

TEST_CASE("httpbin tells back what it was sent") {
    const test::Httpbin httpbin;
    for (const test::Transport& transport : test::transports) {
        INFO("on " << transport.name);
        AnyClient client(transport, {.base_url = httpbin.url(), .timeout = 60s});

        const Response got = client.get("/get", {.params = {{"page", 2}, {"q", "a b&c"}}}).raise_for_status();
        CHECK(got.headers().get("Content-Type") == "application/json");
        CHECK(got.json().contains("headers"));
        CHECK(got.json().at("args") == Json{{"page", "2"}, {"q", "a b&c"}});

        const Json payload{
            {"name", "ferry"}, {"list", {1, 2.5, nullptr, true}}, {"text", "ü€😀"}, {"inner", {{"a", "b"}}}};
        const Response posted = client.post("/post", {.json = payload}).raise_for_status();
        CHECK(posted.json().at("json") == payload);
        CHECK(posted.json().at("headers").at("Content-Type") == "application/json");

        CHECK(
            client.post("/post", {.headers = {{"Content-Type", "text/plain"}}, .content = "hello"}).json().at("data") ==
            "hello");
        CHECK(client.put("/put", {.json = {1, 2}}).json().at("json") == Json{1, 2});
        CHECK(client.patch("/patch", {.json = {{"a", 1}}}).json().at("json") == Json{{"a", 1}});
        CHECK(client.delete_("/delete").status_code() == 200);
        CHECK(client.head("/get").content().empty());
        CHECK(client.options("/get").headers().get("Allow", "").find("GET") != std::string::npos);

        const Json anything = client.request("PUT", "/anything/a/b", {.params = {{"x", 1}}, .content = "body"}).json();
        CHECK(anything.at("method") == "PUT");
        CHECK(anything.at("data") == "body");
        CHECK(anything.at("url") == httpbin.url() + "/anything/a/b?x=1");

        const std::string large(3'000'000, 'x');
        CHECK(client.post("/post", {.headers = {{"Content-Type", "text/plain"}}, .content = large}).json().at("data") ==
              large);
        CHECK(client.stats().connections_opened == 1);
    }
}

TEST_CASE("httpbin sees the default headers") {
    const test::Httpbin httpbin;
    for (const test::Transport& transport : test::transports) {
        INFO("on " << transport.name);
        AnyClient client(transport, {.base_url = httpbin.url(), .headers = {{"X-Client", "1"}}, .timeout = 60s});

        const Json seen = client.get("/headers").json().at("headers");
        CHECK(seen.at("Accept") == "*/*");
        CHECK(seen.at("Connection") == "keep-alive");
        CHECK(seen.at("User-Agent") ==
              "ferry/" + std::to_string(FERRY_VERSION_MAJOR) + "." + std::to_string(FERRY_VERSION_MINOR));
        CHECK(seen.at("Host") == httpbin.url().substr(std::string("http://").size()));
        CHECK(seen.at("X-Client") == "1");

        const Json others =
            client
                .get("/headers", {.headers = {{"X-Client", "2"}, {"Accept", "a/b"}}, .remove_headers = {"User-Agent"}})
                .json()
                .at("headers");
        CHECK(others.at("X-Client") == "2");
        CHECK(others.at("Accept") == "a/b");
        CHECK_FALSE(others.contains("User-Agent"));
    }
}

TEST_CASE("httpbin's statuses and bodies") {
    const test::Httpbin httpbin;
    for (const test::Transport& transport : test::transports) {
        INFO("on " << transport.name);
        AnyClient client(transport, {.base_url = httpbin.url(), .timeout = 60s});

        for (const int status : {200, 201, 204, 304, 400, 404, 418, 500, 503}) {
            CHECK(client.get("/status/" + std::to_string(status)).status_code() == status);
        }
        const Response teapot = client.get("/status/418");
        CHECK(teapot.is_client_error());
        CHECK(teapot.text().find("teapot") != std::string::npos);
        try {
            client.get("/status/418").raise_for_status();
            FAIL("nothing was thrown");
        } catch (const HttpStatusError& error) {
            CHECK(error.status_code() == 418);
        }
        CHECK(client.get("/redirect/1").has_redirect_location());

        std::istringstream lines(client.get("/stream/20").text());
        int count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            CHECK(Json::parse(line).at("id") == count);
        }
        CHECK(count == 20);

        const Response bytes = client.get("/bytes/100000", {.params = {{"seed", 1}}});
        CHECK(bytes.content().size() == 100'000);
        CHECK(client.get("/bytes/100000", {.params = {{"seed", 1}}}).content() == bytes.content());
        CHECK(client.get("/stream-bytes/50000", {.params = {{"chunk_size", 100}}}).content().size() == 50'000);
        CHECK(client.get("/drip", {.params = {{"numbytes", 5}, {"duration", 0.5}}}).content().size() == 5);
    }
}

TEST_CASE("httpbin's delays meet the timeouts") {
    const test::Httpbin httpbin;
    for (const test::Transport& transport : test::transports) {
        INFO("on " << transport.name);
        AnyClient client(transport, {.base_url = httpbin.url()});
        CHECK(client.get("/get", patient).status_code() == 200);

        const auto start = std::chrono::steady_clock::now();
        CHECK_THROWS_AS(client.get("/delay/5", {.timeout = 300ms}), ReadTimeout);
        CHECK_THROWS_AS(client.get("/delay/5", {.timeout = Timeout{.total = 300ms}}), TotalTimeout);
        const auto elapsed = std::chrono::steady_clock::now() - start;
        CHECK(elapsed >= 600ms);

        const Response delayed = client.get("/delay/1", patient);
        CHECK(delayed.status_code() == 200);
        CHECK(delayed.elapsed() >= 1s);
    }
}

TEST_CASE("many requests to httpbin at once") {
    const test::Httpbin httpbin;
    for (const test::Transport& transport : test::transports) {
        INFO("on " << transport.name);
        AnyClient client(transport, {.base_url = httpbin.url(), .timeout = 60s, .limits = {.max_connections = 10}});
        std::vector<Call> calls;
        for (int i = 0; i < 100; ++i) {
            calls.emplace_back("GET", "/get", Options{.params = {{"i", i}}});
        }
        const std::vector<Result<Response>> results = client.gather(calls);
        for (std::size_t i = 0; i < results.size(); ++i) {
            REQUIRE(results[i].value().status_code() == 200);
            CHECK(results[i]->json().at("args").at("i") == std::to_string(i));
        }
        CHECK(client.stats().connections_opened <= 10);
        CHECK(client.stats().requests_failed == 0);
    }
}

TEST_CASE("httpbin's chunks are read one by one") {
    const test::Httpbin httpbin;
    Client client({.base_url = httpbin.url(), .timeout = 60s});
    StreamingResponse streamed = client.stream("GET", "/stream/20");
    CHECK(streamed.headers().get("Transfer-Encoding") == "chunked");
    CHECK(streamed.read_all().view().find("\"id\": 19") != std::string::npos);
}
