// What the client role makes of byte streams. Every row is played whole, byte by byte, and in random splits.
#include "tests/unit/http1/trace.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace std::string_literals;

namespace ferry::http1::test {

namespace {

struct Row {
    std::string stream;
    std::string expected;
    Script script{};
};

Script asking(std::vector<std::string> methods, bool eof = false) {
    Script script;
    script.methods = std::move(methods);
    script.eof = eof;
    return script;
}

Script ending() { return asking({"GET"}, true); }

Script upgrading(std::string protocol) {
    Script script;
    script.upgrade = {std::move(protocol)};
    return script;
}

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        INFO(visible(row.stream));
        CHECK(trace_every_split(row.script, row.stream) == row.expected);
    }
}

const std::string ok = "HTTP/1.1 200 OK\r\n"s;
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
const std::string chunked_head = "head 200 OK 1.1 | Transfer-Encoding: chunked\n";

std::string error(std::string_view code, std::size_t offset) {
    return "error " + std::string(code) + " @" + std::to_string(offset) + "\n";
}

// A field line behind the status line: what becomes of it. Offset 17 is where it begins.
Row field_error(const std::string& line, std::string_view code) { return {ok + line + "\r\n", error(code, 17)}; }

}  // namespace

TEST_CASE("Responses are framed as RFC 9112 section 6.3 says") {
    check({
        {ok + "Content-Length: 5\r\n\r\nhello", "head 200 OK 1.1 | Content-Length: 5\ndata hello\nend keep-alive\n"},
        {ok + "Content-Length: 0\r\n\r\n", "head 200 OK 1.1 | Content-Length: 0\nend keep-alive\n"},
        {ok + "content-length:\t005 \t\r\n\r\nhello",
         "head 200 OK 1.1 | content-length: 005\ndata hello\nend keep-alive\n"},
        {ok + "\r\nto the end", "head 200 OK 1.1\ndata to the end\nend body ended with the connection\n", ending()},
        {ok + "\r\n", "head 200 OK 1.1\nend body ended with the connection\n", ending()},
        {chunked + "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", chunked_head + "data hello!\nend keep-alive\n"},
        {chunked + "0\r\n\r\n", chunked_head + "end keep-alive\n"},
        {chunked + "00a;a=b;c=\"d;\\\"e\"\r\n0123456789\r\n0;x\r\n\r\n",
         chunked_head + "data 0123456789\nend keep-alive\n"},
        {chunked + "A\r\n0123456789\r\n00000000000000000000\r\n\r\n",
         chunked_head + "data 0123456789\nend keep-alive\n"},
        {chunked + "0\r\nX: y\r\nContent-Length: 5\r\n\r\n",
         chunked_head + "trailers | X: y, Content-Length: 5\nend keep-alive\n"},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
         "head 204 No Content 1.1 | Content-Length: 5\nend keep-alive\n"},
        {"HTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\n",
         "head 304  1.1 | Transfer-Encoding: chunked\nend keep-alive\n"},
        {ok + "Content-Length: 5\r\n\r\n", "head 200 OK 1.1 | Content-Length: 5\nend keep-alive\n", asking({"HEAD"})},
        {chunked, chunked_head + "end keep-alive\n", asking({"HEAD"})},
        {ok + "Content-Length: 2\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nhi" + ok + "Content-Length: 1\r\n\r\n!",
         "head 200 OK 1.1 | Content-Length: 2\nend keep-alive\nhead 200 OK 1.1 | Content-Length: 2\ndata hi\n"
         "end keep-alive\nhead 200 OK 1.1 | Content-Length: 1\ndata !\nend keep-alive\n",
         asking({"HEAD", "GET", "GET"})},
    });
}

