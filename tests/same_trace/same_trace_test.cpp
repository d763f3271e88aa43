// The engine says the same on every transport: the record of each scenario on our own loop is the measure of the others.
#include "tests/same_trace/scenarios.hpp"
#include "tests/transport_contract/loop_bench.hpp"
#ifdef FERRY_HAS_ASIO
#include "tests/transport_contract/asio_bench.hpp"
#endif
#ifdef FERRY_HAS_UV
#include "tests/transport_contract/uv_bench.hpp"
#endif

#include <catch2/catch_test_macros.hpp>

#include <string>

using namespace ferry;
using same_trace::Scenario;

namespace {

std::string on_our_loop(const Scenario& scenario, loop::PollerKind poller = loop::PollerKind::epoll) {
    contract::LoopBench bench(poller);
    return scenario.play(bench);
}

template <class Bench>
void compare() {
    for (const Scenario& scenario : same_trace::scenarios()) {
        DYNAMIC_SECTION(scenario.name) {
            Bench bench;
            CHECK(scenario.play(bench) == on_our_loop(scenario));
        }
    }
}

}  // namespace

TEST_CASE("there are scenarios enough") { CHECK(same_trace::scenarios().size() >= 20); }

TEST_CASE("our own loop says the same twice, on epoll and on poll(2)") {
    for (const Scenario& scenario : same_trace::scenarios()) {
        DYNAMIC_SECTION(scenario.name) {
            CHECK(on_our_loop(scenario, loop::PollerKind::poll) == on_our_loop(scenario));
        }
    }
}

#ifdef FERRY_HAS_ASIO
TEST_CASE("Asio says the same as our own loop") { compare<contract::AsioBench>(); }
#endif

#ifdef FERRY_HAS_UV
TEST_CASE("libuv says the same as our own loop") { compare<contract::UvBench>(); }
#endif
