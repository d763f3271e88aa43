// The tables of transitions, printed: docs/states/ holds what they print, as a graph for graphviz and as a picture.
//
// FERRY_UPDATE_STATES=1 in the environment writes the files anew.
#include "core/http1/states.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace ferry::http1::test {

namespace {

template <class State>
void print_graph(std::string& out, std::string_view side, std::span<const Transition<State>> rows, Role role) {
    const std::string prefix(side);
    out += "    subgraph cluster_" + prefix + " {\n        label = \"" + prefix + "\";\n";
    // One arrow for each pair of states; its causes are the lines of its label.
    std::map<std::pair<State, State>, std::string> arrows;
    for (const Transition<State>& row : rows) {
        if (!(role == Role::client ? row.client : row.server)) {
            continue;
        }
        std::string& label = arrows[{row.from, row.to}];
        label += label.empty() ? "" : "\\n";
        label += to_string(row.cause);
        if (!row.when.empty()) {
            label += " (" + std::string(row.when) + ")";
        }
    }
    for (const auto& [states, label] : arrows) {
        const auto node = [&](State state) { return prefix + "_" + std::string(to_string(state)); };
        out += "        " + node(states.first) + " -> " + node(states.second) + " [label = \"" + label + "\"];\n";
    }
    out += "    }\n";
}

std::string graph_of(Role role) {
    std::string out = "// Printed by tests/unit/http1/states_test.cpp from core/http1/states.cpp.\n";
    out += "digraph http1_" + std::string(to_string(role)) + " {\n    rankdir = LR;\n";
    print_graph(out, "sending", sending_transitions(), role);
    print_graph(out, "receiving", receiving_transitions(), role);
    out += "}\n";
    return out;
}

// The states of one side stand in a row; what leads on goes above it, what leads back below.
constexpr int column = 190;
constexpr int row_height = 420;

int middle_of(int state) { return 100 + state * column; }

std::string svg_text(int x, int y, std::string_view text, std::string_view more = {}) {
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\"" + std::string(more) + ">" +
           std::string(text) + "</text>\n";
}

template <class State>
void draw(std::string& out, std::string_view side, std::span<const Transition<State>> rows, Role role, State last,
          int y) {
    out += svg_text(20, y - 190, side, " class=\"side\"");
    std::map<std::pair<int, int>, std::string> arrows;
    for (const Transition<State>& row : rows) {
        if (role == Role::client ? row.client : row.server) {
            std::string& label = arrows[{static_cast<int>(row.from), static_cast<int>(row.to)}];
            label += (label.empty() ? "" : ", ") + std::string(to_string(row.cause));
        }
    }
    for (const auto& [states, label] : arrows) {
        const auto [from, to] = states;
        const int distance = to > from ? to - from : from - to;
        const int rise = distance == 0 ? 70 : 40 + 38 * (distance - 1);
        const int apex = from <= to ? y - 18 - rise : y + 18 + rise;
        const int edge = from <= to ? y - 18 : y + 18;
        // A cubic curve reaches three quarters of the way to its control points.
        const int control = edge + (apex - edge) * 4 / 3;
        const int start = middle_of(from) + (distance == 0 ? -14 : from < to ? 16 : -16);
        const int stop = middle_of(to) + (distance == 0 ? 14 : from < to ? -16 : 16);
        const auto point = [](int px, int py) { return std::to_string(px) + "," + std::to_string(py); };
        out += "<path d=\"M" + point(start, edge) + " C" + point(start, control) + " " + point(stop, control) + " " +
               point(stop, edge) + "\"/>\n";
        out += svg_text((start + stop) / 2, apex + (from <= to ? -4 : 14), label);
    }
    for (int state = 0; state <= static_cast<int>(last); ++state) {
        out += "<rect x=\"" + std::to_string(middle_of(state) - 48) + "\" y=\"" + std::to_string(y - 18) +
               "\" width=\"96\" height=\"36\" rx=\"8\"/>\n";
        out += svg_text(middle_of(state), y + 5, to_string(static_cast<State>(state)), " class=\"state\"");
    }
}

std::string picture_of(Role role) {
    const int width = middle_of(static_cast<int>(Receiving::failed)) + 100;
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) + "\" height=\"" +
                      std::to_string(2 * row_height) + "\">\n";
    out +=
        "<!-- Printed by tests/unit/http1/states_test.cpp from core/http1/states.cpp. -->\n"
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
        "orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" class=\"tip\"/></marker></defs>\n"
        "<style>text{font:12px sans-serif;text-anchor:middle}.state{font-weight:bold}"
        ".side{font:bold 16px sans-serif;text-anchor:start}rect{fill:#eef3fb;stroke:#345}"
        "path{fill:none;stroke:#345;marker-end:url(#tip)}.tip{fill:#345;stroke:none}</style>\n"
        "<rect x=\"0\" y=\"0\" width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n";
    draw(out, std::string(to_string(role)) + ": what we send", sending_transitions(), role, Sending::failed, 250);
    draw(out, std::string(to_string(role)) + ": what they send", receiving_transitions(), role, Receiving::failed,
         250 + row_height);
    return out + "</svg>\n";
}

void compare(const std::string& name, const std::string& printed) {
    const std::string path = std::string(FERRY_SOURCE_DIR) + "/docs/states/" + name;
    if (std::getenv("FERRY_UPDATE_STATES") != nullptr) {
        std::ofstream(path, std::ios::binary) << printed;
    }
    std::ifstream file(path, std::ios::binary);
    const std::string stored{std::istreambuf_iterator<char>(file), {}};
    INFO(path);
    CHECK(stored == printed);
}

}  // namespace

TEST_CASE("docs/states shows the tables of transitions") {
    for (const Role role : {Role::client, Role::server}) {
        const std::string name = "http1_" + std::string(to_string(role));
        compare(name + ".dot", graph_of(role));
        compare(name + ".svg", picture_of(role));
    }
}

TEST_CASE("The table gives one state for each legal pair, and nothing for the others") {
    const auto check = [](auto rows, auto last) {
        using State = decltype(last);
        for (const Role role : {Role::client, Role::server}) {
            for (int from = 0; from <= static_cast<int>(last); ++from) {
                for (int cause = 0; cause < static_cast<int>(Cause::count_); ++cause) {
                    int found = 0;
                    State to{};
                    for (const auto& row : rows) {
                        if ((role == Role::client ? row.client : row.server) && row.from == static_cast<State>(from) &&
                            row.cause == static_cast<Cause>(cause)) {
                            ++found;
                            to = row.to;
                        }
                    }
                    CHECK(found <= 1);
                    const auto next = next_state(role, static_cast<State>(from), static_cast<Cause>(cause));
                    CHECK(next.has_value() == (found == 1));
                    CHECK(next.value_or(to) == to);
                }
            }
        }
    };
    check(sending_transitions(), Sending::failed);
    check(receiving_transitions(), Receiving::failed);
}

TEST_CASE("States and causes have names") {
    for (int i = 0; i <= static_cast<int>(Sending::failed); ++i) {
        CHECK_FALSE(to_string(static_cast<Sending>(i)).empty());
    }
    for (int i = 0; i <= static_cast<int>(Receiving::failed); ++i) {
        CHECK_FALSE(to_string(static_cast<Receiving>(i)).empty());
    }
    for (int i = 0; i < static_cast<int>(Cause::count_); ++i) {
        CHECK_FALSE(to_string(static_cast<Cause>(i)).empty());
    }
}

}  // namespace ferry::http1::test