TEST_CASE("A Transfer-Encoding that does not end in chunked is read to the end of the connection") {
    const auto closing = [](const std::string& value) {
        return Row{ok + "Transfer-Encoding: " + value + "\r\n\r\nbody",
                   "head 200 OK 1.1 | Transfer-Encoding: " + visible(value) +
                       "\ndata body\nend body ended with the connection\n",
                   ending()};
    };
    const auto coded = [](const std::string& value, const std::string& stored) {
        return Row{ok + "Transfer-Encoding: " + value + "\r\n\r\n1\r\n!\r\n0\r\n\r\n",
                   "head 200 OK 1.1 | Transfer-Encoding: " + stored + "\ndata !\nend keep-alive\n"};
    };
    check({
        closing("gzip"),
        closing("notchunked"),
        closing("chunked, gzip"),
        closing(""),
        closing(", ,"),
        closing("chunked-not"),
        closing("x;a=\"chunked\""),
        closing("x;a=\",chunked\""),
        coded("not, chunked", "not, chunked"),
        coded("CHUNKED", "CHUNKED"),
        coded("gzip,chunked,", "gzip,chunked,"),
        // White space is SP and HTAB.
        coded("chunked\t", "chunked"),
        coded("\tgzip\t,\tchunked \t", "gzip\\x09,\\x09chunked"),
        {ok + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "head 200 OK 1.1 | Transfer-Encoding: gzip, Transfer-Encoding: chunked\nend keep-alive\n"},
        {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: \r\n\r\n0\r\n\r\n",
         "head 200 OK 1.1 | Transfer-Encoding: chunked, Transfer-Encoding: \nend keep-alive\n"},
        {ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0",
         "head 200 OK 1.1 | Transfer-Encoding: chunked, Transfer-Encoding: gzip\ndata 0\n"
         "end body ended with the connection\n",
         ending()},
    });
}

TEST_CASE("Framing that could be read in two ways is an error") {
    check({
        {ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", error("repeated_content_length", 36)},
        {ok + "Content-Length: 5\r\nX: y\r\ncontent-length: 6\r\n\r\n", error("repeated_content_length", 42)},
        field_error("Content-Length: 5, 5\r\n", "repeated_content_length"),
        {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         error("content_length_and_transfer_encoding", 36)},
        {ok + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
         error("content_length_and_transfer_encoding", 42)},
        field_error("Content-Length: \r\n", "bad_content_length"),
        field_error("Content-Length: +5\r\n", "bad_content_length"),
        field_error("Content-Length: -5\r\n", "bad_content_length"),
        field_error("Content-Length: 5 5\r\n", "bad_content_length"),
        field_error("Content-Length: 0x5\r\n", "bad_content_length"),
        field_error("Content-Length: 5.0\r\n", "bad_content_length"),
        field_error("Content-Length: \"5\"\r\n", "bad_content_length"),
        field_error("Content-Length: 9223372036854775808\r\n", "bad_content_length"),
        field_error("Content-Length: 18446744073709551621\r\n", "bad_content_length"),
        field_error("Transfer-Encoding: chunked, chunked\r\n", "bad_transfer_encoding"),
        field_error("Transfer-Encoding: chunked;q=1\r\n", "bad_transfer_encoding"),
        field_error("Transfer-Encoding: x chunked\r\n", "bad_transfer_encoding"),
        field_error("Transfer-Encoding: \"a,chunked\r\n", "bad_transfer_encoding"),
        {ok + "Content-Length: 9223372036854775807\r\n\r\n", "head 200 OK 1.1 | Content-Length: 9223372036854775807\n"},
    });
}

TEST_CASE("Field lines that are not field lines are errors, each with its own code") {
    check({
        field_error("A : b\r\n", "bad_header_name"),
        field_error("A\t: b\r\n", "bad_header_name"),
        field_error("A b: c\r\n", "bad_header_name"),
        field_error(": b\r\n", "bad_header_name"),
        field_error("A\r\n", "bad_header_name"),
        field_error("A\x7f: b\r\n", "bad_header_name"),
        field_error("\xc3\xa4: b\r\n", "bad_header_name"),
        field_error("A\0: b\r\n"s, "bad_header_name"),
        field_error(" A: b\r\n", "bad_header_name"),
        field_error("A: \0\r\n"s, "bad_header_value"),
        field_error("A: b\x01\r\n", "bad_header_value"),
        field_error("A: b\x7f\r\n", "bad_header_value"),
        field_error("A: b\x1b[0m\r\n", "bad_header_value"),
        field_error("A: b\rc\r\n", "bad_line_ending"),
        field_error("A: b\r\r\n", "bad_line_ending"),
        field_error("A: b\n", "bad_line_ending"),
        {ok + "A: b\r\n\n", error("bad_line_ending", 23)},
        {ok + "A: b\r\n c\r\n\r\n", error("obsolete_line_folding", 23)},
        {ok + "A: b\r\n\tc\r\n\r\n", error("obsolete_line_folding", 23)},
        {ok + "A: b\r\n \r\n\r\n", error("obsolete_line_folding", 23)},
        {ok + "A: b\r\nB: c\r\nC : d\r\nE: f\n\r\n", error("bad_header_name", 29)},
        // The head is not complete, the line is.
        {ok + "A : b\r\nB", error("bad_header_name", 17)},
    });
    check({{ok + "A:\r\nb: \xff\x80 c \t\r\n!#$%&'*+-.^_`|~9: \t\"\r\nContent-Length:0\r\n\r\n",
            "head 200 OK 1.1 | A: , b: \\xff\\x80 c, !#$%&'*+-.^_`|~9: \", Content-Length: 0\nend keep-alive\n"}});
}

TEST_CASE("The place of a framing fault is right behind lines of any form") {
    const std::string bad = "Content-Length: x\r\n\r\n";
    for (const std::string lines : {"", "A: b\r\n", "A:b\r\n", "A:  b\r\n", "A: b \t\r\n", "A:\r\n", "A: \r\n",
                                    "A:\t\r\n", "A: b\r\nC:d\r\nE: f\r\n", "A:\r\nB: c\r\nD: e  \r\nF:g\r\nH: i\r\n"}) {
        check({{ok + lines + bad, error("bad_content_length", ok.size() + lines.size())},
               {ok + lines + "Content-Length: 5\r\n" + lines + "Content-Length: 5\r\n\r\n",
                error("repeated_content_length", ok.size() + 2 * lines.size() + 19)}});
    }
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += i % 7 == 3 ? "Name:value \r\n" : "Name: value\r\n";
    }
    check({{ok + many + bad, error("bad_content_length", ok.size() + many.size())}});
}

