#include "core/engine/read_memory.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ferry {

namespace {

constexpr std::size_t smallest = 16 * 1024;

ConstBuffer filled(std::span<std::byte> memory, std::size_t size, char with) {
    std::fill_n(memory.begin(), size, static_cast<std::byte>(with));
    return memory.first(size);
}

}  // namespace

TEST_CASE("read memory is one block that grows while reads fill it") {
    ReadMemory memory;
    const std::byte* const first = memory.get().data();
    CHECK(memory.get().size() == smallest);
    memory.note(100);
    CHECK(memory.get().data() == first);
    std::size_t size = smallest;
    for (int i = 0; i < 10; ++i) {
        memory.note(size);
        size = memory.get().size();
    }
    CHECK(size == 256 * 1024);
}

TEST_CASE("a read that fills its memory may have left something") {
    ReadMemory memory;
    const std::span<std::byte> block = memory.get();
    CHECK_FALSE(memory.was_the_end(block));
    CHECK(memory.was_the_end(block.first(block.size() - 1)));
    std::byte other[5000] = {};
    CHECK_FALSE(memory.was_the_end(other));
    CHECK(memory.was_the_end(std::span(other).first(100)));
}

TEST_CASE("what fills most of the read memory is kept without a copy, until nobody keeps it") {
    ReadMemory memory;
    Buffer kept = memory.keep(filled(memory.get(), smallest / 2, 'a'));
    CHECK(kept.is_shared());
    const std::byte* const first = kept.data();
    const std::span<std::byte> next = memory.get();
    CHECK(next.data() != first);
    filled(next, smallest, 'b');
    CHECK(kept.view() == std::string(smallest / 2, 'a'));
    SECTION("then its block is read into again") {
        Buffer copy = kept;
        kept = Buffer();
        const Buffer second = memory.keep(next);
        CHECK(memory.get().data() != first);
        copy = Buffer();
        const Buffer third = memory.keep(memory.get());
        CHECK(memory.get().data() == first);
    }
    SECTION("also if the engine is gone by then") {
        memory = ReadMemory();
        CHECK(kept.view() == std::string(smallest / 2, 'a'));
    }
    SECTION("and if it goes before the next read, there is no second block") {
        const Buffer second = memory.keep(next);
        kept = Buffer();
        CHECK(memory.get().data() == first);
    }
}

TEST_CASE("the blocks of a round serve the next one") {
    ReadMemory memory;
    std::set<const std::byte*> first;
    std::vector<Buffer> round;
    for (int i = 0; i < 4; ++i) {
        round.push_back(memory.keep(filled(memory.get(), smallest, 'a')));
        first.insert(round.back().data());
    }
    (void)memory.get();
    CHECK(first.size() == 4);
    round.clear();
    for (int i = 0; i < 4; ++i) {
        round.push_back(memory.keep(filled(memory.get(), smallest, 'b')));
        CHECK((i == 0 || first.erase(round.back().data()) == 1));
    }
    CHECK(first.size() == 1);
}

TEST_CASE("little, and what lies elsewhere, is copied") {
    ReadMemory memory;
    const std::span<std::byte> block = memory.get();
    CHECK_FALSE(memory.keep(filled(block, smallest / 2 - 1, 'a')).is_shared());
    CHECK_FALSE(memory.keep({}).is_shared());
    const Buffer other(std::string(smallest, 'x'));
    const Buffer kept = memory.keep(other.bytes());
    CHECK_FALSE(kept.is_shared());
    CHECK(kept == other);
    CHECK(memory.get().data() == block.data());
    CHECK(ReadMemory().keep(other.bytes()) == other);
}

TEST_CASE("another thread may let go of what it keeps while reads go on") {
    ReadMemory memory;
    for (int i = 0; i < 200; ++i) {
        Buffer kept = memory.keep(filled(memory.get(), smallest, static_cast<char>('a' + i % 26)));
        std::size_t same = 0;
        std::thread other([&same, i, kept = std::move(kept)] {
            same = static_cast<std::size_t>(
                std::count(kept.data(), kept.data() + kept.size(), static_cast<std::byte>('a' + i % 26)));
        });
        const ConstBuffer next = filled(memory.get(), smallest, '-');
        CHECK(next.size() == smallest);
        other.join();
        CHECK(same == smallest);
    }
}

}  // namespace ferry
