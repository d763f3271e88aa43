#include <ferry/headers.hpp>

#include "core/message/judged_fields.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using ferry::Field;
using ferry::Headers;
using ferry::JudgedFields;
using ferry::KnownField;

namespace {

// What Headers must behave like: the most naive list there is.
struct Model {
    std::vector<std::pair<std::string, std::string>> lines;

    void add(std::string_view name, std::string_view value) { lines.emplace_back(name, value); }

    std::size_t erase(std::string_view name) {
        const auto same = [name](const auto& line) { return ferry::same_name(line.first, name); };
        return std::erase_if(lines, same);
    }

    void set(std::string_view name, std::string_view value) {
        const auto same = [name](const auto& line) { return ferry::same_name(line.first, name); };
        const auto first = std::find_if(lines.begin(), lines.end(), same);
        if (first == lines.end()) {
            return add(name, value);
        }
        *first = {std::string(name), std::string(value)};
        lines.erase(std::remove_if(first + 1, lines.end(), same), lines.end());
    }

    void merge(const Model& other) {
        for (const auto& line : other.lines) {
            erase(line.first);
        }
        lines.insert(lines.end(), other.lines.begin(), other.lines.end());
    }
};

constexpr const char* names[] = {"Connection",   "content-length",
                                 "Content-Type", "CONTENT-ENCODING",
                                 "expect",       "Host",
                                 "keep-alive",   "Location",
                                 "TE",           "te",
                                 "Trailer",      "transfer-encoding",
                                 "Upgrade",      "X-A",
                                 "x-a",          "X-B",
                                 "Accept",       "x-c",
                                 "Set-Cookie",   "HOST",
                                 "connection"};

void check_same(const Headers& headers, const Model& model) {
    REQUIRE(headers.size() == model.lines.size());
    REQUIRE(headers.empty() == model.lines.empty());
    std::string wire;
    std::size_t index = 0;
    for (const Field field : headers) {
        const auto& [name, value] = model.lines[index];
        REQUIRE(field.name == name);
        REQUIRE(field.value == value);
        REQUIRE(headers[index] == field);
        REQUIRE(headers.known(index) == ferry::known_field(name));
        wire += name + ": " + value + "\r\n";
        ++index;
    }
    REQUIRE(headers.wire() == wire);

    for (std::size_t k = 1; k < static_cast<std::size_t>(KnownField::count_); ++k) {
        const auto field = static_cast<KnownField>(k);
        const auto same = [field](const auto& line) { return ferry::known_field(line.first) == field; };
        const auto first = std::find_if(model.lines.begin(), model.lines.end(), same);
        const auto count = std::count_if(model.lines.begin(), model.lines.end(), same);
        REQUIRE(headers.count(field) == static_cast<std::size_t>(std::min<std::ptrdiff_t>(count, 255)));
        REQUIRE(headers.first(field).has_value() == (first != model.lines.end()));
        if (first != model.lines.end()) {
            REQUIRE(*headers.first(field) == first->second);
        }
    }
    for (const char* name : names) {
        std::vector<std::string> values;
        std::string joined;
        for (const auto& line : model.lines) {
            if (ferry::same_name(line.first, name)) {
                joined += values.empty() ? line.second : ", " + line.second;
                values.push_back(line.second);
            }
        }
        REQUIRE(headers.contains(name) == !values.empty());
        REQUIRE(headers.get_list(name) == values);
        REQUIRE(headers.get(name, "none") == (values.empty() ? "none" : joined));
        REQUIRE(headers.first(name).has_value() == !values.empty());
    }
}

}  // namespace

