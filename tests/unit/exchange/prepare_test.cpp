// What is sent for a call: the URL, the fields and their order, the body.
#include "core/exchange/prepare.hpp"
#include "core/exchange/base64.hpp"
#include "core/exchange/resolve.hpp"

#include <ferry/failed_request.hpp>
#include <ferry/version.hpp>

#include <nlohmann/json.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace ferry;
using namespace ferry::detail;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string agent = "ferry/" + std::to_string(FERRY_VERSION_MAJOR) + "." + std::to_string(FERRY_VERSION_MINOR);

Defaults defaults(const Config& config = Config()) { return Defaults::make(config).value(); }

std::string url_of(const Config& config, UrlRef url, const Options& options) {
    return defaults(config).prepare("GET", url, options, true).value().url.str();
}

std::string url_of(const Config& config, UrlRef url) {
    return defaults(config).prepare("GET", url, true).value().url.str();
}

std::string fields_of(const Config& config, const Options& options, UrlRef url = "http://h/") {
    return std::string(defaults(config).prepare("GET", url, options, true).value().headers.wire());
}

Error failure_of(const Config& config, UrlRef url, const Options& options) {
    return defaults(config).prepare("GET", url, options, true).error();
}

Error failure_of(const Config& config) { return Defaults::make(config).error(); }

}  // namespace

TEST_CASE("base_url is appended to, never joined") {
    struct Row {
        const char* base;
        const char* url;
        const char* expected;
    };
    // Most are httpx's.
    const Row rows[] = {
        {"http://www.example.com/", "http://other.example/", "http://other.example/"},
        {"http://www.example.com/", "/testing/123", "http://www.example.com/testing/123"},
        {"http://www.example.com", "testing/123", "http://www.example.com/testing/123"},
        {"http://www.example.com/some/path", "/testing/123", "http://www.example.com/some/path/testing/123"},
        {"http://www.example.com/some/path/", "testing/123", "http://www.example.com/some/path/testing/123"},
        {"http://www.example.com/some/path", "../testing/123", "http://www.example.com/some/testing/123"},
        {"http://www.example.com/some/path", "/testing:123", "http://www.example.com/some/path/testing:123"},
        {"http://www.example.com/", "/testing%2F123", "http://www.example.com/testing%2F123"},
        {"http://www.example.com/base%2Fpath", "/testing", "http://www.example.com/base%2Fpath/testing"},
        {"http://h/v1", "", "http://h/v1/"},
        {"http://h/v1", "///a", "http://h/v1/a"},
        {"http://h/v1", "////a//b", "http://h/v1/a//b"},
        {"http://h/v1", "//", "http://h/v1/"},
        {"http://h/v1", "///?a=b", "http://h/v1/?a=b"},
        {"http://h/v1", "?a=b", "http://h/v1/?a=b"},
        {"http://h/v1", "a b?c=d e#f", "http://h/v1/a%20b?c=d%20e#f"},
        {"http://user:pw@h:81/v1", "x", "http://user:pw@h:81/v1/x"},
        {"", "HTTP://H:80/a", "http://h/a"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.base, row.url);
        CHECK(url_of({.base_url = row.base}, row.url) == row.expected);
    }
}

TEST_CASE("a Url is taken as it is, and a relative one is appended") {
    CHECK(url_of({.base_url = "http://h/v1"}, Url("http://other/x")) == "http://other/x");
    CHECK(url_of({.base_url = "http://h/v1"}, Url("/x?y=z")) == "http://h/v1/x?y=z");
}

