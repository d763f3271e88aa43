// The pure function that decides how long a body is, row by row; and llhttp's opinion beside it.
#include "core/http1/framing.hpp"

#include <llhttp.h>
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace ferry::http1::test {

namespace {

std::string_view name(Delimiter delimiter) {
    switch (delimiter) {
        case Delimiter::none: return "none";
        case Delimiter::length: return "length";
        case Delimiter::chunked: return "chunked";
        case Delimiter::close: return "close";
        case Delimiter::switched: return "switched";
    }
    return {};
}

std::string show(const Framing& framing) {
    if (framing.fault) {
        return std::string(name_of(framing.fault.code)) + " line " + std::to_string(framing.line);
    }
    std::string text(name(framing.delimiter));
    if (framing.delimiter == Delimiter::length) {
        text += " " + std::to_string(framing.length);
    }
    return text;
}

struct ResponseRow {
    int status;
    std::string_view method;
    Headers headers;
    std::string_view expected;
};

struct RequestRow {
    std::string_view method;
    Version version;
    Headers headers;
    std::string_view expected;
};

const Headers none;
const Headers five{{"Content-Length", "5"}};
const Headers zero{{"Content-Length", "0"}};
const Headers coded{{"Transfer-Encoding", "chunked"}};
const Headers zipped{{"Transfer-Encoding", "gzip"}};
const Headers both{{"Transfer-Encoding", "chunked"}, {"A", "b"}, {"Content-Length", "5"}};
const Headers twice{{"Content-Length", "5"}, {"A", "b"}, {"Content-Length", "5"}};

}  // namespace

TEST_CASE("The framing of responses") {
    const std::vector<ResponseRow> rows{
        {200, "GET", none, "close"},
        {200, "GET", five, "length 5"},
        {200, "GET", zero, "none"},
        {200, "GET", coded, "chunked"},
        {200, "GET", zipped, "close"},
        {200, "HEAD", none, "none"},
        {200, "HEAD", five, "none"},
        {200, "HEAD", coded, "none"},
        {200, "head", five, "length 5"},
        {204, "GET", five, "none"},
        {205, "GET", none, "close"},
        {304, "GET", coded, "none"},
        {100, "GET", five, "none"},
        {101, "GET", five, "unexpected_upgrade line 1"},
        {101, "GET", {{"Content-Length", "5"}, {"Upgrade", "x"}}, "switched"},
        {200, "CONNECT", five, "switched"},
        {299, "CONNECT", coded, "switched"},
        {204, "CONNECT", none, "switched"},  // found by fuzz/differential.cpp
        // RFC 9110 section 9.3.6: the two fields are to be ignored, whatever they say.
        {200, "CONNECT", both, "switched"},
        {200, "CONNECT", twice, "switched"},
        {200, "CONNECT", {{"Content-Length", "x"}}, "switched"},
        {200, "CONNECT", {{"Transfer-Encoding", "chunked, chunked"}}, "switched"},
        {407, "CONNECT", both, "content_length_and_transfer_encoding line 2"},
        {101, "GET", both, "content_length_and_transfer_encoding line 2"},
        {304, "CONNECT", five, "none"},
        {300, "CONNECT", five, "length 5"},
        {407, "CONNECT", none, "close"},
        {999, "GET", five, "length 5"},
        {200, "GET", both, "content_length_and_transfer_encoding line 2"},
        {204, "GET", both, "content_length_and_transfer_encoding line 2"},
        {200, "HEAD", twice, "repeated_content_length line 2"},
        {200, "GET", {{"Content-Length", "9223372036854775807"}}, "length 9223372036854775807"},
        {200, "GET", {{"Content-Length", "9223372036854775808"}}, "bad_content_length line 0"},
        {200, "GET", {{"Content-Length", "00000000000000000000000007"}}, "length 7"},
        {200, "GET", {{"A", "b"}, {"Transfer-Encoding", "gzip"}, {"transfer-encoding", "chunked"}}, "chunked"},
        {200, "GET", {{"A", "b"}, {"Transfer-Encoding", "chunked"}, {"transfer-encoding", "gzip"}}, "close"},
        {200,
         "GET",
         {{"A", "b"}, {"Transfer-Encoding", "chunked"}, {"transfer-encoding", "chunked"}},
         "bad_transfer_encoding line 2"},
        // Found by fuzz/differential.cpp: something between the two.
        {200, "GET", {{"Transfer-Encoding", "chunked, x, chunked"}}, "bad_transfer_encoding line 0"},
        {200, "GET", {{"Transfer-Encoding", "chunked, chunked, x"}}, "bad_transfer_encoding line 0"},
    };
    for (const ResponseRow& row : rows) {
        INFO(row.status << " " << row.method << "\n" << row.headers.wire());
        CHECK(show(response_framing(row.status, row.headers, traits_of(row.method))) == row.expected);
    }
}

TEST_CASE("The framing of requests") {
    constexpr Version one{1, 1};
    constexpr Version old{1, 0};
    const std::vector<RequestRow> rows{
        {"GET", one, none, "none"},
        {"POST", one, none, "none"},
        {"POST", one, five, "length 5"},
        {"POST", one, zero, "none"},
        {"POST", one, coded, "chunked"},
        {"POST", one, zipped, "bad_transfer_encoding line 0"},
        {"HEAD", one, five, "length 5"},
        {"POST", old, five, "length 5"},
        {"POST", old, coded, "bad_transfer_encoding line 0"},
        {"POST", one, both, "content_length_and_transfer_encoding line 2"},
        {"POST", one, twice, "repeated_content_length line 2"},
        {"CONNECT", one, none, "none"},
        {"CONNECT", one, zero, "none"},
        {"CONNECT", one, five, "bad_content_length line 0"},
        {"CONNECT", one, coded, "bad_transfer_encoding line 0"},
    };
    for (const RequestRow& row : rows) {
        INFO(row.method << "\n" << row.headers.wire());
        CHECK(show(request_framing(row.method, row.version, row.headers)) == row.expected);
    }
}

// Where llhttp refuses, or reads the fields differently, the codec's decision holds: docs/http1.md lists these rows.
TEST_CASE("llhttp's opinion about the framing of a head") {
    struct Row {
        std::string lines;
        std::string_view llhttp;
        std::string_view ferry;
    };
    const auto opinion_of = [](const std::string& lines) -> std::string {
        llhttp_settings_t settings;
        llhttp_settings_init(&settings);
        settings.on_headers_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
        llhttp_t parser;
        llhttp_init(&parser, HTTP_RESPONSE, &settings);
        const std::string head = "HTTP/1.1 200 OK\r\n" + lines + "\r\n";
        if (llhttp_execute(&parser, head.data(), head.size()) != HPE_PAUSED) {
            return "refused";
        }
        return (parser.flags & F_CHUNKED) != 0          ? "chunked"
               : (parser.flags & F_CONTENT_LENGTH) != 0 ? "length " + std::to_string(parser.content_length)
                                                        : "close";
    };
    const auto ferry_of = [](const std::string& lines) {
        Headers headers;
        for (std::size_t at = 0; at < lines.size();) {
            const std::size_t end = lines.find("\r\n", at);
            const std::size_t colon = lines.find(':', at);
            std::string value = lines.substr(colon + 1, end - colon - 1);
            value.erase(0, std::min(value.find_first_not_of(" \t"), value.size()));
            value.erase(value.find_last_not_of(" \t") + 1);
            headers.add(lines.substr(at, colon - at), value);
            at = end + 2;
        }
        return show(response_framing(200, headers, {}));
    };
    const std::vector<Row> rows{
        // The same.
        {"Content-Length: 5\r\n", "length 5", "length 5"},
        {"Content-Length: 5 \r\n", "length 5", "length 5"},
        {"Transfer-Encoding: chunked\r\n", "chunked", "chunked"},
        {"Transfer-Encoding: gzip,chunked \r\n", "chunked", "chunked"},
        {"Transfer-Encoding: gzip,\tchunked\r\n", "chunked", "chunked"},
        {"Transfer-Encoding: chunked, gzip\r\n", "close", "close"},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", "chunked", "chunked"},
        {"Content-Length: 5\r\nContent-Length: 5\r\n", "refused", "repeated_content_length line 1"},
        {"Content-Length: 5\r\nTransfer-Encoding: x\r\n", "refused", "content_length_and_transfer_encoding line 1"},
        {"Content-Length: 18446744073709551616\r\n", "refused", "bad_content_length line 0"},
        // llhttp is stricter than RFC 9110 section 5.5, or reads another list than section 5.6.1.
        {"Content-Length: 5\t\r\n", "refused", "length 5"},
        {"Transfer-Encoding: chunked\t\r\n", "close", "chunked"},
        {"Transfer-Encoding: chunked,\r\n", "close", "chunked"},
        {"Transfer-Encoding: chunked, ,\r\n", "close", "chunked"},
        // llhttp is laxer.
        {"Content-Length: 18446744073709551615\r\n", "length 18446744073709551615", "bad_content_length line 0"},
        {"Transfer-Encoding: chunked, chunked\r\n", "chunked", "bad_transfer_encoding line 0"},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "chunked", "bad_transfer_encoding line 1"},
        {"Transfer-Encoding: \"a,chunked\r\n", "chunked", "bad_transfer_encoding line 0"},
        {"Transfer-Encoding: x;a=\",chunked\"\r\n", "close", "close"},
        {"Transfer-Encoding: x;a=\"b,chunked\r\n", "chunked", "bad_transfer_encoding line 0"},
        {"Transfer-Encoding: x chunked\r\n", "close", "bad_transfer_encoding line 0"},
        {"Transfer-Encoding: chunked;q=1\r\n", "close", "bad_transfer_encoding line 0"},
    };
    for (const Row& row : rows) {
        INFO(row.lines);
        CHECK(opinion_of(row.lines) == row.llhttp);
        CHECK(ferry_of(row.lines) == row.ferry);
    }
}

}  // namespace ferry::http1::test
