// What `ferry decode` prints: the interface is fixed, the same for every split.
#include "tools/decode/decoder.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace ferry::tools {

namespace {

struct Row {
    http1::Role role;
    std::vector<std::string> methods;
    bool repeat;
    std::string stream;
    bool closed;
    std::string lines;
};

constexpr auto client = http1::Role::client;
constexpr auto server = http1::Role::server;

std::string decode(const Row& row, std::size_t split) {
    Decoder decoder({row.role, row.methods.empty() ? std::vector<std::string>{"GET"} : row.methods, row.repeat});
    std::string lines;
    for (std::size_t at = 0; at < row.stream.size(); at += split) {
        lines += decoder.receive(as_bytes(std::string_view(row.stream).substr(at, split)));
    }
    lines += decoder.finish(row.closed);
    CHECK(decoder.failed() == (lines.find("\"event\":\"error\"") != std::string::npos));
    return lines;
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string empty = "Content-Length: 0\r\n\r\n";
const std::string empty_head =
    R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[["Content-Length","0"]]})"
    "\n";
const std::string kept = R"({"event":"end","keep_alive":true})"
                         "\n";
const std::string hi =
    R"({"event":"data","size":2,"sha256":"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"})"
    "\n";

std::string head_of(const std::string& method, const std::string& target, const std::string& fields,
                    const std::string& version = "1.1") {
    return R"({"event":"head","method":")" + method + R"(","target":")" + target + R"(","version":")" + version +
           R"(","headers":[)" + fields + "]}\n";
}

std::string error(const std::string& code, const std::string& message, std::size_t offset) {
    return R"({"event":"error","code":")" + code + R"(","message":")" + message + R"(","offset":)" +
           std::to_string(offset) + "}\n";
}

}  // namespace

TEST_CASE("ferry decode prints one object an event") {
    const std::string surplus = "there are bytes behind the last message";
    const std::vector<Row> rows{
        {client, {}, false, "", false, ""},
        {client,
         {},
         false,
         "",
         true,
         R"({"event":"closed"})"
         "\n"},
        {server,
         {},
         false,
         "",
         true,
         R"({"event":"closed"})"
         "\n"},
        {client,
         {},
         false,
         ok + empty,
         true,
         empty_head + kept +
             R"({"event":"closed"})"
             "\n"},
        {client,
         {},
         false,
         ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\nA: \xe9\r\n\r\n",
         false,
         R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[["Transfer-Encoding","chunked"]]})"
         "\n" +
             hi +
             R"({"event":"trailers","headers":[["A","é"]]})"
             "\n" +
             kept},
        // Incomplete, and not said to be over: no end, and no data.
        {client,
         {},
         false,
         ok + "Content-Length: 3\r\n\r\nhi",
         false,
         R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[["Content-Length","3"]]})"
         "\n"},
        {client,
         {},
         false,
         "HTTP/1.0 200 OK\r\n\r\nhi",
         true,
         R"({"event":"head","status":200,"reason":"OK","version":"1.0","headers":[]})"
         "\n" +
             hi +
             R"({"event":"end","keep_alive":false})"
             "\n"},
        {client, {}, false, ok + empty + ok, false, empty_head + kept + error("unexpected_bytes", surplus, 38)},
        {client,
         {"HEAD", "GET"},
         false,
         ok + "Content-Length: 2\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi!",
         false,
         R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[["Content-Length","2"]]})"
         "\n" +
             kept +
             R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[["Content-Length","2"]]})"
             "\n" +
             hi + kept + error("unexpected_bytes", surplus, 78)},
        {client,
         {"GET"},
         true,
         ok + empty + ok + empty + ok + empty,
         true,
         empty_head + kept + empty_head + kept + empty_head + kept +
             R"({"event":"closed"})"
             "\n"},
        {client,
         {"GET"},
         true,
         ok + "Connection: close\r\n" + empty + ok,
         false,
         R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[["Connection","close"],["Content-Length","0"]]})"
         "\n"
         R"({"event":"end","keep_alive":false})"
         "\n" +
             error("unexpected_bytes", surplus, 57)},
        {client,
         {},
         false,
         "HTTP/1.1 101 \r\nUpgrade: x\r\n\r\nraw",
         true,
         R"({"event":"head","status":101,"reason":"","version":"1.1","headers":[["Upgrade","x"]]})"
         "\n"
         R"({"event":"upgrade","leftover":3})"
         "\n"},
        {client,
         {"CONNECT"},
         false,
         ok + "\r\n",
         false,
         R"({"event":"head","status":200,"reason":"OK","version":"1.1","headers":[]})"
         "\n"
         R"({"event":"upgrade","leftover":0})"
         "\n"},
        {client,
         {},
         false,
         "HTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP",
         true,
         R"({"event":"informational","status":103,"reason":"Hints","version":"1.1","headers":[["A","b"]]})"
         "\n" +
             error("truncated_head", "the connection ended inside a message's head", 28)},
        {server,
         {},
         false,
         "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /x HTTP/1.1\r\nHost: h\r\n\r\n",
         true,
         head_of("POST", "/", R"(["Host","h"],["Content-Length","2"])") + hi + kept +
             head_of("GET", "/x", R"(["Host","h"])") + kept +
             R"({"event":"closed"})"
             "\n"},
        {server,
         {},
         false,
         "GET / HTTP/1.0\r\n\r\n\r\n",
         false,
         head_of("GET", "/", "", "1.0") +
             R"({"event":"end","keep_alive":false})"
             "\n" +
             error("unexpected_bytes", surplus, 18)},
        {server,
         {},
         false,
         "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET",
         true,
         head_of("GET", "/", R"(["Connection","keep-alive"])", "1.0") + kept +
             error("truncated_head", "the connection ended inside a message's head", 42)},
        {server,
         {},
         false,
         "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\nabc",
         false,
         head_of("CONNECT", "h:1", R"(["Host","h"])") + R"({"event":"upgrade","leftover":3})"
                                                        "\n"},
        {server,
         {},
         false,
         "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc",
         true,
         head_of("GET", "/", R"(["Host","h"],["Upgrade","x"],["Connection","upgrade"])") +
             R"({"event":"upgrade","leftover":3})"
             "\n"},
        {server,
         {},
         false,
         "GET /\x01 HTTP/1.1\r\n",
         false,
         error("bad_request_target", "the request target has a byte that must be percent-encoded, or a fragment", 0)},
    };
    for (const Row& row : rows) {
        INFO(row.stream);
        for (const std::size_t split : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100'000}}) {
            CHECK(decode(row, split) == row.lines);
        }
    }
}

TEST_CASE("Values are printed as UTF-8 where they are, else as Latin-1") {
    CHECK(printable("plain") == "plain");
    CHECK(printable("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") == "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    CHECK(printable("\xe4") == "\xc3\xa4");
    CHECK(printable("\xc3\xa4\xff") == "\xc3\x83\xc2\xa4\xc3\xbf");
    for (const std::string_view wrong : {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                         "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80", "\xc3("}) {
        CHECK(printable(wrong) != wrong);
    }
}

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    const auto digest = [](std::string_view text, std::size_t piece) {
        Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece) {
            hash.update(as_bytes(text.substr(at, piece)));
        }
        return hash.finish();
    };
    CHECK(digest("", 1) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(digest("abc", 1) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const std::string million(1'000'000, 'a');
    for (const std::size_t piece : {std::size_t{63}, std::size_t{64}, std::size_t{65}, million.size()}) {
        CHECK(digest(million, piece) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
}

}  // namespace ferry::tools
