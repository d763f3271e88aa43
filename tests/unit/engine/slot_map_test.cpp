#include "core/engine/slot_map.hpp"

#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

using namespace ferry;

using Map = SlotMap<std::string, struct TestTag>;

TEST_CASE("an id finds its thing until it is erased, and nothing afterwards") {
    Map map;
    const auto a = map.emplace("a");
    const auto b = map.emplace("b");
    REQUIRE(a != b);
    REQUIRE(*map.get(a) == "a");
    REQUIRE(map.erase(a));
    REQUIRE_FALSE(map.erase(a));
    REQUIRE(map.get(a) == nullptr);
    const auto c = map.emplace("c");
    REQUIRE(c.slot == a.slot);  // slots are dense: the last one freed is used first
    REQUIRE(c.generation == a.generation + 1);
    REQUIRE(map.get(a) == nullptr);
    REQUIRE(*map.get(c) == "c");
    REQUIRE(map.size() == 2);
}

TEST_CASE("the null id and ids from nowhere name nothing") {
    Map map;
    REQUIRE(map.get(Map::Key{}) == nullptr);
    REQUIRE(map.get(Map::Key{1000, 1}) == nullptr);
    const auto a = map.emplace("a");
    REQUIRE(map.get(Map::Key{a.slot, 0}) == nullptr);
    REQUIRE(map.get(Map::Key{a.slot, a.generation + 1}) == nullptr);
    REQUIRE(map.in_slot(a.slot) == map.get(a));
    REQUIRE(map.in_slot(a.slot + 1) == nullptr);
}

TEST_CASE("things stay where they are while others come and go") {
    Map map;
    const auto first = map.emplace("first");
    const std::string* address = map.get(first);
    std::vector<Map::Key> more;
    for (int i = 0; i < 1000; ++i) {
        more.push_back(map.emplace(std::to_string(i)));
    }
    for (std::size_t i = 0; i < more.size(); i += 2) {
        map.erase(more[i]);
    }
    REQUIRE(map.get(first) == address);
    std::size_t seen = 0;
    map.each([&](Map::Key id, const std::string& text) {
        REQUIRE(*map.get(id) == text);
        ++seen;
    });
    REQUIRE(seen == map.size());
    REQUIRE(seen == 501);
}

TEST_CASE("memory that a crowd has needed is given back, and ids stay stale all the same") {
    Map map;
    std::vector<Map::Key> crowd;
    for (int i = 0; i < 1000; ++i) {
        crowd.push_back(map.emplace("one of many"));
    }
    REQUIRE(map.room() >= 1000);
    for (const Map::Key id : crowd) {
        REQUIRE(map.erase(id));
    }
    REQUIRE(map.room() <= 128);
    for (const Map::Key id : crowd) {
        REQUIRE(map.get(id) == nullptr);
        REQUIRE(map.in_slot(id.slot) == nullptr);
    }
    for (const Map::Key id : crowd) {
        const Map::Key again = map.emplace("again");
        REQUIRE(again.generation == 2);
        REQUIRE(map.get(id) == nullptr);
    }
    REQUIRE(map.size() == crowd.size());
}

TEST_CASE("what comes and goes by turns keeps its memory") {
    Map map;
    for (int i = 0; i < 3; ++i) {
        const Map::Key id = map.emplace("alone");
        REQUIRE(map.room() == 32);
        map.erase(id);
        REQUIRE(map.room() == 32);
    }
}

TEST_CASE("slots that were given back leave no id behind that could name what comes later") {
    Map map;
    std::vector<Map::Key> crowd;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 100; ++i) {
            crowd.push_back(map.emplace("one of many"));
        }
        for (std::size_t i = crowd.size() - 100; i < crowd.size(); ++i) {
            REQUIRE(map.erase(crowd[i]));
        }
        map.give_back();
        REQUIRE(map.slots() == 0);
        REQUIRE(map.room() == 0);
    }
    for (const Map::Key id : crowd) {
        REQUIRE(map.get(id) == nullptr);
    }
    std::vector<Map::Key> later;
    for (int i = 0; i < 200; ++i) {
        later.push_back(map.emplace("later"));
    }
    for (const Map::Key id : crowd) {
        REQUIRE(map.get(id) == nullptr);
        REQUIRE_FALSE(map.erase(id));
    }
    map.give_back();  // things live: nothing happens
    for (const Map::Key id : later) {
        REQUIRE(*map.get(id) == "later");
    }
}
