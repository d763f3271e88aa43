// One performance of a scene: on some kind of network, with something done at one of its facts, and judged.
#pragma once

#include "tests/sim/scenes/scene.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ferry::testing {

/// What a scene is played on.
struct Ground {
    const char* name = "";
    NetworkConfig config{};
    Link link{};
};

/// How a request ended: status or name of the error.
struct Ending {
    std::string name{};
    std::string how{};
    int status = 0;
    std::string body{};
    bool whole = false;  ///< All of it.
};

struct Performance {
    std::uint64_t facts = 0;
    std::vector<std::size_t> open{};  ///< How many requests were open before each fact; in a plain performance.
    std::string outcome{};            ///< As Scene::outcome.
    std::string summary{};            ///< Session::summary().
    std::vector<Ending> endings{};    ///< In the order of submission.
    std::vector<std::string> violations{};
    std::string report{};  ///< If something was violated, or there is a timeline.
};

/// Does something before a fact, and says what becomes of that.
using Interference = std::function<Fault(Session&)>;

/// Plays the scene, interfering before fact number `k`. With `model`, bodies are compared with those of a performance
/// in which nothing went wrong.
[[nodiscard]] Performance perform(const Scene& scene, const Ground& ground, std::uint64_t k = 0,
                                  const Interference& interfere = {}, const Performance* model = nullptr);

}  // namespace ferry::testing