TEST_CASE("a URL that cannot be asked is an error that says why") {
    const auto failure = [](UrlRef url) { return defaults().prepare("GET", url, true).error(); };
    CHECK(failure("/x").code == Errc::unsupported_protocol);
    CHECK_THAT(failure("/x").message, ContainsSubstring("missing http:// or https://"));
    CHECK(failure("").code == Errc::unsupported_protocol);
    CHECK(failure("//host/x").code == Errc::unsupported_protocol);
    CHECK(failure("//user:secret@host/x").message.find("secret@") == std::string::npos);
    CHECK(failure("https://h/").code == Errc::unsupported_protocol);
    CHECK_THAT(failure("https://h/").message, ContainsSubstring("https is not available"));
    CHECK(failure("ftp://h/").code == Errc::unsupported_protocol);
    CHECK_THAT(failure("ftp://h/").message, ContainsSubstring("\"ftp\""));
    CHECK(failure("localhost:8080/x").code == Errc::unsupported_protocol);
    CHECK(failure("http://h:99999/").code == Errc::invalid_url);
    CHECK(failure("http://127.1/").code == Errc::invalid_url);
    CHECK(failure("http://h/\n").code == Errc::invalid_url);
    CHECK(defaults({.base_url = "http://h"}).prepare("GET", "//other/x", true).error().code ==
          Errc::unsupported_protocol);
}

TEST_CASE("parameters are merged into the query and replace equal names") {
    CHECK(url_of({}, "http://h/?a=1&b=2", {.params = {{"b", "x y"}, {"c", true}}}) == "http://h/?a=1&b=x+y&c=true");
    CHECK(url_of({.params = {{"k", "1"}, {"l", 2}}}, "http://h/") == "http://h/?k=1&l=2");
    CHECK(url_of({.params = {{"k", "1"}, {"l", 2}}}, "http://h/", {.params = {{"k", "9"}, {"k", "8"}}}) ==
          "http://h/?l=2&k=9&k=8");
    CHECK(url_of({.params = {{"a", "client"}}}, "http://h/?a=url") == "http://h/?a=client");
    CHECK(url_of({}, "http://h/?a=1", {.params = {}}) == "http://h/?a=1");
}