TEST_CASE("Fields that no one writes like this are read all the same") {
    std::string fields;
    std::string shown;
    for (int i = 0; i < 70; ++i) {
        fields += i % 3 == 0 ? "A:b\r\n" : i % 3 == 1 ? "A:  b\t\r\n" : "A: b\r\n";
        shown += i == 0 ? "A: b" : ", A: b";
    }
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += "A: b\r\n";
    }
    check({
        {ok + "A:  b\r\nA: c \r\nA: d\t\r\nA: \te\r\nContent-Length: 0\r\n\r\n",
         "head 200 OK 1.1 | A: b, A: c, A: d, A: e, Content-Length: 0\nend keep-alive\n"},
        {ok + many + "Content-Length: x\r\n\r\n", error("bad_content_length", ok.size() + many.size())},
        {ok + fields + "Content-Length:0\r\n\r\n",
         "head 200 OK 1.1 | " + shown + ", Content-Length: 0\nend keep-alive\n"},
        {ok + fields + "Content-Length:x\r\n\r\n", error("bad_content_length", ok.size() + fields.size())},
    });
}

TEST_CASE("Status lines") {
    const auto head = [](const std::string& line, const std::string& shown) {
        return Row{line + "\r\nContent-Length: 0\r\n\r\n", "head " + shown + " | Content-Length: 0\nend keep-alive\n"};
    };
    const auto broken = [](const std::string& line, std::string_view code) {
        return Row{line + "\r\nContent-Length: 0\r\n\r\n", error(code, 0)};
    };
    check({
        head("HTTP/1.1 200 OK", "200 OK 1.1"),
        head("HTTP/1.1 200 ", "200  1.1"),
        head("HTTP/1.1 200", "200  1.1"),
        head("HTTP/1.1 999 \xe9t\xe9\t!", "999 \\xe9t\\xe9\\x09! 1.1"),
        head("HTTP/1.1 200  two  spaces", "200  two  spaces 1.1"),
        head("HTTP/1.2 200 OK", "200 OK 1.2"),
        head("HTTP/1.9 200 OK", "200 OK 1.9"),
        broken("HTTP/2.0 200 OK", "bad_version"),
        broken("HTTP/0.9 200 OK", "bad_version"),
        broken("HTTP/1.10 200 OK", "bad_version"),
        broken("HTTP/1 200 OK", "bad_version"),
        broken("HTTP/11 200 OK", "bad_version"),
        broken("HTTP/ 1.1 200 OK", "bad_version"),
        broken("http/1.1 200 OK", "bad_start_line"),
        broken("ICY 200 OK", "bad_start_line"),
        broken("220 smtp.example ESMTP", "bad_start_line"),
        broken(" HTTP/1.1 200 OK", "bad_start_line"),
        broken("", "bad_start_line"),
        broken("HTTP/1.1", "bad_start_line"),
        broken("HTTP/1.1\t200 OK", "bad_version"),
        broken("HTTP/1.1 20 OK", "bad_status"),
        broken("HTTP/1.1 2000 OK", "bad_status"),
        broken("HTTP/1.1 099 OK", "bad_status"),
        broken("HTTP/1.1 20x OK", "bad_status"),
        broken("HTTP/1.1  200 OK", "bad_status"),
        broken("HTTP/1.1 -20 OK", "bad_status"),
        broken("HTTP/1.1 200\tOK", "bad_status"),
        broken("HTTP/1.1 ", "bad_status"),
        broken("HTTP/1.1 200 O\0K"s, "bad_start_line"),
        broken("HTTP/1.1 200 O\x07K", "bad_start_line"),
        broken("HTTP/1.1 200 O\x7fK", "bad_start_line"),
        broken("HTTP/1.1 200 O\rK", "bad_line_ending"),
        {"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", error("bad_line_ending", 0)},
        // Rubbish without a line end is noticed at once.
        {"\x15\x03\x01", error("bad_start_line", 0)},
        {"HTTQ", error("bad_start_line", 0)},
        {"HTTP", ""},
    });
}

