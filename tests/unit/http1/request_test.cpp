// What the server role makes of byte streams. Each request is answered with 200, an upgrade or CONNECT is agreed to.
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
    bool eof = false;
};

Script serving(bool eof = false) {
    Script script;
    script.role = Role::server;
    script.eof = eof;
    return script;
}

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        INFO(visible(row.stream));
        CHECK(trace_every_split(serving(row.eof), row.stream) == row.expected);
    }
}

std::string error(std::string_view code, std::size_t offset = 0) {
    return "error " + std::string(code) + " @" + std::to_string(offset) + "\n";
}

const std::string get = "GET / HTTP/1.1\r\n"s;
const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n"s;
const std::string posted = "head POST / 1.1 | Host: h";

int status_of(std::string_view stream) {
    Machine machine(Role::server);
    (void)machine.receive(as_bytes(stream));
    REQUIRE(machine.receiving() == Receiving::failed);
    return machine.error_status();
}

}  // namespace

TEST_CASE("Requests, with any token as the method") {
    check({
        {get + "Host: h\r\n\r\n", "head GET / 1.1 | Host: h\nend keep-alive\n"},
        {"brew!#$%&'*+-.^_`|~9 /pot HTTP/1.1\r\nHost: h\r\n\r\n",
         "head brew!#$%&'*+-.^_`|~9 /pot 1.1 | Host: h\nend keep-alive\n"},
        {post + "Content-Length: 5\r\n\r\nhello", posted + ", Content-Length: 5\ndata hello\nend keep-alive\n"},
        {post + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
         posted + ", Transfer-Encoding: gzip, chunked\ndata hi\ntrailers | X: y\nend keep-alive\n"},
        {"GET / HTTP/1.0\r\n\r\n", "head GET / 1.0\nend HTTP/1.0\n"},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "head GET / 1.0 | Connection: keep-alive\nend keep-alive\n"},
        {get + "Host: h\r\nConnection: close\r\n\r\n",
         "head GET / 1.1 | Host: h, Connection: close\nend peer sent Connection: close\n"},
        {"GET / HTTP/1.7\r\nHost: h\r\n\r\n", "head GET / 1.7 | Host: h\nend keep-alive\n"},
        // RFC 9112 section 2.2: empty lines before a request.
        {"\r\n\r\n" + get + "Host: h\r\n\r\n", "head GET / 1.1 | Host: h\nend keep-alive\n"},
    });
}

TEST_CASE("Pipelined requests come one at a time") {
    const std::string two = post + "Content-Length: 2\r\n\r\nhi" + get + "Host: a\r\n\r\n";
    check({
        {two + "\r\n" + get + "Host: b\r\n\r\nG",
         posted + ", Content-Length: 2\ndata hi\nend keep-alive\nhead GET / 1.1 | Host: a\nend keep-alive\n"
                  "head GET / 1.1 | Host: b\nend keep-alive\n"},
        {two,
         posted + ", Content-Length: 2\ndata hi\nend keep-alive\nhead GET / 1.1 | Host: a\nend keep-alive\nclosed\n",
         true},
        {two + "G",
         posted + ", Content-Length: 2\ndata hi\nend keep-alive\nhead GET / 1.1 | Host: a\nend keep-alive\n" +
             error("truncated_head", two.size()),
         true},
    });

    Machine machine(Role::server);
    REQUIRE(machine.receive(as_bytes(two)).size() == 3);
    CHECK(machine.receiving() == Receiving::done);
    CHECK(machine.held_back() == 27);
    CHECK(machine.eof().empty());
    CHECK_FALSE(machine.next());
    REQUIRE(machine.send_response(204, "", {}));
    REQUIRE(machine.next());
    CHECK(machine.receiving() == Receiving::idle);
    const auto events = machine.receive({});
    REQUIRE(events.size() == 3);
    CHECK(machine.request_head(events[0]).headers.first("host") == "a");
    CHECK(events[1].type == Event::Type::end);
    CHECK(events[2].type == Event::Type::closed);
    CHECK(machine.send_response(204, "", {}));
    CHECK_FALSE(machine.next());
}

TEST_CASE("Bytes are kept in order while earlier ones are held back") {
    Machine machine(Role::server);
    const std::string request = get + "Host: h\r\n\r\n";
    (void)machine.receive(as_bytes(request + request.substr(0, 5)));
    CHECK(machine.receive(as_bytes(request.substr(5))).empty());
    CHECK(machine.receive(as_bytes(request)).empty());
    CHECK(machine.held_back() == 2 * request.size());
    for (int i = 0; i < 2; ++i) {
        REQUIRE(machine.send_response(204, "", {}));
        REQUIRE(machine.next());
        CHECK(machine.receive({}).size() == 2);
    }
    CHECK(machine.held_back() == 0);
}

