#include "core/exchange/pieces.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>

using ferry::Buffer;
using ferry::Engine;
using ferry::detail::Pieces;

namespace {

ferry::ConstBuffer read(Engine& engine, std::size_t size, char with) {
    const std::span<std::byte> memory = engine.read_buffer({});
    std::fill_n(memory.begin(), size, static_cast<std::byte>(with));
    return memory.first(size);
}

}  // namespace

TEST_CASE("small pieces of a body are put together, large ones stay where they were read") {
    Engine engine;
    Pieces pieces;
    pieces.push(engine, read(engine, 100, 'a'));
    pieces.push(engine, read(engine, 100, 'b'));
    pieces.push(engine, read(engine, 10'000, 'c'));
    Buffer first = pieces.pop();
    CHECK(pieces.empty());
    CHECK(first.view() == std::string(100, 'a') + std::string(100, 'b') + std::string(10'000, 'c'));

    pieces.push(engine, read(engine, 10'000, 'd'));
    pieces.push(engine, read(engine, 10'000, 'e'));
    pieces.push(engine, read(engine, 5, 'f'));
    pieces.push(engine, read(engine, 5, 'g'));
    first = pieces.pop();
    CHECK(first.is_shared());
    CHECK(first.view() == std::string(10'000, 'd'));
    CHECK(pieces.pop().view() == std::string(10'000, 'e'));
    first = pieces.pop();
    CHECK(first == "fffffggggg");
    CHECK(first.capacity() == 10'200);  // As much as was put together before: once, and not in steps.
    CHECK(pieces.empty());
}

TEST_CASE("a reader may take less than a piece") {
    Engine engine;
    Pieces pieces;
    pieces.push(engine, read(engine, 10'000, 'a'));
    pieces.push(engine, ferry::as_bytes("0123456789"));
    std::array<std::byte, 6000> memory{};
    CHECK(pieces.take(memory) == 6000);
    CHECK(pieces.take(memory) == 4000);
    CHECK(pieces.take(std::span(memory).first(4)) == 4);
    CHECK(ferry::as_text(std::span(memory).first(4)) == "0123");
    pieces.push(engine, ferry::as_bytes("ab"));
    pieces.push(engine, ferry::as_bytes("cd"));
    CHECK(pieces.pop() == "456789");
    CHECK(pieces.pop() == "abcd");
    CHECK(pieces.empty());
    pieces.push(engine, ferry::as_bytes("left"));
    CHECK(pieces.take(std::span(memory).first(1)) == 1);
    pieces.clear();
    CHECK(pieces.empty());
    pieces.push(engine, ferry::as_bytes("new"));
    CHECK(pieces.pop() == "new");
}
