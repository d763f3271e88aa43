// A connection's life: exchange after exchange, early answers, errors; and two machines that talk to each other.
#include "tests/unit/http1/trace.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace ferry::http1::test {

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\n";

bool has(std::span<const Event> events, Event::Type type) {
    for (const Event& event : events) {
        if (event.type == type) {
            return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("One machine serves one connection, exchange after exchange") {
    Machine machine(Role::client);
    const Headers host{{"host", "h"}};
    for (int i = 0; i < 3; ++i) {
        CHECK(machine.sending() == Sending::idle);
        CHECK(machine.receiving() == Receiving::idle);
        REQUIRE(machine.send_request("GET", "/", host));
        CHECK_FALSE(machine.next());
        CHECK(machine.receive(as_bytes("HTTP/1.1 200")).empty());
        CHECK(machine.receiving() == Receiving::head);
        CHECK(has(machine.receive(as_bytes(" OK\r\nContent-Length: 3\r\n\r\na")), Event::Type::head));
        CHECK(machine.receiving() == Receiving::body);
        CHECK(machine.body_remaining() == 2);
        CHECK(has(machine.receive(as_bytes("bc")), Event::Type::end));
        CHECK(machine.body_remaining() == std::nullopt);
        CHECK(machine.persistence().keep_alive());
        CHECK(machine.persistence().to_string() == "keep-alive");
        REQUIRE(machine.next());
    }
    CHECK(machine.eof()[0].type == Event::Type::closed);
    CHECK(machine.receiving() == Receiving::closed);
    CHECK(machine.eof().empty());
    CHECK(machine.receive(as_bytes("x")).empty());
    CHECK_FALSE(machine.send_request("GET", "/", host));
}

TEST_CASE("Body bytes are spans of the input") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("GET", "/", {{"host", "h"}}));
    const std::string input = ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    const auto events = machine.receive(as_bytes(input));
    REQUIRE(events.size() == 3);
    CHECK(events[1].type == Event::Type::data);
    CHECK(as_text(events[1].data).data() == input.data() + input.find("hello"));
}

TEST_CASE("An early answer is delivered; the connection persists only if our message gets finished") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("POST", "/", {{"host", "h"}, {"content-length", "4"}}));
    REQUIRE(machine.send_data(as_bytes("ab")));
    CHECK(has(machine.receive(as_bytes("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n")), Event::Type::end));
    CHECK(machine.persistence().to_string() == "our message was not finished");
    CHECK_FALSE(machine.next());
    REQUIRE(machine.send_data(as_bytes("cd")));
    REQUIRE(machine.send_end());
    CHECK(machine.persistence().keep_alive());
    CHECK(machine.next());
}

TEST_CASE("101 before our request is complete is unexpected") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request(
        "POST", "/", {{"host", "h"}, {"content-length", "4"}, {"connection", "upgrade"}, {"upgrade", "x"}}));
    CHECK(has(machine.receive(as_bytes("HTTP/1.1 101 \r\n\r\n")), Event::Type::error));
    CHECK(machine.error().code == Errc::unexpected_upgrade);
}

TEST_CASE("After an error the machine is dead") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("POST", "/", {{"host", "h"}, {"content-length", "4"}}));
    REQUIRE(has(machine.receive(as_bytes("HTTQ")), Event::Type::error));
    CHECK(machine.error().code == Errc::bad_start_line);
    CHECK_FALSE(machine.error().message.empty());
    CHECK(machine.error_offset() == 0);
    CHECK(machine.receiving() == Receiving::failed);
    CHECK(machine.sending() == Sending::failed);
    CHECK(machine.receive(as_bytes(ok)).empty());
    CHECK(machine.eof().empty());
    CHECK_FALSE(machine.next());
    CHECK_FALSE(machine.send_data(as_bytes("x")));
    CHECK(machine.persistence().reasons() == std::vector{CloseReason::failed});
    CHECK(machine.error_offset() == 0);
}

TEST_CASE("The heads of one batch are told apart, and one that is incomplete outlives the batch") {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("GET", "/", {{"host", "h"}}));
    const std::string hints =
        "HTTP/1.1 103 Hints\r\nA: 1\r\n\r\nHTTP/1.1 103 Hints\r\nA: 2\r\n\r\n" + ok + "A: 3\r\nContent-";
    auto events = machine.receive(as_bytes(hints));
    REQUIRE(events.size() == 2);
    CHECK(machine.response_head(events[0]).headers.first("a") == "1");
    ResponseHead second = std::move(machine.response_head(events[1]));
    CHECK(second.headers.first("a") == "2");
    events = machine.receive(as_bytes("Length: 0\r\n\r\n"));
    REQUIRE(events.size() == 2);
    CHECK(machine.response_head(events[0]).status == 200);
    CHECK(machine.response_head(events[0]).headers.get("a") == "3");
    CHECK(machine.response_head(events[0]).headers.size() == 2);
}