TEST_CASE("headers behave as a naive list through any sequence of changes") {
    for (unsigned seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto any_name = [&] { return std::string(names[random() % std::size(names)]); };
        const auto any_value = [&] {
            return std::string(random() % (random() % 10 == 0 ? 500 : 12), static_cast<char>('a' + random() % 26));
        };
        Headers headers;
        Model model;
        for (int step = 0; step < 150; ++step) {
            CAPTURE(step);
            const std::string name = any_name();
            const std::string value = any_value();
            const std::size_t some = model.lines.empty() ? 0 : random() % model.lines.size();
            switch (random() % 20) {
                case 0:
                case 1:
                    headers.set(name, value);
                    model.set(name, value);
                    break;
                case 2: REQUIRE(headers.erase(name) == model.erase(name)); break;
                case 3: {
                    Headers other;
                    Model other_model;
                    for (std::size_t i = random() % 4; i > 0; --i) {
                        const std::string other_name = any_name();
                        other.add(other_name, value);
                        other_model.add(other_name, value);
                    }
                    headers.merge(other);
                    model.merge(other_model);
                    break;
                }
                case 4:
                    if (random() % 4 == 0) {
                        headers.clear();
                        model.lines.clear();
                    }
                    break;
                case 5: headers = Headers(headers); break;
                case 6: {
                    Headers moved = std::move(headers);
                    check_same(headers, {});  // NOLINT(bugprone-use-after-move)
                    headers = std::move(moved);
                    check_same(moved, {});  // NOLINT(bugprone-use-after-move)
                    break;
                }
                case 7: headers.reserve(random() % 4, random() % 100); break;
                // Arguments that point into the list itself.
                case 8:
                case 9:
                    if (!model.lines.empty()) {
                        headers.add(headers[some].name, headers[some].value);
                        const auto line = model.lines[some];
                        model.add(line.first, line.second);
                    }
                    break;
                case 10:
                    if (!model.lines.empty()) {
                        headers.set(headers[0].name, headers[some].value);
                        const std::string value_of_some = model.lines[some].second;
                        const std::string name_of_first = model.lines[0].first;
                        model.set(name_of_first, value_of_some);
                    }
                    break;
                case 11:
                    if (!model.lines.empty() && random() % 2 == 0) {
                        const std::string erased = model.lines[some].first;
                        REQUIRE(headers.erase(headers[some].name) == model.erase(erased));
                    }
                    break;
                case 12:
                    headers.add_front(name, value);
                    model.lines.emplace(model.lines.begin(), name, value);
                    break;
                case 13:
                    if (!model.lines.empty()) {
                        headers.add_front(headers[some].name, headers[some].value);
                        const auto line = model.lines[some];
                        model.lines.insert(model.lines.begin(), line);
                    }
                    break;
                case 14: {
                    Headers other;
                    for (std::size_t i = random() % 4; i > 0; --i) {
                        const std::string other_name = any_name();
                        other.add(other_name, value);
                        model.add(other_name, value);
                    }
                    headers.append(other);
                    break;
                }
                case 15:
                    headers.append(headers);
                    model.lines.reserve(model.lines.size() * 2);  // what is inserted stays where it is
                    model.lines.insert(model.lines.end(), model.lines.begin(), model.lines.end());
                    if (model.lines.size() > 200) {
                        headers.clear();
                        model.lines.clear();
                    }
                    break;
                default:
                    headers.add(name, value);
                    model.add(name, value);
                    break;
            }
            check_same(headers, model);
        }
    }
}

TEST_CASE("a line counts as judged only if it was, whatever happens to the list") {
    for (unsigned seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto any_name = [&] { return std::string(names[random() % std::size(names)]); };
        Headers headers;
        const auto judge = [](Headers& list) {  // what is judged is marked, so that it can be told from what is not
            Headers marked;
            for (const Field field : list) {
                marked.add(field.name, "judged");
            }
            JudgedFields::note_all(marked);
            return marked;
        };
        for (int step = 0; step < 150; ++step) {
            CAPTURE(step);
            Headers other{{any_name(), "new"}, {any_name(), "new"}};
            if (random() % 2 == 0) {
                other = judge(other);
            }
            switch (random() % 10) {
                case 0: headers.set(any_name(), "new"); break;
                case 1: headers.erase(any_name()); break;
                case 2: headers.merge(other); break;
                case 3: headers.append(other); break;
                case 4: headers = Headers(headers); break;
                case 5: headers = Headers(std::move(headers)); break;
                case 6: headers.add_front(any_name(), "new"); break;
                case 7: headers.add(any_name(), "new"); break;
                case 8: headers = judge(headers); break;
                default:
                    if (random() % 4 == 0) {
                        headers.clear();
                    }
                    break;
            }
            REQUIRE(JudgedFields::count(headers) <= headers.size());
            for (std::size_t i = 0; i < JudgedFields::count(headers); ++i) {
                REQUIRE(headers[i].value == "judged");
            }
        }
    }
}

