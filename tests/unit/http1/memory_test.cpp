// What a peer can make a machine keep: no more than its limits, and nothing of a burst once that is over.
#include <ferry/http1.hpp>

#include <malloc.h>

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

namespace ferry::http1::test {

namespace {

// Bytes taken of the heap; always the same where a sanitizer has one of its own.
std::size_t taken() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

Machine asked() {
    Machine machine(Role::client);
    REQUIRE(machine.send_request("GET", "/", {{"host", "h"}}));
    return machine;
}

constexpr std::size_t burst = std::size_t{8} << 20;
constexpr std::size_t little = std::size_t{16} << 10;

}  // namespace

TEST_CASE("A line is kept no further than its limit") {
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string& before :
         std::vector<std::string>{"HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nA: ", chunked + "1;"}) {
        INFO(before);
        Machine machine = asked();
        (void)machine.receive(as_bytes(before));
        const std::string endless(burst, 'x');
        const std::size_t at_first = taken();
        (void)machine.receive(as_bytes(endless));
        CHECK(machine.receiving() == Receiving::failed);
        CHECK(taken() - at_first < 128 * 1024);
    }
}

TEST_CASE("A burst of events, heads or held bytes leaves nothing behind") {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    SECTION("tiny chunks") {
        Machine machine = asked();
        (void)machine.receive(as_bytes(head));
        const std::size_t at_first = taken();
        {
            std::string chunks;
            while (chunks.size() < 64 * 1024) {
                chunks += "1\r\nx\r\n";
            }
            CHECK(machine.receive(as_bytes(chunks)).size() > 10'000);
        }
        CHECK(machine.receive(as_bytes("0\r\n\r\n")).size() == 1);
        CHECK(taken() - at_first < little);
    }
    SECTION("interim responses") {
        Machine machine = asked();
        const std::size_t at_first = taken();
        {
            std::string hints;
            for (int i = 0; i < 100; ++i) {
                hints += "HTTP/1.1 103 Early Hints\r\nLink: " + std::string(20'000, 'x') + "\r\n\r\n";
            }
            CHECK(machine.receive(as_bytes(hints)).size() == 100);
        }
        CHECK(machine.receive(as_bytes("HTTP/1.1 204 No Content\r\n\r\n")).size() == 2);
        CHECK(taken() - at_first < 8 * little);  // the first head's memory is kept for the next
    }
    SECTION("held bytes") {
        Machine machine(Role::server);
        const std::size_t at_first = taken();
        const std::string request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n";
        {
            const std::string two = request + std::string(4'000'000, 'x') + request + std::string(4'000'000, 'x');
            (void)machine.receive(as_bytes(two));
        }
        CHECK(machine.held_back() > 4'000'000);
        for (int i = 0; i < 2; ++i) {
            REQUIRE(machine.send_response(204, "", {}));
            REQUIRE(machine.next());
            (void)machine.receive({});
        }
        CHECK(taken() - at_first < little);
    }
}

TEST_CASE("Bytes that are held back are not moved for every message") {
    Machine machine(Role::server);
    const std::string request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    constexpr int count = 1000;
    std::string all;
    for (int i = 0; i < count; ++i) {
        all += request;
    }
    auto events = machine.receive(as_bytes(all));
    int moves = 0;
    const char* last = nullptr;
    for (int i = 1; i < count; ++i) {
        REQUIRE(machine.send_response(204, "", {}));
        REQUIRE(machine.next());
        events = machine.receive(as_bytes(request.substr(static_cast<std::size_t>(i) % request.size(), 1)));
        REQUIRE(events.size() == 3);
        const char* const at = as_text(events[1].data).data();
        moves += at <= last ? 1 : 0;
        last = at;
    }
    CHECK(moves < 20);
}

}  // namespace ferry::http1::test
