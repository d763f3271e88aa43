#include "core/engine/out_queue.hpp"

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <random>
#include <string>

using namespace ferry;

namespace {
std::string joined(std::span<const ConstBuffer> pieces) {
    std::string out;
    for (const ConstBuffer& piece : pieces) {
        out += as_text(piece);
    }
    return out;
}
}  // namespace

TEST_CASE("pieces leave in order, whatever part of them was written") {
    OutQueue queue;
    const std::string head = "head ";
    queue.push_borrowed(as_bytes(head));
    queue.push_owned(Buffer("body "));
    queue.push_copy(as_bytes("tail"));
    REQUIRE(queue.size() == 14);
    std::array<ConstBuffer, 8> pieces;
    REQUIRE(queue.gather(pieces) == 3);
    REQUIRE(queue.all_lent());
    REQUIRE(queue.settle(7) == 7);
    REQUIRE_FALSE(queue.lent());
    REQUIRE(queue.gather(pieces) == 2);
    REQUIRE(joined(std::span(pieces).first(2)) == "dy tail");
    REQUIRE(queue.settle(100) == 7);  // never more than was lent
    REQUIRE(queue.empty());
    REQUIRE(queue.gather(pieces) == 0);
}

TEST_CASE("there is one loan at a time, and what is lent does not move") {
    OutQueue queue;
    queue.push_owned(Buffer("first"));
    std::array<ConstBuffer, 1> pieces;
    REQUIRE(queue.gather(pieces) == 1);
    const auto lent = pieces[0];
    std::array<ConstBuffer, 4> again;
    REQUIRE(queue.gather(again) == 0);
    for (int i = 0; i < 1000; ++i) {
        queue.push_owned(Buffer(std::to_string(i)));
    }
    REQUIRE_FALSE(queue.all_lent());
    REQUIRE(as_text(lent) == "first");
    REQUIRE(queue.settle(0) == 0);
    REQUIRE(queue.gather(again) == 4);
    REQUIRE(again[0].data() == lent.data());
}

TEST_CASE("adopted memory lives as long as something may point into it") {
    OutQueue queue;
    Buffer body("a body that a cancelled request has left behind");
    queue.push_borrowed(body.bytes());
    std::array<ConstBuffer, 4> pieces;
    REQUIRE(queue.gather(pieces) == 1);
    queue.adopt(std::move(body));
    REQUIRE(joined(std::span(pieces).first(1)) == "a body that a cancelled request has left behind");
    REQUIRE(queue.settle(2) == 2);
    REQUIRE(queue.gather(pieces) == 1);
    REQUIRE(joined(std::span(pieces).first(1)) == "body that a cancelled request has left behind");
    queue.drop();
    REQUIRE(queue.empty());
    REQUIRE_FALSE(queue.lent());
}

TEST_CASE("a stream that never runs empty does not grow the queue") {
    std::mt19937 random(7);
    OutQueue queue;
    std::string expected;
    std::string got;
    std::array<ConstBuffer, 3> pieces;
    for (int i = 0; i < 5000; ++i) {
        const std::string piece(1 + random() % 20, static_cast<char>('a' + i % 26));
        expected += piece;
        queue.push_owned(Buffer(piece));
        while (queue.size() > 50) {
            const std::size_t count = queue.gather(pieces);
            const std::string lent = joined(std::span(pieces).first(count));
            const std::size_t n = random() % (lent.size() + 1);
            got += lent.substr(0, n);
            REQUIRE(queue.settle(n) == n);
        }
    }
    while (const std::size_t count = queue.gather(pieces)) {
        const std::string lent = joined(std::span(pieces).first(count));
        got += lent;
        queue.settle(lent.size());
    }
    REQUIRE(got == expected);
}