TEST_CASE("what was judged stays so where lines are put behind it, and where lists are joined") {
    Headers list{{"a", "1"}, {"b", "2"}};
    CHECK(JudgedFields::count(list) == 0);
    JudgedFields::note_all(list);
    list.add("c", "3");
    CHECK(JudgedFields::count(list) == 2);
    CHECK(JudgedFields::count(Headers(list)) == 2);
    Headers joined{{"d", "4"}};
    JudgedFields::note_all(joined);
    joined.append(list);
    CHECK(JudgedFields::count(joined) == 3);
    CHECK(joined.erase("a") == 1);
    CHECK(JudgedFields::count(joined) == 2);
    Headers front{{"c", "3"}};
    front.append(joined);
    CHECK(JudgedFields::count(front) == 0);
}

TEST_CASE("fields keep their order and the case they were given") {
    const Headers headers{{"Accept", "*/*"}, {"X-Tag", "a"}, {"x-tag", "b"}};
    CHECK(headers.wire() == "Accept: */*\r\nX-Tag: a\r\nx-tag: b\r\n");
    CHECK(headers["X-TAG"] == "a, b");
    CHECK(headers.get("accept") == "*/*");
    CHECK_FALSE(headers.get("none"));
    CHECK(headers.get("none", "default") == "default");
    CHECK(headers.first("X-TAG") == "a");
    CHECK(headers[1].name == "X-Tag");
    CHECK_THROWS_AS(headers["none"], std::out_of_range);
}

TEST_CASE("the error for a missing field names it") {
    const Headers headers;
    try {
        (void)headers["x-missing"];
        FAIL();
    } catch (const std::out_of_range& e) {
        CHECK(std::string(e.what()) == "there is no header field \"x-missing\"");
    }
}

TEST_CASE("lists are split at commas outside quotes") {
    struct Row {
        const char* value;
        std::vector<std::string> members;
    };
    const Row rows[] = {
        {"", {}},
        {" , ,", {}},
        {"a", {"a"}},
        {"a,b , c", {"a", "b", "c"}},
        {"a,,b", {"a", "b"}},
        {R"("x, y", z)", {R"("x, y")", "z"}},
        {R"("x\", y", z)", {R"("x\", y")", "z"}},
        {R"(a="1,2";q=1, b)", {R"(a="1,2";q=1)", "b"}},
        // A quote without an end hides nothing.
        {R"("x, y)", {"\"x", "y"}},
        {R"(a, ", "b)", {"a", R"(", "b)"}},
        {R"("\", a)", {R"("\")", "a"}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        const Headers headers{{"x", row.value}};
        CHECK(headers.get_list("x", true) == row.members);
    }
    CHECK(Headers{{"x", "a, b"}, {"y", "-"}, {"X", "c"}}.get_list("x", true) ==
          std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a value of quotes and backslashes is read in linear time") {
    std::string value;
    for (int i = 0; i < 200'000; ++i) {
        value += "\\\"";
    }
    const Headers headers{{"x", "\"" + value}};
    CHECK(headers.get_list("x", true).size() == 1);
}

TEST_CASE("tokens are found in lists, whole and without case") {
    const Headers headers{{"Connection", "keep-alive, Upgrade"}, {"connection", " close "}, {"x", "close"}};
    CHECK(has_token(headers, "CONNECTION", "upgrade"));
    CHECK(has_token(headers, "connection", "close"));
    CHECK_FALSE(has_token(headers, "connection", "grade"));
    CHECK_FALSE(has_token(headers, "connection", "keep"));
    CHECK_FALSE(has_token(headers, "connection", ""));
    CHECK_FALSE(has_token(Headers{{"connection", "notupgrade"}}, "connection", "upgrade"));
    CHECK_FALSE(has_token(Headers(), "connection", "close"));
    CHECK(has_token(Headers{{"connection", "\", close"}}, "connection", "close"));
    // The options of Connection are tokens; members of other lists may have quoted strings.
    CHECK(has_token(Headers{{"Connection", "\"x, close, y\""}}, "connection", "close"));
    CHECK_FALSE(has_token(Headers{{"Cache-Control", "private=\"x, no-store, y\""}}, "cache-control", "no-store"));
    CHECK(has_token(Headers{{"Cache-Control", "private=\"x, y\", no-store"}}, "cache-control", "no-store"));
}

