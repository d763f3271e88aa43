// What braces and values become when they are given as .json.
#include <ferry/options.hpp>

#include <nlohmann/json.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace ferry;

namespace {

struct Point {
    int x = 1;
    int y = 2;
};

void to_json(nlohmann::json& json, const Point& point) { json = {{"x", point.x}, {"y", point.y}}; }

std::string text(const Options& options) {
    REQUIRE(options.json.is_set());
    REQUIRE(options.json.fault().empty());
    return std::string(options.json.text());
}

}  // namespace

TEST_CASE("pairs in braces are an object, other lists arrays") {
    CHECK(text({.json = {{"key", "value"}}}) == R"({"key":"value"})");
    CHECK(text({.json = {{"a", 1}, {"b", true}}}) == R"({"a":1,"b":true})");
    CHECK(text({.json = {{"list", {1, 2, 3}}, {"nested", {{"deep", nullptr}}}}}) ==
          R"({"list":[1,2,3],"nested":{"deep":null}})");
    CHECK(text({.json = {1, "two", nullptr, 4.5}}) == R"([1,"two",null,4.5])");
    CHECK(text({.json = {{1, 2}, {3, 4}}}) == "[[1,2],[3,4]]");
    CHECK(text({.json = {5}}) == "[5]");
    CHECK(text({.json = {"one"}}) == R"(["one"])");
}

TEST_CASE("scalars and null") {
    CHECK(text({.json = 5}) == "5");
    CHECK(text({.json = -1.5}) == "-1.5");
    CHECK(text({.json = true}) == "true");
    CHECK(text({.json = nullptr}) == "null");
    CHECK(text({.json = "text"}) == R"("text")");
    CHECK(text({.json = std::string("text")}) == R"("text")");
    CHECK(text({.json = std::numeric_limits<std::uint64_t>::max()}) == "18446744073709551615");
}

TEST_CASE("values of nlohmann's and types that convert") {
    nlohmann::json value = {{"b", 1}};
    CHECK(text({.json = value}) == R"({"b":1})");
    CHECK(text({.json = nlohmann::json::object()}) == "{}");
    CHECK(text({.json = nlohmann::json::array()}) == "[]");
    CHECK(text({.json = nlohmann::json()}) == "null");
    CHECK(text({.json = Point{}}) == R"({"x":1,"y":2})");
    CHECK(text({.json = std::vector<int>{1, 2}}) == "[1,2]");
    CHECK(text({.json = std::map<std::string, int>{{"k", 1}}}) == R"({"k":1})");
    CHECK(text({.json = JsonBody::from_text("{ \"as\": \"is\" }")}) == "{ \"as\": \"is\" }");
}

TEST_CASE("JSON is compact and keeps UTF-8") {
    CHECK(text({.json = {{"naïve", "größe ☃"}}}) == "{\"naïve\":\"größe ☃\"}");
    CHECK(text({.json = {"a\"b\\c\n\x01"}}) == "[\"a\\\"b\\\\c\\n\\u0001\"]");
}

TEST_CASE("unset is not null") {
    CHECK_FALSE(Options().json.is_set());
    CHECK_FALSE(Options{.json = {}}.json.is_set());
    const JsonBody copy = Options{.json = {1}}.json;
    CHECK(copy.text() == "[1]");
}

TEST_CASE("what JSON cannot express is remembered with its place") {
    const auto fault = [](const Options& options) {
        CHECK(options.json.is_set());
        CHECK(options.json.text().empty());
        return options.json.fault();
    };
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(fault({.json = nan}) == "json: the value is NaN, which JSON cannot express");
    CHECK(fault({.json = {{"a", {1, {{"b/c~", -infinity}}}}}}) ==
          "json: the value at /a/1/b~1c~0 is infinite, which JSON cannot express");
    CHECK(fault({.json = {{"k", "\xff"}}}) == "json: the value at /k is not valid UTF-8, which JSON cannot express");
    CHECK(fault({.json = {{"\xc0\x80", 1}}}) ==
          "json: the value has a key that is not valid UTF-8, which JSON cannot express");
    CHECK(fault({.json = nlohmann::json::binary({1})}) == "json: the value is binary, which JSON cannot express");
    CHECK(fault({.json = nlohmann::json::parse("x", nullptr, false)}) ==
          "json: the value was discarded by a parser, which JSON cannot express");
}

TEST_CASE("a value that is nested too deep is a fault, not the end of the program") {
    const auto nested = [](std::size_t levels) {
        nlohmann::json value = nlohmann::json::array();
        for (std::size_t i = 1; i < levels; ++i) {
            nlohmann::json around = nlohmann::json::array();
            around.push_back(std::move(value));
            value = std::move(around);
        }
        return JsonBody(value);
    };
    CHECK(nested(max_json_depth).fault().empty());
    CHECK(nested(max_json_depth).text().size() == 2 * max_json_depth);
    CHECK(nested(max_json_depth + 1).fault() == "json: the value is nested deeper than 1000 levels");
    CHECK(nested(200'000).fault() == "json: the value is nested deeper than 1000 levels");
}
