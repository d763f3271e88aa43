// Each way to recognise usual field lines, against a model that is as plain as can be, in buffers that end where the input
// does.
#include "core/http1/usual_lines.hpp"
#include "core/http1/usual_lines_sse2.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::http1::test {

namespace {

using Sizes = std::vector<std::pair<std::size_t, std::size_t>>;

struct Taken {
    Sizes lines{};
    std::size_t end = 0;

    friend bool operator==(const Taken&, const Taken&) = default;
};

bool is_name_byte(char c) {
    return std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ").find(c) !=
           std::string_view::npos;
}

bool is_value_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 9 || (byte >= 32 && byte != 127);
}

bool is_white(char c) { return c == ' ' || c == '\t'; }

Taken model(std::string_view bytes, std::size_t most) {
    Taken taken;
    while (taken.lines.size() < most) {
        const std::string_view rest = bytes.substr(taken.end);
        const std::size_t feed = rest.find('\n');
        if (feed == std::string_view::npos || feed == 0 || rest[feed - 1] != '\r') {
            break;
        }
        const std::string_view line = rest.substr(0, feed - 1);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || line.substr(colon, 2) != ": ") {
            break;
        }
        const std::string_view name = line.substr(0, colon);
        const std::string_view value = line.substr(colon + 2);
        if (name.empty() || name.size() > 65535 || !std::all_of(name.begin(), name.end(), is_name_byte) ||
            value.empty() || is_white(value.front()) || is_white(value.back()) ||
            !std::all_of(value.begin(), value.end(), is_value_byte)) {
            break;
        }
        taken.lines.emplace_back(name.size(), value.size());
        taken.end += line.size() + 2;
    }
    return taken;
}

constexpr std::size_t room = 64;

template <class Take>
Taken taken_by(Take take, std::string_view bytes, std::size_t most) {
    std::array<Headers::Line, room> lines{};
    const UsualLines found = take(bytes, std::span(lines.data(), most));
    Taken taken;
    for (std::size_t i = 0; i < found.count; ++i) {
        taken.lines.emplace_back(lines.at(i).name_size, lines.at(i).value_size);
    }
    taken.end = static_cast<std::size_t>(found.end - bytes.data());
    return taken;
}

// Alone in a block of the heap, where a sanitizer sees each read beyond it.
void compare(std::string_view text, std::size_t most = room) {
    const std::unique_ptr<char[]> block(new char[text.size()]);
    std::copy(text.begin(), text.end(), block.get());
    const std::string_view bytes(block.get(), text.size());
    const Taken expected = model(bytes, most);
    const auto same = [&](const char* way, const Taken& taken) {
        if (taken != expected) {
            FAIL(way << " takes " << taken.lines.size() << " lines, " << taken.end << " bytes, where the model takes "
                     << expected.lines.size() << ", " << expected.end << " of "
                     << text.substr(0, std::min<std::size_t>(text.size(), 1000)));
        }
    };
    same("portable", taken_by(portable::take_usual_lines, bytes, most));
#if defined(__SSE2__)
    same("sse2", taken_by(sse2::take_usual_lines, bytes, most));
#endif
    same("the one in use", taken_by(take_usual_lines, bytes, most));
}

// As the last bytes that there are, and with more behind them.
void compare_both(const std::string& text) {
    compare(text);
    compare(text + "Next: 1\r\n\r\n" + std::string(150, 'x'));
}

std::string line(std::size_t name, std::size_t value) {
    return std::string(name, 'n') + ": " + std::string(value, 'v') + "\r\n";
}

const std::string& usual_head() {
    static const std::string head =
        "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        "a: b\r\n"
        "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
        "X-B3-TraceId: 80f198ee56343ba864fe8b2a57d3eff7\r\n"
        "x_under.score!: t\tt\r\n"
        "X-Name: na\xc3\xafve caf\xc3\xa9 \xff\r\n"
        "Access-Control-Allow-Credentials: true\r\n"
        "Access-Control-Allow-Credentials-And-More-Than-That-0: true\r\n"
        "Content-Security-Policy: default-src 'self'; img-src 'self' data: https://img.example; frame-ancestors "
        "'none'\r\n"
        "Content-Length: 0\r\n"
        "\r\n";
    return head;
}

}  // namespace

TEST_CASE("Usual lines are all taken, up to the empty line") {
    const Taken all = model(usual_head(), room);
    CHECK(all.lines.size() == 11);
    CHECK(all.end == usual_head().size() - 2);
    compare_both(usual_head());
}

TEST_CASE("Usual lines with any byte at any place") {
    constexpr std::size_t size = 41;
    const std::string whole = "First: 1\r\n" + line(size, size);
    const std::size_t name = whole.find('n');
    const std::size_t end = whole.size();
    for (std::size_t at = name; at < end; ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string text = whole;
            text[at] = static_cast<char>(byte);
            compare_both(text);
        }
    }
}

TEST_CASE("Usual lines, with names and values of any length") {
    for (std::size_t name = 0; name <= 70; ++name) {
        for (std::size_t value = 0; value <= 70; ++value) {
            compare_both(line(name, value));
        }
    }
    for (const std::size_t size : {95U, 96U, 97U, 98U, 126U, 127U, 128U, 129U, 130U, 255U, 256U, 257U, 4095U, 4096U}) {
        compare_both(line(size, 3));
        compare_both(line(3, size));
        compare_both(line(size, size));
    }
}

TEST_CASE("The longest name of a usual line") {
    for (std::size_t size = longest_field_name - 20; size <= longest_field_name + 20; ++size) {
        compare_both(line(size, 1));
        compare_both("A: 1\r\n" + line(size, 1));
    }
    compare_both(std::string(longest_field_name + 100, 'n'));
}

TEST_CASE("Usual lines, cut off anywhere and begun anywhere") {
    const std::string& head = usual_head();
    for (std::size_t begin = 0; begin <= head.size(); ++begin) {
        for (std::size_t end = begin; end <= head.size(); ++end) {
            compare(std::string_view(head).substr(begin, end - begin));
        }
    }
}

TEST_CASE("No more usual lines are taken than there is room for") {
    for (std::size_t most = 0; most <= 12; ++most) {
        compare(usual_head(), most);
        compare(usual_head() + std::string(150, 'x'), most);
    }
    std::string many;
    for (std::size_t i = 0; i < room + 2; ++i) {
        many += line(i, i + 1);
    }
    compare_both(many);
}

TEST_CASE("Usual lines out of random bytes") {
    constexpr std::string_view pieces[] = {
        ":",    " ",    "\t",          "\r",   "\n", "\r\n", ": ",
        "a",    "Z",    "-",           "0",    "_",  "\"",   std::string_view("\0", 1),
        "\x7f", "\x80", "Name: v\r\n", "\x1f", "~",  "@",    "[",
        "`",    "{",    "\xff"};
    std::mt19937 random(1);
    const auto below = [&](std::size_t size) {
        return std::uniform_int_distribution<std::size_t>(0, size - 1)(random);
    };
    for (int round = 0; round < 20'000; ++round) {
        // Usual ones, into which few or many others are put.
        std::string text;
        for (std::size_t lines = below(5); lines > 0; --lines) {
            text += line(1 + below(20), 1 + below(60));
        }
        for (std::size_t changes = below(4); changes > 0; --changes) {
            text.insert(below(text.size() + 1), pieces[below(std::size(pieces))]);
        }
        text.resize(text.size() + below(100), 'x');
        compare(text);
    }
}

}  // namespace ferry::http1::test
