// Calls and the fluent spelling hold what they are given.
#include <ferry/builder.hpp>
#include <ferry/id.hpp>

#include <nlohmann/json.hpp>

#include <catch2/catch_test_macros.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using namespace ferry;
using namespace std::chrono_literals;

namespace {

class Face : public Builder<Face> {
public:
    Face(std::string_view method, UrlRef url) : Builder(method, url) {}
};

}  // namespace

static_assert(!std::is_constructible_v<UrlRef, int>);
static_assert(!std::is_constructible_v<CountLimit, bool>);
static_assert(!std::is_constructible_v<TimeLimit, int>, "seconds or milliseconds? say which");
static_assert(!std::is_constructible_v<TimeoutOption, double>);
static_assert(std::is_constructible_v<NextPiece, std::optional<Buffer> (*)()>);
static_assert(!std::is_constructible_v<NextPiece, Buffer (*)()>, "a body without an end");
static_assert(std::totally_ordered<RequestId>);
static_assert(!std::is_constructible_v<JsonBody, void*>);

TEST_CASE("a call is a GET unless it says otherwise") {
    const std::string text = "/c";
    const std::vector<Call> calls{"/a",           std::string_view("/b"),
                                  text,           Url("http://h/d"),
                                  {"HEAD", "/e"}, {"POST", "/f", {.content = "x", .timeout = 2s}}};
    REQUIRE(calls.size() == 6);
    CHECK(calls[0].method == "GET");
    CHECK(calls[0].url == "/a");
    CHECK(calls[1].url == "/b");
    CHECK(calls[2].url == "/c");
    CHECK(calls[3].url == "http://h/d");
    CHECK(calls[4].method == "HEAD");
    CHECK(calls[4].url == "/e");
    CHECK(calls[5].options.content.bytes() == "x");
}

TEST_CASE("two texts in braces are two GETs where calls are expected") {
    const std::vector<Call> calls{"/a", "/b"};
    REQUIRE(calls.size() == 2);
    CHECK(calls[1].url == "/b");
}

TEST_CASE("the builder fills in options") {
    Face face("PUT", Url("http://h/x"));
    face.header("A", "1").header("a", "2").param("p", 1).param("q", true).param("r", "text").json({{"k", "v"}});
    face.timeout(Timeout{.read = 1s}).target("*").max_decoded_bytes(7).remove_header("Accept");
    const Call& call = face.call();
    CHECK(call.method == "PUT");
    CHECK(call.url == "http://h/x");
    CHECK(call.options.headers.get("a") == "1, 2");
    CHECK(call.options.params.encoded() == "p=1&q=true&r=text");
    CHECK(call.options.json.text() == R"({"k":"v"})");
    CHECK(call.options.timeout.timeout().read == TimeLimit(1s));
    CHECK(call.options.target == "*");
    CHECK(call.options.max_decoded_bytes == CountLimit(7));
    CHECK(call.options.remove_headers == std::vector<std::string>{"Accept"});

    const Face copy = face.headers({{"B", "3"}}).params({{"only", 1}}).content("body").timeout(std::nullopt);
    CHECK(copy.call().options.headers.wire() == "B: 3\r\n");
    CHECK(copy.call().options.params.encoded() == "only=1");
    CHECK(copy.call().options.content.bytes() == "body");
    CHECK(copy.call().options.timeout.timeout().connect.is_never());

    face.body([]() -> std::optional<Buffer> { return std::nullopt; }, 5);
    CHECK(face.call().options.body.is_set());
    CHECK(face.call().options.body.length == 5);
}
