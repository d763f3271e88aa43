// Each limit, at its edge: what just fits, and the first byte that does not.
#include "tests/unit/http1/trace.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>

namespace ferry::http1::test {

namespace {

struct Row {
    std::string stream;
    std::string end;  // The last line of the trace.
};

Script limited(Role role, Limits limits) {
    Script script;
    script.role = role;
    script.limits = limits;
    return script;
}

std::string last_line(const std::string& trace) {
    const std::string text = trace.substr(0, trace.empty() ? 0 : trace.size() - 1);
    return text.substr(text.rfind('\n') + 1);
}

void check(const Script& script, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        INFO(visible(row.stream));
        CHECK(last_line(trace_every_split(script, row.stream)) == row.end);
    }
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    while (times-- > 0) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("The start line's limit is hit by the first byte beyond it") {
    const Script script = limited(Role::client, {.start_line = 20});
    const std::string just = "HTTP/1.1 200 " + std::string(7, 'x');
    check(script, {
                      {just + "\r\nContent-Length: 0\r\n\r\n", "end keep-alive"},
                      {just + "\r", ""},
                      {just + "x", "error start_line_too_long @0"},
                      {just + "x\r\n", "error start_line_too_long @0"},
                      {just + "\rx", "error start_line_too_long @0"},
                      {just + "\n", "error bad_line_ending @0"},
                      {just + "x\x01\r\n", "error start_line_too_long @0"},
                      {"XTTP/1.1 200 xxxxxxxxxxxxxxxxx", "error bad_start_line @0"},
                  });
    check(limited(Role::server, {.start_line = 20}),
          {
              {"GET /aaaaaa HTTP/1.1\r\nHost: h\r\n\r\n", "end keep-alive"},
              {"GET /aaaaaaa HTTP/1.1\r\nHost: h\r\n\r\n", "error start_line_too_long @0"},
              {"\r\nGET /aaaaaaa HTTP/1.1\r\nHost: h\r\n\r\n", "error start_line_too_long @2"},
          });
}

TEST_CASE("The header block's limit counts everything of a head, trailers and empty lines") {
    // "HTTP/1.1 200 OK" is 17 bytes, "A: b" 6, the empty line 2.
    const Script script = limited(Role::client, {.header_block = 31});
    check(script, {
                      {"HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\n\r\n", "head 200 OK 1.1 | A: b, A: b"},
                      {"HTTP/1.1 200 OK\r\nA: b\r\nA: bc\r\n\r\n", "error header_block_too_large @30"},
                      {"HTTP/1.1 200 OK\r\nA: b\r\nA: bcde\r\n\r\n", "error header_block_too_large @23"},
                      {"HTTP/1.1 200 OK\r\nA: b\r\nA: bcdefghi", "error header_block_too_large @23"},
                      {"HTTP/1.1 200 OK\r\nA: b\r\nA: b \x01 fghi\r\n", "error header_block_too_large @23"},
                      {"HTTP/1.1 200 OK\r\nA : b\r\nA: bcdefghi", "error bad_header_name @17"},
                      {"HTTP/1.1 200 " + std::string(40, 'x'), "error header_block_too_large @0"},
                      // Each interim response has a block of its own.
                      {"HTTP/1.1 100 OK\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n", "head 200 OK 1.1 | A: b"},
                  });
    check(
        limited(Role::server, {.header_block = 40}),
        {
            {"GET / HTTP/1.1\r\nHost: h\r\nAAAA: bbbbbbbb\r\n\r\n", "error header_block_too_large @25"},
            {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nAAA:\r\n\r\n", "end keep-alive"},
            {"\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nAAA:\r\n\r\n", "error header_block_too_large @39"},
            {repeated("\r\n", 30), "error header_block_too_large @40"},
            {"GET / HTTP/1.1\r\nHost: h\r\n\r\n" + repeated("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 3), "end keep-alive"},
        });
    // The head has 47 bytes, so 13 are left for the trailers and their end.
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(limited(Role::client, {.header_block = 60}),
          {
              {head + "0\r\nA: bbbbbb\r\n\r\n", "end keep-alive"},
              {head + "0\r\nA: bbbbbbb\r\n\r\n", "error header_block_too_large @62"},
              {head + "0\r\nA: bbbbbbbbbbb", "error header_block_too_large @50"},
          });
}

TEST_CASE("Field lines are counted, trailers with them") {
    const Script script = limited(Role::client, {.fields = 3});
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
    check(script, {
                      {head + "A:b\r\nA:b\r\n\r\n0\r\n\r\n", "end keep-alive"},
                      {head + "A:b\r\nA:b\r\nA:b\r\n\r\n", "error too_many_fields @55"},
                      {head + "A:b\r\nA:b\r\nA", ""},
                      {head + "A:b\r\nA:b\r\n A:b\r\n\r\n", "error too_many_fields @55"},
                      {head + "A:b\r\n\r\n0\r\nA:b\r\n\r\n", "end keep-alive"},
                      {head + "A:b\r\n\r\n0\r\nA:b\r\nA:b\r\n\r\n", "error too_many_fields @60"},
                  });
}

TEST_CASE("Chunk extensions are counted over the whole message") {
    const Script script = limited(Role::client, {.chunk_extensions = 10});
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    check(script, {
                      {head + "1;aaaaaaaaa\r\nx\r\n0\r\n\r\n", "end keep-alive"},
                      {head + "1;aaaaaaaaaa\r\n", "error chunk_extensions_too_large @47"},
                      {head + "1;aaaaaaaaaa", "error chunk_extensions_too_large @47"},
                      {head + "1;aaaaaaaaa\rx", "error chunk_extensions_too_large @47"},
                      {head + "1;aaaa\r\nx\r\n1;aaaa\r\nx\r\n0\r\n\r\n", "end keep-alive"},
                      {head + "1;aaaa\r\nx\r\n1;aaaa\r\nx\r\n0;\r\n\r\n", "error chunk_extensions_too_large @69"},
                      {head + "1\rxxxxxxxxxxxxxxxxx", "error chunk_extensions_too_large @47"},
                      {head + "1" + std::string(20, '0'), "error bad_chunk @47"},
                  });
}

TEST_CASE("The default limits are those of the documentation") {
    const Limits limits;
    CHECK(limits.header_block == 100U * 1024);
    CHECK(limits.fields == 128);
    CHECK(limits.start_line == 16U * 1024);
    CHECK(limits.chunk_extensions == 16U * 1024);
    CHECK(limits.informational == 100);

    // A name longer than a Headers holds, in a block that would.
    Script script = limited(Role::client, {.header_block = 200'000});
    CHECK(trace(script, "HTTP/1.1 200 OK\r\n" + std::string(70'000, 'a') + ": b\r\n\r\n", whole()) ==
          "error bad_header_name @17\n");
    // 64 KiB of target, for those who need it.
    script = limited(Role::server, {.header_block = 200'000, .start_line = 65'536 + 32});
    CHECK(last_line(trace(script, "GET /" + std::string(65'535, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", whole())) ==
          "end keep-alive");
}

}  // namespace ferry::http1::test
