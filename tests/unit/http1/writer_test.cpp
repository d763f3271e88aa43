// What a Machine sends, and what it refuses to send. A refusal changes nothing.
#include <ferry/http1.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace std::string_literals;

namespace ferry::http1::test {

namespace {

std::string text(const Result<ConstBuffer>& bytes) { return bytes ? std::string(as_text(*bytes)) : "refused"; }

std::string text(const Result<Segments>& segments) {
    std::string all;
    if (!segments) {
        return "refused";
    }
    for (const ConstBuffer& piece : *segments) {
        all += as_text(piece);
    }
    return all;
}

Machine serving(std::string_view request) {
    Machine machine(Role::server);
    (void)machine.receive(as_bytes(request));
    return machine;
}

const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("A request is written as it was given") {
    Machine machine(Role::client);
    CHECK(text(machine.send_request("GET", "/a?b", {{"Host", "h"}, {"X-a", ""}, {"x-A", "\xff b"}})) ==
          "GET /a?b HTTP/1.1\r\nHost: h\r\nX-a: \r\nx-A: \xff b\r\n\r\n");
    CHECK(machine.sending() == Sending::done);
    CHECK(text(machine.send_end()).empty());
    CHECK(text(machine.send_data({})).empty());
    CHECK(text(machine.send_data(as_bytes("x"))) == "refused");
    CHECK(text(machine.send_request("GET", "/", {{"Host", "h"}})) == "refused");
}

TEST_CASE("A body with Content-Length is neither longer nor shorter") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("POST", "/", {{"host", "h"}, {"content-length", "5"}}));
    CHECK(machine.sending() == Sending::body);
    CHECK(machine.send_end().error().code == Errc::invalid_body);
    CHECK(machine.send_data(as_bytes("123456")).error().code == Errc::invalid_body);
    const std::string body = "hel";
    const auto segments = machine.send_data(as_bytes(body));
    REQUIRE(segments);
    REQUIRE(segments->count == 1);
    CHECK(segments->pieces[0].data() == as_bytes(body).data());
    CHECK(text(machine.send_data(as_bytes("lo!"))) == "refused");
    CHECK(text(machine.send_data(as_bytes("lo"))) == "lo");
    CHECK(machine.sending() == Sending::done);  // Nothing can follow.
    CHECK(machine.send_end({{"x", "y"}}).error().code == Errc::invalid_body);
    CHECK(text(machine.send_data({})).empty());
    CHECK(machine.send_data(as_bytes("x")).error().code == Errc::invalid_body);
    CHECK(text(machine.send_end()).empty());
    CHECK(machine.sending() == Sending::done);
}

TEST_CASE("A Content-Length of 0 ends with the head") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("POST", "/", {{"host", "h"}, {"content-length", "0"}}));
    CHECK(machine.sending() == Sending::done);
    CHECK(machine.send_data(as_bytes("x")).error().code == Errc::invalid_body);
    CHECK(text(machine.send_end()).empty());
}

TEST_CASE("An answer right behind the last byte of a known length leaves the connection reusable") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("POST", "/", {{"host", "h"}, {"content-length", "2"}}));
    CHECK(text(machine.send_data(as_bytes("hi"))) == "hi");
    (void)machine.receive(as_bytes("HTTP/1.1 204 No Content\r\n\r\n"));
    CHECK(machine.persistence().to_string() == "keep-alive");
    CHECK(machine.next());
}

TEST_CASE("A chunked body is framed around the caller's bytes") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("POST", "/", {{"host", "h"}, {"transfer-encoding", "chunked"}}));
    const std::string body(300, 'x');
    const auto segments = machine.send_data(as_bytes(body));
    REQUIRE(segments);
    REQUIRE(segments->count == 3);
    CHECK(as_text(segments->pieces[0]) == "12c\r\n");
    CHECK(segments->pieces[1].data() == as_bytes(body).data());
    CHECK(as_text(segments->pieces[2]) == "\r\n");
    CHECK(text(machine.send_data({})).empty());
    for (const std::string_view name : {"Content-Length",
                                        "transfer-encoding",
                                        "Host",
                                        "Trailer",
                                        "Connection",
                                        "TE",
                                        "Content-Type",
                                        "Content-Encoding",
                                        "Expect",
                                        "Keep-Alive",
                                        "Upgrade",
                                        "Content-Range",
                                        "Authorization",
                                        "Proxy-Authenticate",
                                        "Cache-Control",
                                        "Set-Cookie",
                                        "Cookie",
                                        "Range",
                                        "If-Match",
                                        "Max-Forwards",
                                        "Age",
                                        "Expires",
                                        "Date",
                                        "location",
                                        "Retry-After",
                                        "VARY",
                                        "Proxy-Connection"}) {
        CHECK(machine.send_end({{name, "1"}}).error().code == Errc::invalid_header);
    }
    CHECK(machine.send_end({{"A b", "1"}}).error().code == Errc::invalid_header);
    CHECK(machine.sending() == Sending::body);
    CHECK(text(machine.send_end({{"ETag", "\"b\""}})) == "0\r\nETag: \"b\"\r\n\r\n");
    CHECK(machine.sending() == Sending::done);
}

