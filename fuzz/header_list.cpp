// Headers against a vector of pairs: the same operations give the same list.
#include "fuzz/target.hpp"

#include <ferry/headers.hpp>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace ferry;
using namespace ferry::fuzz;

using Model = std::vector<std::pair<std::string, std::string>>;

bool named(const std::string& a, std::string_view b) { return same_name(a, b); }

std::size_t erase_from(Model& model, std::string_view name) {
    return std::erase_if(model, [name](const auto& line) { return named(line.first, name); });
}

void check(const Headers& headers, const Model& model) {
    require(headers.size() == model.size(), "another number of lines");
    std::string wire;
    for (std::size_t i = 0; i < model.size(); ++i) {
        require(headers[i] == Field{model[i].first, model[i].second}, "another line " + std::to_string(i));
        require(headers.known(i) == known_field(model[i].first), "another known field");
        wire += model[i].first + ": " + model[i].second + "\r\n";
    }
    require(headers.wire() == wire, "another wire form");
    for (int known = 1; known < static_cast<int>(KnownField::count_); ++known) {
        const auto field = static_cast<KnownField>(known);
        std::size_t count = 0;
        std::string first;
        for (const auto& line : model) {
            if (known_field(line.first) == field && count++ == 0) {
                first = line.second;
            }
        }
        require(headers.count(field) == std::min<std::size_t>(count, 255), "another count");
        require(headers.first(field).has_value() == (count > 0), "a first line without lines");
        require(count == 0 || *headers.first(field) == first, "another first line");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(text_of(data, size));
    constexpr std::string_view names[] = {"Host", "host", "Content-Length", "TE", "a", "A", "Upgrade", "x-y"};
    Headers headers;
    Model model;
    while (!input.empty()) {
        const unsigned what = input.below(10);
        const unsigned pick = input.below(10);
        const std::string name(pick < 8 ? names[pick] : input.text(20));
        switch (what) {
            case 0:
            case 1:
            case 2: {
                const std::string value(input.text(40));
                headers.add(name, value);
                model.emplace_back(name, value);
                break;
            }
            case 3:
            case 4: {
                const std::string value(input.text(40));
                headers.set(name, value);
                const auto first =
                    std::find_if(model.begin(), model.end(), [&](const auto& line) { return named(line.first, name); });
                if (first == model.end()) {
                    model.emplace_back(name, value);
                } else {
                    *first = {name, value};
                    model.erase(std::remove_if(first + 1, model.end(),
                                               [&](const auto& line) { return named(line.first, name); }),
                                model.end());
                }
                break;
            }
            case 5: require(headers.erase(name) == erase_from(model, name), "another number erased"); break;
            case 6: {
                Headers other;
                Model other_model;
                for (unsigned count = input.below(3); count > 0; --count) {
                    const std::string key(names[input.below(8)]);
                    const std::string value(input.text(10));
                    other.add(key, value);
                    other_model.emplace_back(key, value);
                }
                headers.merge(other);
                for (const auto& line : other_model) {
                    erase_from(model, line.first);
                }
                model.insert(model.end(), other_model.begin(), other_model.end());
                break;
            }
            case 7: {
                Headers copy = headers;
                require(copy == headers, "a copy is not equal");
                headers = std::move(copy);
                break;
            }
            case 8: headers.reserve(input.below(50), input.below(200)); break;
            default: {
                std::string joined;
                bool found = false;
                for (const auto& line : model) {
                    if (named(line.first, name)) {
                        joined += (std::exchange(found, true) ? ", " : "") + line.second;
                    }
                }
                require(headers.contains(name) == found, "contains() is wrong");
                require(headers.get(name, "none") == (found ? joined : "none"), "get() is wrong");
                (void)has_token(headers, name, "close");
                (void)headers.get_list(name, true);
                (void)headers.dump();
                break;
            }
        }
        check(headers, model);
    }
    return 0;
}
