// The loop keeps the transport contract, on epoll and on poll(2).
#include "tests/transport_contract/catch.hpp"
#include "tests/transport_contract/loop_bench.hpp"

namespace ferry::contract {

TEST_CASE("the loop on epoll keeps the contract") { check_clauses<LoopBench>(loop::PollerKind::epoll); }

TEST_CASE("the loop on poll(2) keeps the contract") { check_clauses<LoopBench>(loop::PollerKind::poll); }

TEST_CASE("the loop on epoll keeps the contract while another thread waits") {
    check_clauses<SharedLoopBench>(loop::PollerKind::epoll);
}

TEST_CASE("the loop on poll(2) keeps the contract while another thread waits") {
    check_clauses<SharedLoopBench>(loop::PollerKind::poll);
}

}  // namespace ferry::contract