TEST_CASE("What must not be sent in a request is refused") {
    struct Row {
        std::string method;
        std::string target;
        Headers headers;
        Errc code;
    };
    const Headers host{{"Host", "h"}};
    const std::vector<Row> rows{
        {"", "/", host, Errc::invalid_method},
        {"G ET", "/", host, Errc::invalid_method},
        {"GET\r\n", "/", host, Errc::invalid_method},
        {"G\0T"s, "/", host, Errc::invalid_method},
        {"GET", "", host, Errc::invalid_target},
        {"GET", "/ HTTP/1.1\r\nX: y", host, Errc::invalid_target},
        {"GET", "/a b", host, Errc::invalid_target},
        {"GET", "/\xc3\xa4", host, Errc::invalid_target},
        {"GET", "/\0"s, host, Errc::invalid_target},
        {"GET", "/#a", host, Errc::invalid_target},
        {"GET", "*", host, Errc::invalid_target},
        {"CONNECT", "/", host, Errc::invalid_target},
        {"GET", "/", {}, Errc::invalid_header},
        {"GET", "/", {{"Host", "a"}, {"Host", "a"}}, Errc::invalid_header},
        {"GET", "/", {{"Host", "a b"}}, Errc::invalid_header},
        {"GET", "/", {{"Host", "h"}, {"A", "b\r\nC: d"}}, Errc::invalid_header},
        {"GET", "/", {{"Host", "h"}, {"A", "b\n"}}, Errc::invalid_header},
        {"GET", "/", {{"Host", "h"}, {"A", std::string_view("b\0c", 3)}}, Errc::invalid_header},
        {"GET", "/", {{"Host", "h"}, {"A ", "b"}}, Errc::invalid_header},
        {"GET", "/", {{"Host", "h"}, {"", "b"}}, Errc::invalid_header},
        {"POST", "/", {{"Host", "h"}, {"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}, Errc::invalid_header},
        {"POST", "/", {{"Host", "h"}, {"Content-Length", "1"}, {"Content-Length", "1"}}, Errc::invalid_header},
        {"POST", "/", {{"Host", "h"}, {"Content-Length", "1a"}}, Errc::invalid_header},
        {"POST", "/", {{"Host", "h"}, {"Transfer-Encoding", "gzip"}}, Errc::invalid_header},
        {"CONNECT", "h:1", {{"Host", "h"}, {"Content-Length", "1"}}, Errc::invalid_header},
    };
    for (const Row& row : rows) {
        INFO(row.method << " " << row.target << "\n" << row.headers.wire());
        Machine machine(Role::client);
        const auto sent = machine.send_request(row.method, row.target, row.headers);
        REQUIRE_FALSE(sent);
        CHECK(sent.error().code == row.code);
        CHECK_FALSE(sent.error().message.empty());
        CHECK(machine.sending() == Sending::idle);
        CHECK(machine.send_request("GET", "/", host));
    }
    CHECK(Machine(Role::server).send_request("GET", "/", host).error().code == Errc::invalid_state);
    CHECK(Machine(Role::client).send_response(200, "", {}).error().code == Errc::invalid_state);
    CHECK(Machine(Role::client).send_data({}).error().code == Errc::invalid_state);
    CHECK(Machine(Role::client).send_end().error().code == Errc::invalid_state);
}

TEST_CASE("Responses are framed by their fields, or end with the connection") {
    Machine machine = serving(get);
    CHECK(text(machine.send_response(200, "OK", {{"Content-Length", "2"}})) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    CHECK(text(machine.send_data(as_bytes("hi"))) == "hi");
    CHECK(machine.send_end());
    CHECK(machine.persistence().keep_alive());
    CHECK(machine.next());

    machine = serving(get);
    CHECK(text(machine.send_response(200, "", {})) == "HTTP/1.1 200 \r\n\r\n");
    CHECK(text(machine.send_data(as_bytes("hi"))) == "hi");
    CHECK(machine.send_end());
    CHECK(machine.persistence().to_string() == "body ended with the connection");
    CHECK_FALSE(machine.next());

    machine = serving(get);
    CHECK(machine.send_response(200, "OK", {{"Transfer-Encoding", "chunked"}, {"Connection", "close"}}));
    CHECK(text(machine.send_data(as_bytes("hi"))) == "2\r\nhi\r\n");
    CHECK(text(machine.send_end({{"A", "b"}})) == "0\r\nA: b\r\n\r\n");
    CHECK(machine.persistence().to_string() == "we sent Connection: close");

    machine = serving("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(machine.send_response(200, "OK", {{"Content-Length", "5"}}));
    CHECK(machine.sending() == Sending::done);
    CHECK(text(machine.send_data(as_bytes("hello"))) == "refused");
    CHECK(machine.next());
}

TEST_CASE("An HTTP/1.0 client keeps the connection only if told so") {
    const std::string old = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    Machine machine = serving(old);
    CHECK(machine.send_response(204, "", {}));
    CHECK(machine.persistence().to_string() == "HTTP/1.0");
    machine = serving(old);
    CHECK(machine.send_response(204, "", {{"Connection", "keep-alive"}}));
    CHECK(machine.persistence().keep_alive());
    machine = serving(old);
    CHECK(machine.send_response(100, "", {}).error().code == Errc::invalid_state);
    CHECK(machine.send_response(200, "", {{"Transfer-Encoding", "chunked"}}).error().code == Errc::invalid_header);
}

TEST_CASE("What must not be sent in a response is refused") {
    const auto code_of = [](int status, std::string_view reason, const Headers& headers,
                            std::string_view request = get) {
        Machine machine = serving(request);
        const auto sent = machine.send_response(status, reason, headers);
        CHECK(machine.sending() == (sent ? machine.sending() : Sending::idle));
        return sent ? std::string("sent") : std::string(name_of(sent.error().code));
    };
    CHECK(code_of(99, "", {}) == "invalid_header");
    CHECK(code_of(1000, "", {}) == "invalid_header");
    CHECK(code_of(200, "a\r\nb", {}) == "invalid_header");
    CHECK(code_of(200, "a\x7f", {}) == "invalid_header");
    CHECK(code_of(200, "a\t\xff", {}) == "sent");
    CHECK(code_of(200, "", {{"A", "b\r"}}) == "invalid_header");
    CHECK(code_of(200, "", {{"Content-Length", "1"}, {"Content-Length", "1"}}) == "invalid_header");
    CHECK(code_of(200, "", {{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}) == "invalid_header");
    CHECK(code_of(204, "", {{"Content-Length", "0"}}) == "invalid_header");
    CHECK(code_of(204, "", {{"Transfer-Encoding", "chunked"}}) == "invalid_header");
    CHECK(code_of(103, "", {{"Content-Length", "0"}}) == "invalid_header");
    CHECK(code_of(304, "", {{"Content-Length", "5"}}) == "sent");
    CHECK(code_of(101, "", {{"Upgrade", "x"}}) == "invalid_state");
    const std::string connect = "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n";
    CHECK(code_of(200, "", {{"Content-Length", "0"}}, connect) == "invalid_header");
    CHECK(code_of(200, "", {}, connect) == "sent");
    CHECK(code_of(403, "", {{"Content-Length", "0"}}, connect) == "sent");

    const std::string upgrade =
        "POST / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\n";
    const Headers agreed{{"Connection", "upgrade"}, {"Upgrade", "x"}};
    CHECK(code_of(101, "", agreed, upgrade) == "invalid_state");  // the request is not complete
    CHECK(code_of(101, "", agreed, upgrade + "!") == "sent");
    CHECK(code_of(101, "", {}, upgrade + "!") == "invalid_header");
    CHECK(code_of(101, "", agreed, "GET / HTTP/1.0\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n") == "invalid_state");

    // An answer before the request: only as the last word.
    CHECK(code_of(408, "", {}, "GET /") == "invalid_state");
    CHECK(code_of(408, "", {{"Connection", "close"}}, "GET /") == "sent");
    CHECK(code_of(400, "", {{"Content-Length", "0"}}, "GET /\r\n") == "sent");
}

TEST_CASE("A machine can be moved, and works on") {
    Machine one(Role::client);
    REQUIRE(one.send_request("GET", "/", {{"host", "h"}}));
    (void)one.receive(as_bytes("HTTP/1.1 200 OK\r\nContent-Le"));
    Machine two = std::move(one);
    const auto events = two.receive(as_bytes("ngth: 2\r\n\r\nhi"));
    REQUIRE(events.size() == 3);
    CHECK(two.response_head(events[0]).headers.first("content-length") == "2");
    CHECK(as_text(events[1].data) == "hi");
}

}  // namespace ferry::http1::test
