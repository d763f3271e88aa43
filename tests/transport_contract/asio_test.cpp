// The Asio transport keeps the transport contract, on a context and on a strand.
#include "tests/transport_contract/asio_bench.hpp"
#include "tests/transport_contract/catch.hpp"

#include <boost/asio/strand.hpp>

namespace ferry::contract {

TEST_CASE("the Asio transport on a context keeps the contract") { check_clauses<AsioBench>(); }

TEST_CASE("the Asio transport on a strand keeps the contract") {
    const AsioBench::MakeExecutor strand = [](::boost::asio::io_context& context) {
        return ::boost::asio::make_strand(context);
    };
    check_clauses<AsioBench>(strand);
}

}  // namespace ferry::contract