TEST_CASE("lists are equal when each name has the same values in the same order") {
    const Headers list{{"a", "1"}, {"B", "2"}, {"A", "3"}};
    CHECK(list == Headers{{"a", "1"}, {"B", "2"}, {"A", "3"}});
    CHECK(list == Headers{{"b", "2"}, {"A", "1"}, {"a", "3"}});
    CHECK_FALSE(list == Headers{{"a", "3"}, {"B", "2"}, {"A", "1"}});
    CHECK_FALSE(list == Headers{{"a", "1"}, {"B", "2"}});
    CHECK_FALSE(list == Headers{{"a", "1"}, {"B", "2"}, {"C", "3"}});
    CHECK(Headers() == Headers());
}

TEST_CASE("merging a list into itself changes nothing") {
    Headers headers{{"a", "1"}, {"b", "2"}};
    const Headers& same = headers;
    headers.merge(same);
    CHECK(headers.wire() == "a: 1\r\nb: 2\r\n");
}

TEST_CASE("known fields are found behind 65,535 other lines, and counted to 255") {
    Headers headers;
    for (int i = 0; i < 70'000; ++i) {
        headers.add("x", "");
    }
    CHECK_FALSE(headers.first(KnownField::host));
    headers.add("Host", "far away");
    CHECK(headers.first(KnownField::host) == "far away");
    for (int i = 0; i < 300; ++i) {
        headers.add("te", std::to_string(i));
    }
    CHECK(headers.count(KnownField::te) == 255);
    CHECK(headers.first(KnownField::te) == "0");
    CHECK(headers.erase("x") == 70'000);
    CHECK(headers.first(KnownField::host) == "far away");
    CHECK(headers.known(0) == KnownField::host);
    CHECK(headers.erase("te") == 300);
    CHECK(headers.count(KnownField::te) == 0);
}

TEST_CASE("names are limited to 65,535 bytes") {
    Headers headers;
    const std::string name(65'535, 'n');
    headers.add(name, "v");
    CHECK(headers[name] == "v");
    CHECK_THROWS_AS(headers.add(name + "n", "v"), std::length_error);
    CHECK(headers.size() == 1);
}

TEST_CASE("reserved memory is enough for what it was reserved for") {
    Headers headers;
    headers.reserve(20, 400);
    const std::size_t memory = headers.memory();
    const char* const where = headers.wire().data();
    for (int i = 0; i < 20; ++i) {
        headers.add("0123456789", "0123456789");
    }
    CHECK(headers.memory() == memory);
    CHECK(headers.wire().data() == where);
    headers.clear();
    CHECK(headers.memory() == memory);
    constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
    CHECK_THROWS_AS(headers.reserve(huge, 0), std::length_error);
    CHECK_THROWS_AS(headers.reserve(0, huge), std::length_error);
    CHECK_THROWS_AS(headers.reserve(1'000'000'000, 1), std::length_error);
    CHECK(headers.memory() == memory);
}

TEST_CASE("dumps mask secrets and show control bytes") {
    const Headers headers{{"Authorization", "Basic hunter2"}, {"COOKIE", "hunter2"},   {"set-cookie", "hunter2"},
                          {"Proxy-Authorization", "hunter2"}, {"x", "a\r\nforged: b"}, {"y", "plain"}};
    CHECK(headers.dump() ==
          "Authorization: [secure]\n"
          "COOKIE: [secure]\n"
          "set-cookie: [secure]\n"
          "Proxy-Authorization: [secure]\n"
          "x: a\\x0d\\x0aforged: b\n"
          "y: plain\n");
}

TEST_CASE("dumps mask passwords in fields that are URLs, and leave the rest of them as it is") {
    const Headers headers{{"Location", "http://u:hunter2@h/a?b:c@d"},
                          {"location", "http://h:80/a?b=c@d"},
                          {"Content-Location", "//u:hunter2@h/"},
                          {"referer", "http://u:hunter2@h:99999/"},
                          {"LOCATION", "/a:b"}};
    CHECK(headers.dump() ==
          "Location: http://u:[secure]@h/a?b:c@d\n"
          "location: http://h:80/a?b=c@d\n"
          "Content-Location: //u:[secure]@h/\n"
          "referer: http://u:[secure]@h:99999/\n"
          "LOCATION: /a:b\n");
}
