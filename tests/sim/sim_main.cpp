// The program of scripts/sim: lets storms pass over the engine, one a seed, and tells of the first that broke something.
//
//     ferry-sim --seeds 20000        seeds 0 to 19999
//     ferry-sim --seeds 500 --from 90000
//     ferry-sim --seed 17            that one, with its timeline
#include "tests/sim/storm.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using ferry::testing::StormReport;

struct Arguments {
    std::uint64_t from = 0;
    std::uint64_t seeds = 2'000;
    bool one = false;
    bool good = true;
};

Arguments parse(int argc, char** argv) {
    Arguments arguments;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        const bool known = name == "--seeds" || name == "--seed" || name == "--from";
        if (!known || value.empty() || error != std::errc() || end != value.data() + value.size()) {
            arguments.good = false;
            break;
        }
        (name == "--seeds" ? arguments.seeds : arguments.from) = number;
        arguments.one = arguments.one || name == "--seed";
    }
    return arguments;
}

int show(std::uint64_t seed) {
    const StormReport report = ferry::testing::storm(seed, true);
    std::cout << report.text << "seed " << seed << ": " << report.requests << " requests, " << report.violations.size()
              << " violations\n";
    return report.violations.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = parse(argc, argv);
    if (!arguments.good) {
        std::cerr << "usage: sim [--seeds N] [--from S] | --seed S\n";
        return 2;
    }
    if (arguments.one) {
        return show(arguments.from);
    }
    const auto start = std::chrono::steady_clock::now();
    StormReport sum;
    for (std::uint64_t seed = arguments.from; seed < arguments.from + arguments.seeds; ++seed) {
        const StormReport report = ferry::testing::storm(seed, false);
        if (!report.violations.empty()) {
            show(seed);
            std::cout << "to see it again: scripts/sim --seed " << seed << "\n";
            return 1;
        }
        sum.requests += report.requests;
        for (const auto& [how, count] : report.endings) {
            sum.endings[how] += count;
        }
        sum.facts += report.facts;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    for (const auto& [how, count] : sum.endings) {
        std::cout << how << " " << count << "\n";
    }
    std::cout << arguments.seeds << " seeds, " << sum.requests << " requests, " << sum.facts << " facts, "
              << took.count() << " s: nothing was violated\n";
    return 0;
}
