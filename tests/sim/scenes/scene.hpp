// The scene library: small plays about the engine, as data. tests/sim plays each of them plainly, with its bytes split in
// every way, and with a fault at every fact.
//
// Commands are given at the beginning, after a wait(), or from inside at() and after(): then the watcher knows when.
#pragma once

#include <ferry/testing.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::testing {

using namespace std::chrono_literals;

struct Scene {
    const char* name = "";
    /// How its requests end when nothing goes wrong, in the order of submission: statuses and names of errors.
    const char* outcome = "";
    void (*play)(Session&) = nullptr;
    EngineConfig engine{};
    Capabilities capabilities{.local_sockets = true, .probe = true, .half_close = true};
    bool depends_on_splits = false;  ///< How reads are cut up decides when something happens.
    bool depends_on_clock = false;   ///< So does what its application does at set times.
};

/// All scenes.
[[nodiscard]] const std::vector<Scene>& scenes();

// ── One function a file of scenes ────────────────────────────────────────────────────────────────────────────────

void add_body_scenes(std::vector<Scene>& all);
void add_cancel_scenes(std::vector<Scene>& all);
void add_connect_scenes(std::vector<Scene>& all);
void add_dialling_scenes(std::vector<Scene>& all);
void add_discard_scenes(std::vector<Scene>& all);
void add_drain_scenes(std::vector<Scene>& all);
void add_expect_scenes(std::vector<Scene>& all);
void add_framing_scenes(std::vector<Scene>& all);
void add_queue_scenes(std::vector<Scene>& all);
void add_retry_scenes(std::vector<Scene>& all);
void add_reuse_scenes(std::vector<Scene>& all);
void add_timeout_scenes(std::vector<Scene>& all);
void add_upgrade_scenes(std::vector<Scene>& all);
void add_upload_scenes(std::vector<Scene>& all);

// ── What scenes share ────────────────────────────────────────────────────────────────────────────────────────────

[[nodiscard]] EngineConfig limits(const PoolLimits& limits);
/// An origin that gives the same answer to everybody.
void answer(Session& s, std::string_view place, const Reply& reply);
/// GET whose body comes as events, with a credit window.
[[nodiscard]] Request download(std::string_view url, std::size_t window);
/// A request whose body is written piece by piece.
[[nodiscard]] Request upload(std::string_view method, std::string_view url);
/// GET that asks for another protocol.
[[nodiscard]] Request upgrade(std::string_view url);
/// GET with limits of its own.
[[nodiscard]] Request timed(std::string_view url, const Deadlines& deadlines);
/// Bytes in which no two stretches are alike.
[[nodiscard]] std::string pattern(std::size_t size);
/// Cancels a request later.
void cancel_after(Session& s, Duration delay, RequestId id);

}  // namespace ferry::testing