TEST_CASE("Chunks that are not chunks are errors at the first byte of the line, or at the byte") {
    const std::size_t at = chunked.size();
    const auto broken = [&](const std::string& body, std::string_view code, std::size_t offset = 0,
                            const std::string& before = "") {
        return Row{chunked + body, chunked_head + before + error(code, at + offset)};
    };
    check({
        broken("\r\n", "bad_chunk"),
        broken("x\r\n", "bad_chunk"),
        broken("-5\r\n", "bad_chunk"),
        broken("+5\r\n", "bad_chunk"),
        broken("0x5\r\n", "bad_chunk"),
        broken(" 5\r\n", "bad_chunk"),
        broken("5 \r\n", "bad_chunk"),
        broken("5 ;a\r\n", "bad_chunk"),
        broken("5\t\r\n", "bad_chunk"),
        broken("5;\r\n", "bad_chunk"),
        broken("5;;a\r\n", "bad_chunk"),
        broken("5;=a\r\n", "bad_chunk"),
        broken("5;a=\r\n", "bad_chunk"),
        broken("5; a\r\n", "bad_chunk"),
        broken("5;a b\r\n", "bad_chunk"),
        broken("5;a=b c\r\n", "bad_chunk"),
        broken("5;a=\"b\r\n", "bad_chunk"),
        broken("5;a=\"b\"c\r\n", "bad_chunk"),
        broken("5;a=\"\x01\"\r\n", "bad_chunk"),
        broken("5;\xff\r\n", "bad_chunk"),
        broken("5;a\0\r\n"s, "bad_chunk"),
        broken("5_0\r\n", "bad_chunk"),
        broken("8000000000000000\r\n", "bad_chunk"),
        broken("ffffffffffffffff\r\n", "bad_chunk"),
        broken("10000000000000005\r\n", "bad_chunk"),
        broken("000000000000000000005\r\n", "bad_chunk"),
        broken("5\nhello", "bad_line_ending"),
        broken("5\rhello\r\n", "bad_line_ending"),
        broken("5;a\nhello", "bad_line_ending"),
        broken("5;a=\"\n\"\r\n", "bad_line_ending"),
        broken("5\r\nhello!\r\n", "bad_chunk", 8, "data hello\n"),
        broken("5\r\nhello\n0\r\n", "bad_line_ending", 8, "data hello\n"),
        broken("5\r\nhello\r0\r\n", "bad_line_ending", 9, "data hello\n"),
        broken("5\r\nhello\r\nx", "bad_chunk", 10, "data hello\n"),
        broken("0\r\n A: b\r\n\r\n", "bad_header_name", 3),
        broken("0\r\nA: b\r\n c\r\n\r\n", "obsolete_line_folding", 9),
        broken("0\r\nA b: c\r\n\r\n", "bad_header_name", 3),
        broken("0\r\nA: b\n\r\n", "bad_line_ending", 3),
        broken("0\r\n\n", "bad_line_ending", 3),
        broken("0\r\nA: \x01\r\n", "bad_header_value", 3),
        {chunked + "7fffffffffffffff\r\nx", chunked_head + "data x\n"},
        {chunked + "5;a=\"\t\xe9\\\xe9\\\\\"\r\nhello\r\n", chunked_head + "data hello\n"},
    });
}

