// The simulator keeps the transport contract, whatever its network is like.
#include "tests/transport_contract/catch.hpp"
#include "tests/transport_contract/sim_bench.hpp"

namespace ferry::contract {

using namespace std::chrono_literals;
using testing::Link;
using testing::NetworkConfig;

TEST_CASE("the simulator keeps the contract") { check_clauses<SimBench>(NetworkConfig{}, Link{}); }

TEST_CASE("the simulator with completion writes keeps the contract") {
    check_clauses<SimBench>(NetworkConfig{.writes = NetworkConfig::Writes::completion}, Link{.write_delay = 10us});
}

TEST_CASE("the simulator with a slow, uneven network keeps the contract") {
    check_clauses<SimBench>(
        NetworkConfig{.seed = 7},
        Link{.latency = 300us, .jitter = 200us, .max_write = 7'000, .write_pause = 1us, .notice = 5us});
}

TEST_CASE("the simulator with closes answered late keeps the contract") {
    check_clauses<SimBench>(NetworkConfig{.shuffle = true}, Link{.close_delay = 1ms});
}

TEST_CASE("the simulator with closes answered inside the call keeps the contract") {
    check_clauses<SimBench>(NetworkConfig{.batch = true}, Link{.close_delay = std::nullopt});
}

}  // namespace ferry::contract