TEST_CASE("Every reason that ends a connection has words") {
    Persistence persistence;
    for (int i = 0; i <= static_cast<int>(CloseReason::peer_closed); ++i) {
        const auto reason = static_cast<CloseReason>(i);
        CHECK_FALSE(persistence.has(reason));
        persistence.add(reason);
        CHECK(persistence.has(reason));
        CHECK_FALSE(to_string(reason).empty());
    }
    CHECK(persistence.reasons().size() == static_cast<std::size_t>(CloseReason::peer_closed) + 1);
    CHECK(persistence.to_string().find("; peer sent Connection: close; HTTP/1.0; ") != std::string::npos);
}

TEST_CASE("What one role sends the other reads") {
    struct Exchange {
        std::string method;
        std::string target;
        Headers request;
        std::vector<std::string> upload;
        int status;
        Headers response;
        std::vector<std::string> download;
        Headers trailers;
    };
    const Headers length_five{{"host", "h"}, {"content-length", "5"}};
    const Headers chunked{{"host", "h"}, {"transfer-encoding", "chunked"}};
    const Headers host{{"Host", "h"}, {"X", "\xff"}};
    const std::vector<Exchange> exchanges{
        {"GET", "/", host, {}, 200, {{"content-length", "0"}}, {}, {}},
        {"HEAD", "http://h/x", host, {}, 200, {{"content-length", "7"}}, {}, {}},
        {"POST", "/", length_five, {"he", "", "llo"}, 204, {}, {}, {}},
        {"M-SEARCH",
         "/",
         chunked,
         {"a", std::string(70'000, 'b')},
         200,
         {{"content-length", "3"}},
         {"xyz"},
         {{"A", "b"}}},
        {"PUT", "/", chunked, {}, 200, {{"transfer-encoding", "chunked"}}, {"x", "y"}, {{"A", "b"}, {"C", ""}}},
        {"OPTIONS", "*", host, {}, 304, {{"content-length", "7"}}, {}, {}},
        {"GET", "/", host, {}, 200, {}, {"up to", " the end"}, {}},
    };
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        Machine client(Role::client);
        Machine server(Role::server);
        const auto carry = [&](const std::string& wire, Machine& to) {
            std::string seen;
            const auto note = [&](std::span<const Event> events) {
                for (const Event& event : events) {
                    REQUIRE(event.type != Event::Type::error);
                    if (event.type == Event::Type::data) {
                        seen += as_text(event.data);
                    } else if (event.type == Event::Type::trailers) {
                        seen += "|" + std::string(to.trailers(event).wire());
                    }
                }
            };
            for (std::size_t at = 0; at < wire.size(); at += piece) {
                note(to.receive(as_bytes(std::string_view(wire).substr(at, piece))));
            }
            return seen;
        };
        const auto message = [](Machine& from, Result<ConstBuffer> head, const std::vector<std::string>& body,
                                const Headers& trailers) {
            REQUIRE(head);
            std::string wire(as_text(*head));
            const auto put = [&wire](const Result<Segments>& segments) {
                REQUIRE(segments);
                for (const ConstBuffer& bytes : *segments) {
                    wire += as_text(bytes);
                }
            };
            for (const std::string& data : body) {
                put(from.send_data(as_bytes(data)));
            }
            put(from.send_end(trailers));
            return wire;
        };
        const auto expected = [](const std::vector<std::string>& body, const Headers& trailers) {
            std::string all;
            for (const std::string& data : body) {
                all += data;
            }
            return trailers.empty() ? all : all + "|" + std::string(trailers.wire());
        };
        for (const Exchange& x : exchanges) {
            INFO(x.method << " in pieces of " << piece);
            const bool coded = x.request.contains("transfer-encoding");
            const Headers up = coded ? x.trailers : Headers();
            const std::string request =
                message(client, client.send_request(x.method, x.target, x.request), x.upload, up);
            CHECK(carry(request, server) == expected(x.upload, up));
            REQUIRE(server.receiving() == Receiving::done);

            const Headers down = x.response.contains("transfer-encoding") ? x.trailers : Headers();
            const std::string response =
                message(server, server.send_response(x.status, "Fine", x.response), x.download, down);
            std::string got = carry(response, client);
            if (client.receiving() != Receiving::done) {
                CHECK(has(client.eof(), Event::Type::end));
            }
            CHECK(got == expected(x.download, down));
            CHECK(client.persistence() == server.persistence());
            if (client.persistence().keep_alive()) {
                REQUIRE(client.next());
                REQUIRE(server.next());
            }
        }
    }
}

}  // namespace ferry::http1::test
