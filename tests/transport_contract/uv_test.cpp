// The libuv transport keeps the transport contract.
#include "tests/transport_contract/catch.hpp"
#include "tests/transport_contract/uv_bench.hpp"

namespace ferry::contract {

TEST_CASE("libuv keeps the contract") { check_clauses<UvBench>(); }

}  // namespace ferry::contract