TEST_CASE("parameters that make a URL too long are an error, not an exception") {
    const std::string text(70'000, 'x');
    CHECK(failure_of({}, "http://h/", {.params = {{"a", text}}}).code == Errc::invalid_url);
    CHECK(failure_of({.params = {{"a", text}}}, "http://h/", {}).code == Errc::invalid_url);
    CHECK(failure_of({.params = {{"a", text}}}, "http://h/", {.params = {{"b", "c"}}}).code == Errc::invalid_url);
    CHECK_THAT(failure_of({}, "http://h/", {.params = {{"a", text}}}).message, ContainsSubstring("65536 bytes"));
}

TEST_CASE("what is refused before it is sent is safe to retry") {
    CHECK(failure_of({}, "/x", {}).safe_to_retry);
    CHECK(failure_of({}, "ftp://h/", {}).safe_to_retry);
    CHECK(failure_of({}, "http://h/", {.content = "a", .json = 1}).safe_to_retry);
    CHECK(failure_of({}, "http://h/", {.timeout = -1s}).safe_to_retry);
    CHECK(failure_of({}, "http://h/", {.max_decoded_bytes = -1}).safe_to_retry);
    CHECK(failure_of({}, "http://h/", {.remove_headers = {"a b"}}).safe_to_retry);
    CHECK(failure_of({.base_url = "http://h/?a=b"}).safe_to_retry);
    CHECK(failure_of({.timeout = -1s}).safe_to_retry);
}

TEST_CASE("what is refused before it is sent names its request, parameters too") {
    const auto url_in = [](const Error& error) { return error.request == nullptr ? "none" : error.request->url; };
    CHECK(url_in(failure_of({}, "http://a:b@h/x", {.params = {{"p", 1}}, .timeout = -1s})) ==
          "http://a:[secure]@h/x?p=1");
    CHECK(url_in(failure_of({.base_url = "http://h/v1", .params = {{"q", 2}}}, "x", {.timeout = -1s})) ==
          "http://h/v1/x?q=2");
    CHECK(url_in(failure_of({}, "ftp://a:b@h/", {})) == "ftp://a:[secure]@h/");
    CHECK(url_in(failure_of({}, "/x", {})) == "/x");
    CHECK(url_in(failure_of({}, "http://a:b@h:99999/", {})) == "http://a:[secure]@h:99999/");
    CHECK(defaults().prepare("PUT", "/x", true).error().request->method == "PUT");
    CHECK(failure_of({.timeout = -1s}).request == nullptr);
}

TEST_CASE("the default fields, Host first") {
    CHECK(fields_of({}, {}) == "Host: h\r\nAccept: */*\r\nConnection: keep-alive\r\nUser-Agent: " + agent + "\r\n");
    CHECK(fields_of({}, {}, "http://user:pw@[::1]:8080/").starts_with("Host: [::1]:8080\r\n"));
}

TEST_CASE("a request's fields go over the client's, and these over the defaults") {
    CHECK(fields_of({.headers = {{"user-agent", "mine"}, {"X-Tag", "a"}, {"X-Tag", "b"}}}, {}) ==
          "Host: h\r\nAccept: */*\r\nConnection: keep-alive\r\nuser-agent: mine\r\nX-Tag: a\r\nX-Tag: b\r\n");
    CHECK(fields_of({.headers = {{"X-Tag", "a"}, {"X-Tag", "b"}, {"X-Other", "c"}}},
                    {.headers = {{"x-tag", "1"}, {"accept", "text/html"}}}) ==
          "Host: h\r\nConnection: keep-alive\r\nUser-Agent: " + agent +
              "\r\nX-Other: c\r\nx-tag: 1\r\naccept: text/html\r\n");
}

TEST_CASE("Host is first wherever it comes from, and all of it is kept to be judged") {
    CHECK(
        fields_of({.headers = {{"host", "client"}}}, {.headers = {{"X", "1"}}}).starts_with("host: client\r\nAccept"));
    CHECK(fields_of({.headers = {{"host", "client"}}}, {.headers = {{"X", "1"}, {"HOST", "request"}}})
              .starts_with("HOST: request\r\nAccept"));
    CHECK(fields_of({}, {.headers = {{"Host", "a"}, {"Host", "b"}}}).starts_with("Host: a\r\nHost: b\r\nAccept"));
}

TEST_CASE("a request's own fields are judged, also those that stand in the place of the client's") {
    const Defaults made = defaults({.headers = {{"X-Client", "fine"}}});
    const auto fault = [](Result<Request> request) {
        const Result<void> fine = complete(*request);
        return fine ? std::optional<Errc>() : fine.error().code;
    };
    const Options bad{.headers = {{"X-Own", "a\nb"}}};
    const Options bad_instead{.headers = {{"X-Client", "a\nb"}}};
    const Options bad_host{.headers = {{"Host", "a\nb"}}};
    CHECK(fault(made.prepare("GET", "http://h/", true)) == std::nullopt);
    CHECK(fault(made.prepare("GET", "http://h/", bad, true)) == Errc::invalid_header);
    CHECK(fault(made.prepare("GET", "http://h/", bad_instead, true)) == Errc::invalid_header);
    CHECK(fault(made.prepare("GET", "http://h/", bad_host, true)) == Errc::invalid_header);
    for (const char* name : {"Host", "Accept", "X-Client", "X-New"}) {
        Request request = made.prepare("GET", "http://h/", true).value();
        request.headers.set(name, "a\r\nb");
        CHECK(complete(request).error().code == Errc::invalid_header);
    }
}

TEST_CASE("fields can be left out") {
    CHECK(fields_of({.remove_headers = {"USER-AGENT", "accept"}}, {}) == "Host: h\r\nConnection: keep-alive\r\n");
    CHECK(fields_of({.headers = {{"X-Tag", "a"}}}, {.remove_headers = {"x-tag", "User-Agent"}}) ==
          "Host: h\r\nAccept: */*\r\nConnection: keep-alive\r\n");
    CHECK(fields_of({.headers = {{"X-Tag", "a"}}, .remove_headers = {"X-Tag", "Accept", "Connection", "User-Agent"}},
                    {.headers = {{"Accept", "b"}}, .remove_headers = {"Accept"}}) ==
          "Host: h\r\nX-Tag: a\r\nAccept: b\r\n");
    CHECK(failure_of({}, "http://h/", {.remove_headers = {"Host"}}).message ==
          "remove_headers: Host cannot be left out: GET http://h/");
    CHECK(failure_of({.remove_headers = {"a b"}}).message == "remove_headers: \"a b\" is not the name of a field");
}

TEST_CASE("a body is JSON or content, not both") {
    const auto request = [](const Options& options) { return defaults().prepare("POST", "http://h/", options, true); };
    SECTION("JSON has a type") {
        const Request r = request({.json = {{"key", "value"}}}).value();
        CHECK(r.body == Request::Body::buffered);
        CHECK(r.content == R"({"key":"value"})");
        CHECK(r.headers.get("content-type") == "application/json");
    }
    SECTION("unless one is given") {
        CHECK(request({.headers = {{"content-type", "a/b"}}, .json = {1}}).value().headers.get("content-type") ==
              "a/b");
    }
    SECTION("or it is left out") {
        CHECK_FALSE(
            request({.json = {1}, .remove_headers = {"content-type"}}).value().headers.contains("content-type"));
    }
    SECTION("content has none") {
        const Request r = request({.content = "text"}).value();
        CHECK(r.body == Request::Body::buffered);
        CHECK(r.content == "text");
        CHECK_FALSE(r.headers.contains("content-type"));
    }
    SECTION("requests share the memory of their content") {
        for (const Content& content :
             {Content("text"), Content(Buffer("text")), Content(std::string("text")), Content(Buffer::share("text"))}) {
            const Request one = request({.content = content}).value();
            const Request two = request({.content = content}).value();
            CHECK(one.content == "text");
            CHECK(one.content.is_shared());
            CHECK(one.content.data() == content.bytes().data());
            CHECK(two.content.data() == content.bytes().data());
        }
        const Options json{.json = {{"key", "value"}}};
        CHECK(request(json).value().content.data() == request(json).value().content.data());
    }
    SECTION("an empty content is a body") { CHECK(request({.content = ""}).value().body == Request::Body::buffered); }
    SECTION("no content is none") { CHECK(request({}).value().body == Request::Body::none); }
    SECTION("content from bytes") {
        const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
        CHECK(request({.content = bytes}).value().content == std::string_view("\0\xff", 2));
        CHECK(request({.content = Buffer("b")}).value().content == "b");
        CHECK(request({.content = std::string("s")}).value().content == "s");
        CHECK(request({.content = std::string_view("v")}).value().content == "v");
    }
    SECTION("both") {
        const Error error = request({.content = "", .json = {1}}).error();
        CHECK(error.code == Errc::invalid_option);
        CHECK(error.message == "content and json are both set; a request has one body: POST http://h/");
    }
    SECTION("JSON that cannot be expressed") {
        const Error error = request({.json = {{"a", {1, std::numeric_limits<double>::quiet_NaN()}}}}).error();
        CHECK(error.code == Errc::invalid_body);
        CHECK(error.message == "json: the value at /a/1 is NaN, which JSON cannot express: POST http://h/");
    }
}

TEST_CASE("name and password in the URL become Basic authorization") {
    const auto auth = [](const Config& config, const Options& options, UrlRef url) {
        return defaults(config).prepare("GET", url, options, true).value().headers.get("Authorization");
    };
    CHECK(auth({}, {}, "http://user:p%40ss@h/") == "Basic " + base64("user:p@ss"));
    CHECK(auth({}, {}, "http://user@h/") == "Basic " + base64("user:"));
    CHECK(auth({}, {}, "http://h/") == std::nullopt);
    CHECK(auth({.headers = {{"authorization", "mine"}}}, {}, "http://user:pw@h/") == "mine");
    CHECK(auth({}, {.headers = {{"authorization", "mine"}}}, "http://user:pw@h/") == "mine");
    CHECK(auth({}, {.remove_headers = {"authorization"}}, "http://user:pw@h/") == std::nullopt);
    CHECK(auth({.base_url = "http://user:pw@h/"}, {}, "x") == "Basic " + base64("user:pw"));
}

TEST_CASE("base64 (RFC 4648 section 10)") {
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("fooba") == "Zm9vYmE=");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("the rest of the options reach the request") {
    const Config config{.timeout = 30s, .max_decoded_bytes = 9};
    const Request r =
        defaults(config).prepare("query", "http://h/", {.timeout = Timeout{.read = 1s}, .target = "*"}, true).value();
    CHECK(r.method == "query");
    CHECK(r.target == "*");
    CHECK(r.deadlines.connect == Duration(30s));
    CHECK(r.deadlines.read == Duration(1s));
    CHECK(r.max_body == 9);
    CHECK(r.collect);
    CHECK(defaults().prepare("GET", "http://h/", true).value().max_body == default_max_collected);
    CHECK(defaults().prepare("GET", "http://h/", false).value().max_body == no_limit);
    CHECK(defaults().prepare("GET", "http://h/", {.max_decoded_bytes = 3}, false).value().max_body == 3);
    CHECK(defaults().max_collected({}) == default_max_collected);
    CHECK(failure_of({}, "http://h/", {.timeout = -1s}).message == "timeout.connect is negative: GET http://h/");
    CHECK(failure_of({}, "http://h/", {.max_decoded_bytes = -1}).message ==
          "max_decoded_bytes is negative: GET http://h/");
}

TEST_CASE("what the engine is told") {
    const EngineConfig engine =
        defaults(
            {.limits = {.max_connections = 7}, .socket_path = "/run/app", .socket_options = {.tcp_keepalive = true}})
            .engine();
    CHECK(engine.limits.max_connections == 7);
    CHECK(engine.socket_path == "/run/app");
    CHECK(engine.socket_options->tcp_keepalive);
    CHECK_FALSE(engine.trace);
    CHECK(defaults({.on_trace = [](const event::Trace&) {}}).engine().trace);
}

TEST_CASE("a configuration without meaning is refused by name") {
    CHECK_THAT(failure_of({.base_url = "http://h:bad/"}).message, ContainsSubstring("base_url: "));
    CHECK(failure_of({.base_url = "http://h:bad/"}).code == Errc::invalid_url);
    CHECK(failure_of({.base_url = "/relative"}).code == Errc::unsupported_protocol);
    CHECK(failure_of({.base_url = "ftp://h/"}).code == Errc::unsupported_protocol);
    CHECK(failure_of({.base_url = "http://h/?a=b"}).message ==
          "base_url: \"http://h/?a=b\" has a query; put it into params");
    CHECK(failure_of({.base_url = "http://h/#f"}).code == Errc::invalid_url);
    CHECK(failure_of({.headers = {{"a", "b\r\nc"}}}).code == Errc::invalid_header);
    CHECK_THAT(failure_of({.headers = {{"a b", "c"}}}).message, ContainsSubstring("headers: "));
    CHECK(failure_of({.timeout = -1s}).message == "timeout.connect is negative");
    CHECK(failure_of({.limits = {.max_connections = 0}}).code == Errc::invalid_option);
    CHECK(failure_of({.max_decoded_bytes = -1}).message == "max_decoded_bytes is negative");
    CHECK(failure_of({.socket_options = {.send_buffer = 0}}).message ==
          "socket_options.send_buffer is not a positive number");
    CHECK(Defaults::make({.base_url = "https://later.example/"}));
}

#ifdef PROJECT_VERSION
TEST_CASE("version.hpp has the project's version") {
    CHECK(std::string_view(FERRY_VERSION) == PROJECT_VERSION);
    CHECK(std::string(FERRY_VERSION) == std::to_string(FERRY_VERSION_MAJOR) + "." +
                                            std::to_string(FERRY_VERSION_MINOR) + "." +
                                            std::to_string(FERRY_VERSION_PATCH));
}
#endif
