// What a Response tells about itself.
#include <ferry/exceptions.hpp>
#include <ferry/response.hpp>

#include <nlohmann/json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace ferry;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Response with_status(int status, Headers headers) {
    return Response({.status_code = status, .headers = std::move(headers), .url = Url("http://user:pw@h/a?b=c")});
}

Response with_status(int status) { return with_status(status, {}); }

Response with_body(std::string_view body, std::string_view type) {
    return Response({.headers = {{"Content-Type", type}}, .content = Buffer(body), .url = Url("http://user:pw@h/a")});
}

Response with_body(std::string_view body) { return with_body(body, "text/plain"); }

std::string complaint(Response response) {
    try {
        response.raise_for_status();
    } catch (const HttpStatusError& error) {
        CHECK(error.status_code() == response.status_code());
        CHECK(error.response().status_code() == response.status_code());
        CHECK(error.response().content() == response.content());
        return error.what();
    }
    return "";
}

std::string bytes(std::string_view text) { return std::string(text); }

template <std::size_t N>
std::string with_zeros(const char (&text)[N]) {
    return {text, N - 1};
}

}  // namespace

static_assert(std::is_nothrow_move_constructible_v<Response>);
static_assert(std::is_nothrow_move_assignable_v<Response>);
static_assert(std::is_same_v<decltype(std::declval<Response>().content()), Buffer>, "no view into a temporary");
static_assert(std::is_same_v<decltype(std::declval<Response>().headers()), Headers>, "no view into a temporary");

TEST_CASE("a response is made of its parts") {
    const Response r({.status_code = 201,
                      .headers = {{"X", "1"}},
                      .content = Buffer("body"),
                      .method = "POST",
                      .url = Url("http://h/"),
                      .reason = "Made",
                      .version = {1, 0},
                      .trailers = {{"T", "2"}},
                      .timings = {.total = 3ms, .body_bytes_received = 4}});
    CHECK(r.status_code() == 201);
    CHECK(r.reason_phrase() == "Made");
    CHECK(r.http_version() == "HTTP/1.0");
    CHECK(r.headers()["x"] == "1");
    CHECK(r.content() == "body");
    CHECK(r.method() == "POST");
    CHECK(r.url().str() == "http://h/");
    CHECK(r.trailers()["t"] == "2");
    CHECK(r.elapsed() == 3ms);
    CHECK(r.num_bytes_downloaded() == 4);
    CHECK(Response(r).content() == "body");
}

TEST_CASE("the reason falls back to the usual one") {
    CHECK(with_status(404).reason_phrase() == "Not Found");
    CHECK(with_status(799).reason_phrase().empty());
    CHECK(Response().status_code() == 200);
    CHECK(Response().http_version() == "HTTP/1.1");
}

TEST_CASE("classes of status codes") {
    CHECK(with_status(101).is_informational());
    CHECK(with_status(204).is_success());
    CHECK(with_status(304).is_redirect());
    CHECK(with_status(404).is_client_error());
    CHECK(with_status(404).is_error());
    CHECK(with_status(503).is_server_error());
    CHECK(with_status(503).is_error());
    CHECK_FALSE(with_status(304).is_error());
    CHECK_FALSE(with_status(600).is_error());
    CHECK_FALSE(with_status(304, {{"Location", "/"}}).has_redirect_location());
    CHECK_FALSE(with_status(302).has_redirect_location());
    CHECK(with_status(302, {{"location", "/"}}).has_redirect_location());
    CHECK(with_status(308, {{"location", "/"}}).has_redirect_location());
}

TEST_CASE("raise_for_status passes success on") {
    Response r = with_status(200);
    CHECK(&r.raise_for_status() == &r);
    CHECK(&std::as_const(r).raise_for_status() == &r);
    CHECK(with_body("moved").raise_for_status().content() == "moved");
    CHECK(complaint(with_status(299)).empty());
}