TEST_CASE("Upgrade and CONNECT in the server role") {
    const std::string upgrade = get + "Host: h\r\nConnection: x, Upgrade\r\nUpgrade: ws\r\n\r\n";
    const std::string shown = "head GET / 1.1 | Host: h, Connection: x, Upgrade, Upgrade: ws\nend keep-alive\n";
    check({
        {upgrade + "\x81raw", shown + "upgrade\ndata \\x81raw\n"},
        {upgrade, shown + "upgrade\nclosed\n", true},
        {"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n\x16\x03",
         "head CONNECT h:443 1.1 | Host: h:443\nend keep-alive\nupgrade\ndata \\x16\\x03\n"},
        {"CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nContent-Length: 0\r\n\r\n",
         "head CONNECT [::1]:443 1.1 | Host: [::1]:443, Content-Length: 0\nend keep-alive\nupgrade\n"},
        {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", error("bad_content_length", 33)},
        {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", error("bad_transfer_encoding", 33)},
        {get + "Host: h\r\nConnection: \"x, upgrade, y\"\r\nUpgrade: ws\r\n\r\nraw",
         "head GET / 1.1 | Host: h, Connection: \"x, upgrade, y\", Upgrade: ws\nend keep-alive\nupgrade\ndata raw\n"},
        // Upgrade without "upgrade" in Connection is no question, nor in HTTP/1.0.
        {get + "Host: h\r\nConnection: notupgrade\r\nUpgrade: ws\r\n\r\n" + get + "Host: h\r\n\r\n",
         "head GET / 1.1 | Host: h, Connection: notupgrade, Upgrade: ws\nend keep-alive\n"
         "head GET / 1.1 | Host: h\nend keep-alive\n"},
    });

    SECTION("a request with a body is read to its end first") {
        const std::string body = upgrade.substr(0, upgrade.size() - 2) + "Content-Length: 2\r\n\r\nhiRAW";
        CHECK(trace_every_split(serving(), body) ==
              "head GET / 1.1 | Host: h, Connection: x, Upgrade, Upgrade: ws, Content-Length: 2\ndata hi\n"
              "end keep-alive\nupgrade\ndata RAW\n");
    }
    SECTION("refusing it goes on in HTTP") {
        Script script = serving();
        script.switches = false;
        CHECK(trace_every_split(script, upgrade + get + "Host: h\r\n\r\n") ==
              shown + "head GET / 1.1 | Host: h\nend keep-alive\n");
    }
}

TEST_CASE("Request lines that are not request lines") {
    const auto broken = [](const std::string& line, std::string_view code) {
        return Row{line + "\r\nHost: h\r\n\r\n", error(code)};
    };
    check({
        broken("GET /", "http_0_9"),
        broken("GET http://h/x", "http_0_9"),
        broken("POST /", "bad_start_line"),
        broken("get /", "bad_start_line"),
        broken("GET", "bad_start_line"),
        broken("GET ", "bad_start_line"),
        broken("GET  / HTTP/1.1", "bad_start_line"),
        broken("GET /  HTTP/1.1", "bad_start_line"),
        broken("GET / HTTP/1.1 ", "bad_start_line"),
        broken("GET /a b HTTP/1.1", "bad_start_line"),
        broken("GET\t/\tHTTP/1.1", "bad_start_line"),
        broken(" GET / HTTP/1.1", "bad_start_line"),
        broken("G(T / HTTP/1.1", "bad_start_line"),
        broken("GET / HTTP/1.1\t", "bad_start_line"),
        broken("G\0T / HTTP/1.1"s, "bad_start_line"),
        broken("GET / HTTP/2.0", "bad_version"),
        broken("GET / HTTP/0.9", "bad_version"),
        broken("GET / http/1.1", "bad_start_line"),
        broken("GET / HTTP/1.10", "bad_version"),
        broken("GET / HTTP/1,1", "bad_version"),
        broken("GET / FTP/1.1", "bad_start_line"),
        broken("GET / HTTP", "bad_start_line"),
        broken("GET / HTTP/", "bad_version"),
        broken("GET / ", "bad_start_line"),
        broken("GET / HTTP/1.\xb2", "bad_version"),
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", error("http2_preface")},
        {"GET / HTTP/1.1\nHost: h\r\n\r\n", error("bad_line_ending")},
        {"\n" + get, error("bad_line_ending")},
        {"\r\n\n" + get, error("bad_line_ending", 2)},
        {"GET /\rHTTP/1.1\r\n", error("bad_line_ending")},
        {"\r" + get, error("bad_line_ending")},
        {"\x16\x03\x01\x02", error("bad_start_line")},
        {"{", error("bad_start_line")},
    });
}

TEST_CASE("Each form of target belongs to some methods") {
    const auto good = [](const std::string& method, const std::string& target) {
        return Row{method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n",
                   "head " + method + " " + target + " 1.1 | Host: h\nend keep-alive\n" +
                       (method == "CONNECT" ? "upgrade\n" : "")};
    };
    const auto bad = [](const std::string& method, const std::string& target) {
        return Row{method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n", error("bad_request_target")};
    };
    check({
        good("GET", "/"),
        good("GET", "//a/../b?c=%20&d=[]|\"<>^`{}\\"),
        good("GET", "http://h/x?y"),
        good("GET", "ws+x-1.0://h"),
        good("OPTIONS", "*"),
        good("OPTIONS", "/x"),
        good("CONNECT", "h:1"),
        good("CONNECT", "[2001:db8::1]:443"),
        good("CONNECT", "user%40h:443"),
        bad("GET", "*"),
        bad("GET", "h:443"),
        bad("GET", "x"),
        bad("GET", "http:/x"),
        bad("GET", "http:///x"),
        bad("GET", "http://"),
        bad("GET", "1http://h/"),
        bad("GET", "ht_tp://h/"),
        bad("GET", "?a"),
        bad("GET", "/a#b"),
        bad("GET", "/\x01"),
        bad("GET", "/\x7f"),
        bad("GET", "/\xc3\xa4"),
        bad("GET", "/\0"s),
        bad("OPTIONS", "**"),
        bad("CONNECT", "/"),
        bad("CONNECT", "h"),
        bad("CONNECT", "h:"),
        bad("CONNECT", ":443"),
        bad("CONNECT", "http://h:443"),
        bad("CONNECT", "h:4x"),
        bad("CONNECT", "[::1:443"),
        bad("CONNECT", "u@h:443"),
    });
}

TEST_CASE("Exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0") {
    const auto broken = [](const std::string& fields, std::size_t offset) {
        return Row{get + fields + "\r\n", error("bad_host", offset)};
    };
    const auto good = [](const std::string& host) {
        return Row{get + "Host: " + host + "\r\n\r\n", "head GET / 1.1 | Host: " + host + "\nend keep-alive\n"};
    };
    check({
        {get + "\r\n", error("missing_host")},
        {get + "A: b\r\n\r\n", error("missing_host")},
        {get + "Host: a\r\nHost: a\r\n\r\n", error("repeated_host", 25)},
        {get + "Host: a\r\nHost: a b\r\n\r\n", error("repeated_host", 25)},
        broken("Host: a, b\r\n", 16),
        broken("Host: a b\r\n", 16),
        broken("Host: a/b\r\n", 16),
        broken("Host: u@h\r\n", 16),
        broken("Host: h:x\r\n", 16),
        broken("Host: h:1:2\r\n", 16),
        broken("Host: [::1\r\n", 16),
        broken("Host: [::1]x\r\n", 16),
        broken("Host: \xc3\xa4\r\n", 16),
        broken("A: b\r\nHost: a?b\r\n", 22),
        good(""),
        good("h"),
        good("h:"),
        good("h:80"),
        good("[::1]:80"),
        good("a_b-c.%41"),
        {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", error("repeated_host", 25)},
    });
}

TEST_CASE("Framing that a server must refuse") {
    const auto broken = [](const std::string& fields, std::string_view code, std::size_t offset = 26) {
        return Row{post + fields + "\r\n", error(code, offset)};
    };
    check({
        broken("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "content_length_and_transfer_encoding", 45),
        broken("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "content_length_and_transfer_encoding", 54),
        broken("Transfer-Encoding: gzip\r\n", "bad_transfer_encoding"),
        broken("Transfer-Encoding: chunked123\r\n", "bad_transfer_encoding"),
        broken("Transfer-Encoding: chunked, not\r\n", "bad_transfer_encoding"),
        broken("Transfer-Encoding: chunked, chunked\r\n", "bad_transfer_encoding"),
        broken("Transfer-Encoding: , ,\r\n", "bad_transfer_encoding"),
        broken("Transfer-Encoding:\r\n", "bad_transfer_encoding"),
        broken("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "bad_transfer_encoding", 54),
        broken("Transfer-Encoding: identity\r\n", "bad_transfer_encoding"),
        broken("Content-Length: 5\r\nContent-Length: 5\r\n", "repeated_content_length", 45),
        broken("Content-Length: 5,5\r\n", "repeated_content_length"),
        broken("Content-Length: x\r\n", "bad_content_length"),
        broken("A: b\r\n c\r\n", "obsolete_line_folding", 32),
        broken("A : b\r\n", "bad_header_name"),
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", error("bad_transfer_encoding", 17)},
    });
}

TEST_CASE("The end of the connection, seen by a server") {
    check({
        {"", "closed\n", true},
        {"\r\n", "closed\n", true},
        {"\r", "closed\n", true},
        {"\r\n\r", "closed\n", true},
        {"\rG", error("truncated_head"), true},
        {"\r\n\rG", error("truncated_head", 2), true},
        {"G", error("truncated_head"), true},
        {get, error("truncated_head", get.size()), true},
        {post + "Content-Length: 5\r\n\r\nhi", posted + ", Content-Length: 5\ndata hi\n" + error("truncated_body", 49),
         true},
    });
}

TEST_CASE("The status to answer a broken request with") {
    CHECK(status_of("GET / HTTP/2.0\r\n") == 505);
    CHECK(status_of("GET / HTTP/0.9\r\n") == 505);
    CHECK(status_of("GET / HTTP/1.10\r\n") == 400);
    CHECK(status_of("GET / FTP/1.1\r\n") == 400);
    CHECK(status_of("POST /\r\n") == 400);
    CHECK(status_of("GET /\r\n") == 505);
    CHECK(status_of("PRI * HTTP/2.0\r\n") == 505);
    CHECK(status_of("GET /" + std::string(20000, 'a')) == 414);
    CHECK(status_of(std::string(20000, 'A')) == 501);
    CHECK(status_of(get + "A: " + std::string(200000, 'a')) == 431);
    std::string many;
    for (int i = 0; i < 200; ++i) {
        many += "A: b\r\n";
    }
    CHECK(status_of(get + many) == 431);
    CHECK(status_of(post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20000, 'a')) == 413);
    CHECK(status_of(get + "\r\n") == 400);
    CHECK(status_of("GET * HTTP/1.1\r\n") == 400);
}

TEST_CASE("100-continue, seen by a server") {
    const auto expects = [](const std::string& fields, std::string_view version = "1.1") {
        Machine machine(Role::server);
        (void)machine.receive(as_bytes("POST / HTTP/" + std::string(version) + "\r\nHost: h\r\n" + fields + "\r\n"));
        return machine.expects_continue();
    };
    CHECK(expects("Expect: 100-continue\r\nContent-Length: 1\r\n"));
    CHECK(expects("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n"));
    CHECK_FALSE(expects("Content-Length: 1\r\n"));
    CHECK_FALSE(expects("Expect: 100-continue\r\n"));
    CHECK_FALSE(expects("Expect: 100-continue\r\nContent-Length: 0\r\n"));
    CHECK_FALSE(expects("Expect: something\r\nContent-Length: 1\r\n"));
    CHECK_FALSE(expects("Expect: 100-continue\r\nContent-Length: 1\r\n", "1.0"));

    Machine machine(Role::server);
    (void)machine.receive(as_bytes(post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
    CHECK(machine.expects_continue());
    REQUIRE(machine.send_response(100, "Continue", {}));
    CHECK_FALSE(machine.expects_continue());
    CHECK(machine.sending() == Sending::idle);
    (void)machine.receive(as_bytes("!"));
    CHECK(machine.receiving() == Receiving::done);
    CHECK(machine.send_response(204, "No Content", {}));
    CHECK(machine.next());

    // RFC 9110 section 10.1.1: a 100 may be left out once some of the content has come.
    machine = Machine(Role::server);
    (void)machine.receive(as_bytes(post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    CHECK(machine.expects_continue());
    (void)machine.receive(as_bytes("h"));
    CHECK_FALSE(machine.expects_continue());
    machine = Machine(Role::server);
    (void)machine.receive(as_bytes(post + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"));
    CHECK(machine.expects_continue());
    (void)machine.receive(as_bytes("1"));
    CHECK_FALSE(machine.expects_continue());
    machine = Machine(Role::server);
    (void)machine.receive(as_bytes(post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nh"));
    CHECK_FALSE(machine.expects_continue());
}

}  // namespace ferry::http1::test
