// What scenarios share: each is played on several kinds of network, and must end the same way on all of them.
#pragma once

#include <ferry/testing.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::scenario {

using namespace std::chrono_literals;
using testing::Cut;
using testing::End;
using testing::Exchange;
using testing::HttpOrigin;
using testing::Link;
using testing::Lookup;
using testing::make_request;
using testing::Network;
using testing::NetworkConfig;
using testing::Reply;
using testing::Script;
using testing::ScriptOrigin;
using testing::Seen;
using testing::Session;
using testing::Split;

/// A kind of network that must make no difference.
struct Kind {
    const char* name = "";
    NetworkConfig config{};
    Split split{};
};

/// Where one performance of a scenario takes place: a session over one kind of network.
class Stage {
public:
    explicit Stage(const Kind& kind) : kind_(kind) {}

    /// Makes the session. Once, at the beginning.
    Session& session();
    Session& session(EngineConfig config);
    Session& session(const PoolLimits& limits);

    /// Network::link() with this kind's splits.
    void link(Link link);
    void link(std::string_view place, Link link);

    /// The kinds of network may differ in how this ends; say in a comment why.
    void may_differ() noexcept { differs_ = true; }
    [[nodiscard]] bool differs() const noexcept { return differs_; }

    [[nodiscard]] const Kind& kind() const noexcept { return kind_; }
    [[nodiscard]] Session* current() noexcept { return session_ ? &*session_ : nullptr; }

private:
    const Kind& kind_;
    bool differs_ = false;
    std::optional<Session> session_;
};

/// Plays a scenario on all kinds of network; checks after each that nothing was violated and nothing is left over, and
/// that all performances had the same outcome.
void play(void (*scenario)(Stage&));

/// A URL's origin that answers every request with 200 and this body.
[[nodiscard]] HttpOrigin::Handler always(std::string body);

/// The origin's reply that takes so long.
[[nodiscard]] HttpOrigin::Handler after(Duration delay, std::string body);

/// GET with limits of its own.
[[nodiscard]] Request get(std::string_view url, const Deadlines& deadlines);
/// GET whose body comes as events.
[[nodiscard]] Request stream(std::string_view url);
/// POST whose body is written piece by piece.
[[nodiscard]] Request upload(std::string_view url);

/// Bytes in which no two stretches are alike.
[[nodiscard]] std::string pattern(std::size_t size);

}  // namespace ferry::scenario

// FERRY_SCENARIO("the sentence") { … stage.session() … }
#define FERRY_SCENARIO_NAME2(number) ferry_scenario_##number
#define FERRY_SCENARIO_NAME(number) FERRY_SCENARIO_NAME2(number)
#define FERRY_SCENARIO_AS(name, sentence)                 \
    static void name(ferry::scenario::Stage& stage);      \
    TEST_CASE(sentence) { ferry::scenario::play(&name); } \
    static void name([[maybe_unused]] ferry::scenario::Stage& stage)
#define FERRY_SCENARIO(sentence) FERRY_SCENARIO_AS(FERRY_SCENARIO_NAME(__COUNTER__), sentence)