TEST_CASE("raise_for_status throws for anything else, in a sentence") {
    CHECK(complaint(with_status(404)) == R"(Client error "404 Not Found" for url http://user:[secure]@h/a?b=c)");
    CHECK(complaint(with_status(500)) ==
          R"(Server error "500 Internal Server Error" for url http://user:[secure]@h/a?b=c)");
    CHECK(complaint(with_status(101)) ==
          R"(Informational response "101 Switching Protocols" for url http://user:[secure]@h/a?b=c)");
    CHECK(complaint(with_status(304)) ==
          R"(Redirect response "304 Not Modified" for url http://user:[secure]@h/a?b=c)");
    CHECK(complaint(with_status(302, {{"Location", "/else\x01where"}})) ==
          R"(Redirect response "302 Found" for url http://user:[secure]@h/a?b=c, which redirects to "/else\x01where")");
    CHECK(complaint(with_status(302, {{"Location", "http://me:secret@h/a?b:c@d"}})) ==
          R"(Redirect response "302 Found" for url http://user:[secure]@h/a?b=c, )"
          R"(which redirects to "http://me:[secure]@h/a?b:c@d")");
    CHECK(complaint(with_status(799)) == R"(Invalid status code "799" for url http://user:[secure]@h/a?b=c)");
    CHECK(complaint(Response({.status_code = 418, .reason = "Short\nand stout"})) ==
          R"(Client error "418 Short\x0aand stout")");
    CHECK_THROWS_AS(with_status(404).raise_for_status(), HttpError);
}

TEST_CASE("text is decoded from the charset that is named, else from UTF-8") {
    CHECK(with_body("gr\xfc\xdf", "text/plain; charset=ISO-8859-1").text() == "grüß");
    CHECK(with_body("gr\xfc\xdf", "text/plain; charset=ISO-8859-1").encoding() == "iso-8859-1");
    CHECK(with_body("grüß", "text/plain").text() == "grüß");
    CHECK(with_body("grüß", "text/plain").encoding() == "utf-8");
    CHECK(with_body("grüß", "text/plain; charset=no-such").text() == "grüß");
    CHECK(with_body("grüß", "text/plain; charset=no-such").encoding() == "utf-8");
    CHECK(with_body("a\xff!", "text/plain").text() == "a\xef\xbf\xbd!");
    CHECK(with_body("gr\xfc\xdf", "text/plain").text("latin-1") == "grüß");
    CHECK(Response({.content = Buffer("x")}).text() == "x");
}

TEST_CASE("JSON in every encoding that it comes in") {
    const nlohmann::json expected = {{"a", "ä"}};
    CHECK(with_body("{\"a\":\"ä\"}").json() == expected);
    CHECK(with_body("\xef\xbb\xbf{\"a\":\"ä\"}").json() == expected);
    CHECK(with_body(with_zeros("{\0\"\0a\0\"\0:\0\"\0\xe4\0\"\0}\0")).json() == expected);
    CHECK(with_body(with_zeros("\xff\xfe{\0\"\0a\0\"\0:\0\"\0\xe4\0\"\0}\0")).json() == expected);
    CHECK(with_body(with_zeros("\xfe\xff\0{\0\"\0a\0\"\0:\0\"\0\xe4\0\"\0}")).json() == expected);
    CHECK(with_body(with_zeros("\0{\0\"\0a\0\"\0:\0\"\0\xe4\0\"\0}")).json() == expected);
    CHECK(with_body(with_zeros("[\0\0\0001\0\0\0]\0\0\0")).json() == nlohmann::json({1}));
    CHECK(with_body(with_zeros("\0\0\xfe\xff\0\0\0[\0\0\0001\0\0\0]")).json() == nlohmann::json({1}));
    CHECK(with_body("5").json() == 5);
}

TEST_CASE("a body that is not JSON is a DecodingError with the URL and the place") {
    const auto fault = [](std::string_view body) {
        const Response response = with_body(body);
        try {
            const nlohmann::json ignored = response.json();
        } catch (const DecodingError& error) {
            CHECK(error.code() == Errc::decoding_failed);
            CHECK(error.request_method() == "GET");
            CHECK(error.request_url() == "http://user:[secure]@h/a");
            return bytes(error.what());
        }
        return bytes("");
    };
    CHECK(fault("") == "the body of GET http://user:[secure]@h/a is not JSON: it is empty");
    CHECK_THAT(fault("<html>"), ContainsSubstring("the body of GET http://user:[secure]@h/a is not JSON at byte 1: "));
    CHECK_THAT(fault("{\"a\": 1,}"), ContainsSubstring(" at byte 9: syntax error"));
    CHECK_THAT(fault("[1] x"), ContainsSubstring(" at byte 5: "));
    CHECK_THAT(fault("[\"\xff\"]"), ContainsSubstring("ill-formed UTF-8"));
    CHECK(fault("\"" + std::string(100'000, 'x')).size() < 400);
    CHECK_THAT(fault("\"" + std::string(100'000, 'x')), ContainsSubstring("xxx…"));
    CHECK_THAT(fault("\xcc"), ContainsSubstring("last read: '\xef\xbf\xbd'"));
    CHECK_THAT(fault("[1e999]"), ContainsSubstring("number overflow"));
    CHECK_THAT(fault("\xef\xbb\xbf"), ContainsSubstring("at byte "));
}

TEST_CASE("JSON that is nested too deep is a DecodingError, not the end of the program") {
    const auto nested = [](std::size_t levels, std::string_view inside = "") {
        return with_body(std::string(levels, '[') + bytes(inside) + std::string(levels, ']'));
    };
    CHECK(nested(max_json_depth, R"("\"[[{")").json().size() == 1);
    CHECK_THROWS_WITH(nested(max_json_depth + 1).json(),
                      "the body of GET http://user:[secure]@h/a is JSON nested deeper than 1000 levels");
    CHECK_THROWS_AS(nested(200'000).json(), DecodingError);
    CHECK_THROWS_AS(with_body(std::string(200'000, '[')).json(), DecodingError);
    std::string objects;
    for (std::size_t i = 0; i <= max_json_depth; ++i) {
        objects += R"({"a":)";
    }
    CHECK_THROWS_WITH(with_body(objects).json(), ContainsSubstring("nested deeper"));
    std::string many = "[";
    for (std::size_t i = 0; i < 2 * max_json_depth; ++i) {
        many += "[],";
    }
    CHECK(with_body(many + "1]").json().size() == 2 * max_json_depth + 1);
}

TEST_CASE("what a body is refused for tells what the request had cost") {
    const Response response(
        {.content = Buffer("x"), .method = "POST", .url = Url("http://h/"), .timings = {.bytes_sent = 17}});
    try {
        const nlohmann::json ignored = response.json();
        FAIL("nothing was thrown");
    } catch (const DecodingError& error) {
        CHECK(error.request_bytes_sent() == 17);
        CHECK_FALSE(error.safe_to_retry());
        CHECK(error.error().request->timings.bytes_sent == 17);
    }
    try {
        const nlohmann::json ignored = with_body("x").json();
        FAIL("nothing was thrown");
    } catch (const DecodingError& error) {
        CHECK(error.safe_to_retry());  // a GET
    }
}
