#include <ferry/buffer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <utility>

using ferry::Buffer;

TEST_CASE("an empty buffer owns nothing") {
    const Buffer buffer;
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == 0);
    CHECK(buffer.view().empty());
    CHECK(Buffer(std::string_view()).capacity() == 0);
}

TEST_CASE("appending grows to twice the capacity, beginning with 256 bytes") {
    Buffer buffer;
    buffer.append("a");
    CHECK(buffer.capacity() == 256);
    buffer.append(std::string(256, 'b'));
    CHECK(buffer.capacity() == 512);
    buffer.append(std::string(10'000, 'c'));
    CHECK(buffer.capacity() == 10'257);
    CHECK(buffer.view() == "a" + std::string(256, 'b') + std::string(10'000, 'c'));
}

TEST_CASE("appending nothing takes no memory") {
    Buffer buffer;
    buffer.append("");
    buffer.append(ferry::ConstBuffer());
    CHECK(buffer.capacity() == 0);
}

TEST_CASE("what is written into prepare() belongs to the buffer after commit()") {
    Buffer buffer("ab");
    const auto space = buffer.prepare(300);
    REQUIRE(space.size() >= 300);
    std::fill_n(space.begin(), 3, std::byte{'x'});
    CHECK(buffer.view() == "ab");
    buffer.commit(3);
    CHECK(buffer.view() == "abxxx");
}

TEST_CASE("reserve never shrinks, clear and truncate keep the memory") {
    Buffer buffer("abc");
    buffer.reserve(1000);
    CHECK(buffer.capacity() == 1000);
    buffer.reserve(10);
    CHECK(buffer.capacity() == 1000);
    CHECK(buffer == "abc");
    buffer.truncate(1);
    CHECK(buffer == "a");
    buffer.clear();
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == 1000);
}

TEST_CASE("copies are independent, moved-from buffers are empty") {
    Buffer first("first");
    Buffer second = first;
    second.append("!");
    CHECK(first == "first");
    CHECK(second == "first!");

    Buffer third = std::move(second);
    CHECK(third == "first!");
    CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
    CHECK(second.capacity() == 0);

    first = third;
    CHECK(first == third);
    Buffer& same = first;
    first = same;
    CHECK(first == "first!");
    first = std::move(same);
    CHECK(first == "first!");
    third = Buffer();
    CHECK(third.empty());
    first = third;
    CHECK(first.empty());
}

TEST_CASE("what cannot be allocated is bad_alloc, and the content stays") {
    Buffer buffer("abc");
    CHECK_THROWS_AS(buffer.reserve(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
    CHECK_THROWS_AS(buffer.prepare(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
    CHECK(buffer == "abc");
}

TEST_CASE("shared memory is not copied, and lives as long as anything that shares it") {
    auto owner = std::make_shared<const std::string>("0123456789");
    const std::weak_ptr<const std::string> memory = owner;
    const void* const begin = owner->data();
    std::optional<Buffer> shared = Buffer::share(ferry::as_bytes(*owner), owner);
    owner.reset();
    Buffer copy;
    copy = *shared;
    Buffer moved = Buffer(*shared);
    shared.reset();
    CHECK(copy.is_shared());
    CHECK(copy.capacity() == 0);
    CHECK(copy == "0123456789");
    CHECK(copy.data() == begin);
    CHECK(moved.data() == begin);
    moved.truncate(3);
    CHECK(moved == "012");
    moved.clear();
    CHECK_FALSE(moved.is_shared());
    CHECK_FALSE(memory.expired());
    copy = Buffer("another");
    CHECK(memory.expired());
}

TEST_CASE("a buffer that shares memory makes a copy before it is changed") {
    const Buffer shared = Buffer::share("0123456789");
    Buffer changed = shared;
    SECTION("by append()") {
        changed.append("ab");
        CHECK(changed == "0123456789ab");
    }
    SECTION("by append(), after truncate()") {
        changed.truncate(2);
        changed.append("ab");
        CHECK(changed == "01ab");
    }
    SECTION("by reserve(), however little") {
        changed.reserve(1);
        CHECK(changed.capacity() == 10);
        CHECK(changed == "0123456789");
    }
    SECTION("through writable()") {
        changed.writable().front() = std::byte{'x'};
        CHECK(changed == "x123456789");
    }
    SECTION("by assignment of what shares nothing") {
        const Buffer own("own");
        changed = own;
        CHECK(changed == "own");
    }
    CHECK_FALSE(changed.is_shared());
    CHECK(shared == "0123456789");
}

TEST_CASE("a buffer is a string in all but its growth") {
    std::mt19937 random(1);
    Buffer buffer;
    std::string model;
    for (int i = 0; i < 2000; ++i) {
        const std::string piece(random() % 300, static_cast<char>('a' + random() % 26));
        switch (random() % 9) {
            case 2:
                buffer = Buffer::share(piece);
                model = piece;
                break;
            case 0:
                buffer.clear();
                model.clear();
                break;
            case 1: {
                const std::size_t kept = random() % (model.size() + 1);
                buffer.truncate(kept);
                model.resize(kept);
                break;
            }
            default:
                buffer.append(piece);
                model += piece;
                break;
        }
        REQUIRE(buffer == model);
        REQUIRE(buffer.str() == model);
    }
}