TEST_CASE("Interim responses do not end the exchange, and their fields do not leak") {
    Script few = asking({"GET"});
    few.limits.informational = 2;
    const std::string early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const std::string shown = "informational 103 Early Hints 1.1 | Link: </a>\n";
    check({
        {"HTTP/1.1 100 Continue\r\n\r\n" + ok + "Content-Length: 1\r\n\r\n!",
         "informational 100 Continue 1.1\nhead 200 OK 1.1 | Content-Length: 1\ndata !\nend keep-alive\n"},
        {early + early + ok + "Content-Length: 0\r\n\r\n",
         shown + shown + "head 200 OK 1.1 | Content-Length: 0\nend keep-alive\n"},
        {"HTTP/1.1 199 \r\nContent-Length: 5\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n",
         "informational 199  1.1 | Content-Length: 5\nhead 200 OK 1.1 | Content-Length: 0\nend keep-alive\n"},
        {early + early + early, shown + shown + error("too_many_informational", 2 * early.size()), few},
        {early + early + ok + "\r\n", shown + shown + "head 200 OK 1.1\n", few},
        {early, shown + error("truncated_head", early.size()), ending()},
        {early + "HTTP/1.1 2", shown + error("truncated_head", early.size()), ending()},
    });
}

TEST_CASE("101 and a 2xx to CONNECT hand over the raw stream") {
    const std::string switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: ws\r\n\r\n";
    const std::string shown = "head 101 Switching Protocols 1.1 | Upgrade: ws\nupgrade\n";
    Script tunnel = asking({"CONNECT"}, true);
    check({
        {switching + "\x81\x05hello", shown + "data \\x81\\x05hello\n", upgrading("ws")},
        {switching, shown, upgrading("ws")},
        {"HTTP/1.1 100 Continue\r\n\r\n" + switching, "informational 100 Continue 1.1\n" + shown, upgrading("ws")},
        {switching, error("unexpected_upgrade", 0)},
        {ok + "Content-Length: 2\r\n\r\nhi", "head 200 OK 1.1 | Content-Length: 2\ndata hi\nend keep-alive\n",
         upgrading("ws")},
        {ok + "Content-Length: 5\r\n\r\nHTTP/1.1",
         "head 200 OK 1.1 | Content-Length: 5\nupgrade\ndata HTTP/1.1\nclosed\n", tunnel},
        {ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         "head 200 OK 1.1 | Content-Length: 5, Transfer-Encoding: chunked\nupgrade\nclosed\n", tunnel},
        {"HTTP/1.1 101 Switching Protocols\r\n\r\nraw", error("unexpected_upgrade", 0), upgrading("ws")},
        {"HTTP/1.1 103 \r\n\r\nHTTP/1.1 101 \r\nA: b\r\n\r\nraw",
         "informational 103  1.1\n" + error("unexpected_upgrade", 17), upgrading("ws")},
        {"HTTP/1.0 101 Switching Protocols\r\nUpgrade: ws\r\n\r\nraw", error("unexpected_upgrade", 0), upgrading("ws")},
        {"HTTP/1.1 299 \r\nTransfer-Encoding: chunked\r\n\r\n",
         "head 299  1.1 | Transfer-Encoding: chunked\nupgrade\nclosed\n", tunnel},
        {"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nhi",
         "head 407 No 1.1 | Content-Length: 2\ndata hi\nend keep-alive\nclosed\n", tunnel},
    });
}

