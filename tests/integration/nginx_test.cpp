// The clients of all transports against nginx: whose connections end when and as they like.
#include "tests/integration/any_client.hpp"
#include "tests/integration/nginx_server.hpp"

#include <ferry/ferry.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;
using test::AnyClient;
using test::Nginx;

namespace {

[[nodiscard]] std::string random_text(std::size_t size) {
    std::mt19937_64 random(size);
    std::string text(size, '\0');
    for (std::size_t i = 0; i + sizeof(std::uint64_t) <= size; i += sizeof(std::uint64_t)) {
        const std::uint64_t some = random();
        std::memcpy(text.data() + i, &some, sizeof some);
    }
    return text;
}

}  // namespace

TEST_CASE("one connection serves many requests") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("location / {}");
    nginx.write("a.txt", "hello");
    const std::uint64_t before = nginx.accepted();
    AnyClient client(transport, {.base_url = nginx.url()});
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.get("/a.txt").raise_for_status().text() == "hello");
    }
    CHECK(client.stats().connections_opened == 1);
    CHECK(client.stats().connections_reused == 99);
    CHECK(nginx.accepted() - before == 2);  // the last is that of asking
}

TEST_CASE("many at once keep to the maximum of connections") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("location / {}");
    nginx.write("a.txt", "hello");
    const std::uint64_t before = nginx.accepted();
    AnyClient client(transport, {.base_url = nginx.url(), .limits = {.max_connections = 7}});
    const std::vector<Call> calls(200, Call("/a.txt"));
    for (const Result<Response>& result : client.gather(calls)) {
        REQUIRE(result.value().text() == "hello");
    }
    CHECK(client.stats().connections_opened == 7);
    CHECK(nginx.accepted() - before == 8);
}

TEST_CASE("the server closes an idle connection, and the next request works") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("keepalive_timeout 2s; location / {} location /post { return 200 posted; }");
    nginx.write("a.txt", "hello");
    AnyClient client(transport, {.base_url = nginx.url(), .limits = {.keepalive_expiry = 60s}});
    CHECK(client.get("/a.txt").text() == "hello");
    CHECK(client.get("/a.txt").text() == "hello");
    CHECK(client.stats().connections_opened == 1);
    std::this_thread::sleep_for(2500ms);
    // A POST must not be tried on a connection that is gone: nobody may send it again.
    CHECK(client.post("/post", {.content = "data"}).raise_for_status().text() == "posted");
    CHECK(client.stats().connections_opened == 2);
    std::this_thread::sleep_for(2500ms);
    CHECK(client.get("/a.txt").text() == "hello");
    CHECK(client.stats().connections_opened == 3);
}

TEST_CASE("the server says how long it keeps a connection") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    // With the second number nginx sends "Keep-Alive: timeout=2".
    const Nginx nginx("keepalive_timeout 2s 2s; location / {}");
    nginx.write("a.txt", "hello");
    AnyClient client(transport, {.base_url = nginx.url()});
    const Response response = client.get("/a.txt");
    CHECK(response.headers().get("Keep-Alive") == "timeout=2");
    std::this_thread::sleep_for(2s);  // about when the server closes
    CHECK(client.get("/a.txt").text() == "hello");
    CHECK(client.stats().requests_failed == 0);
}

TEST_CASE("the server closes a connection after so many requests") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("keepalive_requests 10; location / {}");
    nginx.write("a.txt", "hello");
    AnyClient client(transport, {.base_url = nginx.url()});
    for (int i = 0; i < 35; ++i) {
        const Response response = client.get("/a.txt");
        REQUIRE(response.text() == "hello");
        CHECK(response.headers().get("Connection", "") == (i % 10 == 9 ? "close" : "keep-alive"));
    }
    CHECK(client.stats().connections_opened == 4);
    CHECK(client.stats().requests_failed == 0);
}

TEST_CASE("a large file is the same on both sides") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("location / {}");
    const std::string content = random_text(64 * 1024 * 1024);
    nginx.write("large.bin", content);
    AnyClient client(transport, {.base_url = nginx.url()});

    const Response response = client.get("/large.bin").raise_for_status();
    CHECK(response.headers().get("Content-Length") == std::to_string(content.size()));
    CHECK(response.num_bytes_downloaded() == content.size());
    CHECK((response.content().view() == content));
    CHECK(client.get("/empty.txt").content().empty());
    CHECK(client.stats().connections_opened == 1);
}

TEST_CASE("a large file is read piece by piece") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("location / {}");
    const std::string content = random_text(64 * 1024 * 1024);
    nginx.write("large.bin", content);
    AnyClient client(transport, {.base_url = nginx.url()});

    std::size_t offset = 0;
    bool same = true;
    const auto compare = [&](ConstBuffer piece) {
        same = same && content.compare(offset, piece.size(), as_text(piece)) == 0;
        offset += piece.size();
    };
    CHECK(client.stream("/large.bin", {}, compare).num_bytes_downloaded() == content.size());
    CHECK(same);
    CHECK(offset == content.size());

    // A reader that takes its time: longer than the read timeout, which waits too.
    offset = 0;
    client.stream("/large.bin", {.timeout = 500ms}, compare, 1s);
    CHECK(same);
    CHECK(offset == content.size());

    CHECK(client.get("/empty.txt").content().empty());
    CHECK(client.stats().connections_opened == 1);
}

