// Plays the life of a client against `ferry serve`, and says in a table how it went: a row a step, a column a transport.
#include "tools/demo/face.hpp"
#include "tools/demo/origin.hpp"
#include "tools/demo/steps.hpp"

#include <ferry/version.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

namespace {

using namespace ferry::tools;

constexpr std::size_t step_width = 42;
constexpr std::size_t cell_width = 44;

[[nodiscard]] bool in_colour() {
    const char* const no_color = std::getenv("NO_COLOR");
    return ::isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
}

// An SGR sequence around `text`, where the terminal wants one.
[[nodiscard]] std::string styled(std::string_view sgr, const std::string& text) {
    return in_colour() ? fmt::format("\033[{}m{}\033[0m", sgr, text) : text;
}

struct Cell {
    bool good = false;
    std::string text{};
};

[[nodiscard]] Cell play(const Step& step, const Stage& stage) {
    try {
        return {true, step.play(stage)};
    } catch (const std::exception& error) {
        return {false, error.what()};
    }
}

// Spaces behind a cell, but none at the end of a line.
[[nodiscard]] std::string padding(const Column& column, std::size_t used) {
    const bool last = &column == &columns.back();
    return std::string(last || used >= cell_width ? 0 : cell_width - used, ' ');
}

void print_head() {
    std::string names = fmt::format(" {:<{}}", "step", step_width);
    std::string line = fmt::format("{:─<{}}", "", step_width + 1);
    for (const Column& column : columns) {
        names += fmt::format("│ {}{}", column.name, padding(column, column.name.size()));
        line += fmt::format("┼{:─<{}}", "", cell_width + 1);
    }
    fmt::print("{}\n{}\n", styled("1", names), line);
}

// True if the step went as it should on all transports.
bool print_row(const Step& step, const std::string& origin) {
    fmt::print(" {:<{}}", step.title, step_width);
    bool good = true;
    for (const Column& column : columns) {
        std::fflush(stdout);
        const Cell cell = play(step, {column, origin});
        const std::string mark = cell.good ? styled("32", "✓") : styled("31", "✗");
        fmt::print("│ {} {}{}", mark, cell.text, padding(column, cell.text.size() + 2));
        good = good && cell.good;
    }
    fmt::print("\n");
    return good;
}

int demonstrate() {
    Origin origin(beside_this_program("ferry"));
    fmt::print("ferry {}, against ferry serve on {}\n\n", FERRY_VERSION, origin.url());
    print_head();
    std::size_t failed = 0;
    for (const Step& step : steps()) {
        failed += print_row(step, origin.url()) ? 0U : 1U;
    }
    fmt::print("\n");
    if (!origin.stop()) {
        fmt::print("{}\n", styled("31", "The server did not end as it should."));
        return 1;
    }
    if (failed > 0) {
        fmt::print("{}\n",
                   styled("31", fmt::format("{} of {} steps did not go as they should.", failed, steps().size())));
        return 1;
    }
    fmt::print("{}\n", styled("32", "All is as it should be."));
    return 0;
}

}  // namespace

int main() {
    try {
        return demonstrate();
    } catch (const std::exception& error) {
        fmt::print(stderr, "ferry-demo: {}\n", error.what());
        return 1;
    }
}