TEST_CASE("Truncation is an error, never a short success") {
    check({
        {"", error("server_disconnected", 0), ending()},
        {"H", error("truncated_head", 0), ending()},
        {"HTTP/1.1 200 OK\r\n", error("truncated_head", 17), ending()},
        {ok + "A: b\r\nC: d", error("truncated_head", 23), ending()},
        {ok + "Content-Length: 5\r\n\r\nhell",
         "head 200 OK 1.1 | Content-Length: 5\ndata hell\n" + error("truncated_body", 42), ending()},
        {chunked, chunked_head + error("truncated_body", chunked.size()), ending()},
        {chunked + "5", chunked_head + error("truncated_body", chunked.size()), ending()},
        {chunked + "5\r\nhel", chunked_head + "data hel\n" + error("truncated_body", chunked.size() + 6), ending()},
        {chunked + "5\r\nhello\r", chunked_head + "data hello\n" + error("truncated_body", chunked.size() + 9),
         ending()},
        {chunked + "0\r\n", chunked_head + error("truncated_body", chunked.size() + 3), ending()},
        {chunked + "0\r\nA: b\r\n", chunked_head + error("truncated_body", chunked.size() + 9), ending()},
        {ok + "Content-Length: 0\r\n\r\n", "head 200 OK 1.1 | Content-Length: 0\nend keep-alive\nclosed\n", ending()},
    });
}

TEST_CASE("Bytes that belong to no response are never taken as one") {
    Script nothing;
    nothing.methods = {};
    const std::string empty = "Content-Length: 0\r\n\r\n";
    const std::string shown = "head 200 OK 1.1 | Content-Length: 0\nend keep-alive\n";
    check({
        {ok + empty + ok + empty, shown + error("unexpected_bytes", 38)},
        {ok + empty + "\r\n", shown + error("unexpected_bytes", 38)},
        {"HTTP/1.1 204 No\r\n\r\nbody", "head 204 No 1.1\nend keep-alive\n" + error("unexpected_bytes", 19)},
        {"HTTP/1.1 408 Timeout\r\n\r\n", error("unexpected_bytes", 0), nothing},
    });
}

TEST_CASE("Whether the connection persists") {
    const auto verdict = [](const std::string& version, const std::string& field, const std::string& expected) {
        const std::string stream = "HTTP/" + version + " 204 \r\n" + field + "\r\n";
        const std::string all = trace_every_split({}, stream);
        INFO(visible(stream));
        CHECK(all.substr(all.rfind("end ")) == "end " + expected + "\n");
    };
    verdict("1.1", "", "keep-alive");
    verdict("1.1", "Connection: close\r\n", "peer sent Connection: close");
    verdict("1.1", "Connection: keep-alive, Close\r\n", "peer sent Connection: close");
    verdict("1.1", "Connection: a\r\nConnection: b ,close\r\n", "peer sent Connection: close");
    verdict("1.1", "Connection: closed, not-close\r\n", "keep-alive");
    verdict("1.1", "Connection: \"close\"\r\n", "keep-alive");
    // RFC 9110 section 7.6.1: options are tokens, so a quote hides no comma.
    verdict("1.1", "Connection: \"x, close, y\"\r\n", "peer sent Connection: close");
    verdict("1.0", "Connection: \"x, keep-alive, y\"\r\n", "keep-alive");
    verdict("1.0", "", "HTTP/1.0");
    verdict("1.0", "Connection: Keep-Alive\r\n", "keep-alive");
    verdict("1.0", "Connection: keep-alive, close\r\n", "peer sent Connection: close");
    verdict("1.0", "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n", "HTTP/1.0");
    verdict("1.5", "", "keep-alive");
}

}  // namespace ferry::http1::test