TEST_CASE("an upload is the same on both sides") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("client_max_body_size 100m; location / { dav_methods PUT; create_full_put_path on; }");
    const std::string content = random_text(32 * 1024 * 1024);
    AnyClient client(transport, {.base_url = nginx.url()});
    const auto source = [&](std::optional<std::uint64_t> length) {
        BodySource body;
        body.next = [&content, offset = std::size_t{0}]() mutable -> std::optional<Buffer> {
            constexpr std::size_t piece = 100'000;
            const std::size_t at = std::min(offset, content.size());
            offset += piece;
            return at < content.size() ? std::optional(Buffer(std::string_view(content).substr(at, piece)))
                                       : std::nullopt;
        };
        body.length = length;
        return body;
    };
    CHECK(client.put("/whole.bin", {.content = content}).status_code() == 201);
    CHECK(client.put("/a/b/known.bin", {.body = source(content.size()), .expect_continue = true}).status_code() == 201);
    CHECK(client.put("/chunked.bin", {.body = source(std::nullopt)}).status_code() == 201);
    CHECK(client.put("/chunked.bin", {.body = source(std::nullopt)}).status_code() == 204);  // It was there.
    CHECK(client.put("/nothing.bin", {.content = ""}).status_code() == 201);
    CHECK((nginx.read("whole.bin") == content));
    CHECK((nginx.read("a/b/known.bin") == content));
    CHECK((nginx.read("chunked.bin") == content));
    CHECK(nginx.read("nothing.bin").empty());
    CHECK(client.stats().connections_opened == 1);
}

TEST_CASE("chunked bodies are put together") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    // nginx does not know how long a page is that it puts together itself.
    const Nginx nginx("location / { ssi on; }");
    const std::string part = random_text(3'000'000);
    nginx.write("part.txt", part);
    nginx.write("page.html", "<<!--# include virtual=\"/part.txt\" -->|<!--# echo var=\"uri\" -->>");
    AnyClient client(transport, {.base_url = nginx.url()});
    for (int i = 0; i < 3; ++i) {
        const Response response = client.get("/page.html").raise_for_status();
        CHECK(response.headers().get("Transfer-Encoding") == "chunked");
        CHECK_FALSE(response.headers().contains("Content-Length"));
        CHECK((response.content().view() == "<" + part + "|/page.html>"));
    }
    CHECK(client.stats().connections_opened == 1);
}

TEST_CASE("HTTP/1.0 and Connection: close end the body or the connection") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("keepalive_timeout 0; location / { ssi on; }");
    nginx.write("page.html", "<!--# echo var=\"uri\" -->");
    AnyClient client(transport, {.base_url = nginx.url()});
    for (int i = 0; i < 3; ++i) {
        const Response response = client.get("/page.html");
        CHECK(response.headers().get("Connection") == "close");
        CHECK(response.text() == "/page.html");
    }
    CHECK(client.stats().connections_opened == 3);
}

TEST_CASE("statuses, HEAD, and answers without a body") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("location / {} location /teapot { return 418 short; } location /nothing { return 204; }");
    nginx.write("a.txt", "hello");
    nginx.write("folder/index.html", "<p>");
    AnyClient client(transport, {.base_url = nginx.url()});

    const Response missing = client.get("/missing");
    CHECK(missing.status_code() == 404);
    CHECK(missing.reason_phrase() == "Not Found");
    CHECK_THROWS_AS(client.get("/missing").raise_for_status(), HttpStatusError);
    CHECK(client.get("/teapot").status_code() == 418);

    const Response head = client.head("/a.txt");
    CHECK(head.status_code() == 200);
    CHECK(head.headers().get("Content-Length") == "5");
    CHECK(head.content().empty());
    CHECK(client.get("/nothing").status_code() == 204);

    const Response file = client.get("/a.txt");
    const Response unchanged = client.get("/a.txt", {.headers = {{"If-None-Match", file.headers()["ETag"]}}});
    CHECK(unchanged.status_code() == 304);
    CHECK(unchanged.content().empty());
    const Response part = client.get("/a.txt", {.headers = {{"Range", "bytes=1-3"}}});
    CHECK(part.status_code() == 206);
    CHECK(part.text() == "ell");
    CHECK(client.get("/folder").has_redirect_location());
    CHECK(client.delete_("/a.txt").status_code() == 405);

    CHECK(client.stats().connections_opened == 1);
}

TEST_CASE("an upload that is refused early has its answer all the same") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("client_max_body_size 1k; location / { return 200 taken; }");
    AnyClient client(transport, {.base_url = nginx.url()});
    const std::string upload(32 * 1024 * 1024, 'x');
    for (int i = 0; i < 5; ++i) {
        const Response response = client.post("/", {.content = upload});
        CHECK(response.status_code() == 413);
        CHECK(response.text().find("413 Request Entity Too Large") != std::string::npos);
    }
    CHECK(client.post("/", {.content = "short"}).status_code() == 200);
}

TEST_CASE("a request that nginx does not understand is answered with 400") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("large_client_header_buffers 4 8k; location / {}");
    AnyClient client(transport, {.base_url = nginx.url()});
    CHECK(client.get("/", {.headers = {{"X-Long", std::string(20'000, 'x')}}}).status_code() == 400);
    CHECK(client.get("/empty.txt").status_code() == 200);
}

TEST_CASE("a server that is slow is waited for, up to the read timeout") {
    const test::Transport transport = GENERATE(Catch::Generators::from_range(test::transports));
    INFO("on " << transport.name);
    const Nginx nginx("location / { limit_rate 20k; limit_rate_after 1; }");
    nginx.write("slow.bin", std::string(30'000, 'x'));
    AnyClient client(transport, {.base_url = nginx.url()});
    const Response response = client.get("/slow.bin", {.timeout = Timeout{.read = 3s}});
    CHECK(response.content().size() == 30'000);
    CHECK(response.elapsed() > 500ms);
    CHECK_THROWS_AS(client.get("/slow.bin", {.timeout = Timeout{.total = 300ms}}), TotalTimeout);
}
