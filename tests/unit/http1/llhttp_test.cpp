// What llhttp itself lets pass, or refuses, where ferry says otherwise: the reasons for core/http1/line.cpp and chunk.cpp.
// docs/http1.md lists these rows; a new llhttp that changes one fails here.
#include "tests/unit/http1/trace.hpp"

#include <llhttp.h>
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace std::string_literals;

namespace ferry::http1::test {

namespace {

bool llhttp_accepts(llhttp_type_t type, const std::string& stream) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    llhttp_t parser;
    llhttp_init(&parser, type, &settings);
    llhttp_set_lenient_version(&parser, 1);
    return llhttp_execute(&parser, stream.data(), stream.size()) == HPE_OK;
}

bool ferry_accepts(Role role, const std::string& stream) {
    Script script;
    script.role = role;
    return trace_every_split(script, stream).find("error") == std::string::npos;
}

}  // namespace

TEST_CASE("Where llhttp is laxer or stricter than ferry") {
    struct Row {
        Role role;
        std::string stream;
        bool llhttp;
        bool ferry;
    };
    const std::string fields = "\r\nContent-Length: 0\r\n\r\n";
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::vector<Row> rows{
        {Role::client, "HTTP/1.1 200 O\x01K" + fields, true, false},
        {Role::client, "HTTP/1.1 200 O\0K"s + fields, true, false},
        {Role::client, "\r\n\r\nHTTP/1.1 200 OK" + fields, true, false},
        {Role::client, "HTTP/1.1 099 Low" + fields, true, false},
        {Role::client, chunked + "1;;a\r\nx\r\n0\r\n\r\n", true, false},
        {Role::client, chunked + "1;=a\r\nx\r\n0\r\n\r\n", true, false},
        {Role::client, chunked + "1;a=\r\nx\r\n0\r\n\r\n", true, false},
        {Role::client, chunked + std::string(30, '0') + "1\r\nx\r\n0\r\n\r\n", true, false},
        {Role::client, chunked + "ffffffffffffffff\r\n", true, false},
        {Role::client, chunked + "1 ;a\r\nx\r\n0\r\n\r\n", false, false},
        {Role::client, chunked + "1; a\r\nx\r\n0\r\n\r\n", false, false},
        {Role::client, chunked + "0\r\nContent-Length: 5\r\n\r\n", false, true},
        {Role::client, "HTTP/1.1 200 OK\r\nContent-Length: 0\t\r\n\r\n", false, true},
        {Role::server, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", false, true},
        {Role::server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", false, true},
        {Role::server, "GET /#a HTTP/1.1\r\nHost: h\r\n\r\n", true, false},
        {Role::server, "GET / HTTP/1.1\r\n\r\n", true, false},
    };
    for (const Row& row : rows) {
        INFO(visible(row.stream));
        CHECK(llhttp_accepts(row.role == Role::client ? HTTP_RESPONSE : HTTP_REQUEST, row.stream) == row.llhttp);
        CHECK(ferry_accepts(row.role, row.stream) == row.ferry);
    }
}

}  // namespace ferry::http1::test
