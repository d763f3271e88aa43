#include "tools/fetch/write_out.hpp"

#include "tools/fetch/failure.hpp"
#include "tools/say.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace ferry::tools {
namespace {

[[nodiscard]] std::string seconds(const std::optional<Duration>& time) {
    return fmt::format("{:.6f}", std::chrono::duration<double>(time.value_or(Duration::zero())).count());
}

struct Variable {
    std::string_view name;
    std::string_view meaning;
    std::string (*value)(const Outcome&);
};
constexpr std::array variables{
    Variable{"content_type", "the field Content-Type of the response", [](const Outcome& o) { return o.content_type; }},
    Variable{"errormsg", "why it failed", [](const Outcome& o) { return o.sentence; }},
    Variable{"exitcode", "the exit code of this transfer",
             [](const Outcome& o) { return std::to_string(o.exit_code); }},
    Variable{"http_code", "the status, 000 if there was no response",
             [](const Outcome& o) { return fmt::format("{:03}", o.status); }},
    Variable{"http_version", "1.1, 0 if there was no response",
             [](const Outcome& o) { return o.version.empty() ? std::string("0") : o.version; }},
    Variable{"method", "the method of the request", [](const Outcome& o) { return o.method; }},
    Variable{"num_connects", "connections made for it: 0 if one was reused",
             [](const Outcome& o) { return std::to_string(o.timings.new_connections); }},
    Variable{"response_code", "the same as http_code", [](const Outcome& o) { return fmt::format("{:03}", o.status); }},
    Variable{"size_download", "bytes of the body", [](const Outcome& o) { return std::to_string(o.downloaded); }},
    Variable{"size_upload", "bytes of the request's body that were sent, without the framing of chunks",
             [](const Outcome& o) { return std::to_string(o.uploaded); }},
    Variable{"time_connect", "seconds until the connection was made",
             [](const Outcome& o) { return seconds(o.timings.connect); }},
    Variable{"time_namelookup", "seconds until the name was resolved",
             [](const Outcome& o) { return seconds(o.timings.namelookup); }},
    Variable{"time_starttransfer", "seconds until the first byte of the response",
             [](const Outcome& o) { return seconds(o.timings.starttransfer); }},
    Variable{"time_total", "seconds until the last", [](const Outcome& o) { return seconds(o.timings.total); }},
    Variable{"url", "the URL", [](const Outcome& o) { return o.url; }},
    Variable{"url_effective", "the same, as nothing is redirected", [](const Outcome& o) { return o.url; }},
};

[[nodiscard]] std::optional<std::size_t> find_variable(std::string_view name) {
    const auto* const found = std::ranges::find(variables, name, &Variable::name);
    if (found == variables.end()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - variables.begin());
}

}  // namespace

WriteOut::WriteOut(std::string_view format) {
    for (std::size_t i = 0; i < format.size(); ++i) {
        const std::string_view rest = format.substr(i);
        if (rest.starts_with("%{")) {
            const auto end = rest.find('}');
            if (end == std::string_view::npos) {
                throw FetchFailure(exit_code::usage, fmt::format("-w: '{}' has no closing brace", rest));
            }
            const std::string_view name = rest.substr(2, end - 2);
            if (const auto variable = find_variable(name)) {
                pieces_.push_back({{}, *variable});
            } else {
                say("ferry: -w: there is no variable '{}'\n", name);  // As curl, which goes on without it.
            }
            i += end;
        } else if (rest.starts_with("%%")) {
            add_text('%');
            ++i;
        } else if (rest.starts_with("\\n") || rest.starts_with("\\r") || rest.starts_with("\\t") ||
                   rest.starts_with("\\\\")) {
            add_text(rest[1] == 'n' ? '\n' : rest[1] == 'r' ? '\r' : rest[1] == 't' ? '\t' : '\\');
            ++i;
        } else {
            add_text(rest.front());
        }
    }
}

void WriteOut::add_text(char c) {
    if (pieces_.empty() || pieces_.back().text.empty()) {
        pieces_.push_back({});
    }
    pieces_.back().text += c;
}

std::string WriteOut::apply(const Outcome& outcome) const {
    std::string text;
    for (const Piece& piece : pieces_) {
        text += piece.text.empty() ? variables[piece.variable].value(outcome) : piece.text;
    }
    return text;
}

std::string WriteOut::help() {
    std::string text;
    for (const Variable& variable : variables) {
        text += fmt::format("  %{{{}}}{:{}}{}\n", variable.name, "", 20 - variable.name.size(), variable.meaning);
    }
    return text;
}

}  // namespace ferry::tools
