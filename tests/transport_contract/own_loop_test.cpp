// The loop of examples/own_loop.cpp keeps the transport contract.
#define OWN_LOOP_NO_MAIN
#include "examples/own_loop.cpp"
#include "tests/transport_contract/catch.hpp"
#include "tests/transport_contract/socket_bench.hpp"

#include <memory>

namespace ferry::contract {

namespace {

class OwnLoopBench final : public SocketBench {
public:
    void create(Facts& facts) override {
        loop_ = std::make_unique<OwnLoop>();
        loop_->attach(facts);
    }
    Transport& transport() override { return *loop_; }
    void destroy() override { loop_.reset(); }
    void run_once(std::optional<Duration> limit) override { loop_->run_once(limit); }

    std::optional<Endpoint> listen_local() override { return std::nullopt; }  // It has none.
    bool heeds_options() const override { return false; }
    // Both are answered without a name server. A slow lookup would hold the loop up: it says so.
    std::string good_host() override { return "127.0.0.1"; }
    std::string bad_host() override { return std::string(300, 'x'); }

private:
    std::unique_ptr<OwnLoop> loop_;
};

}  // namespace

TEST_CASE("the loop of examples/own_loop.cpp keeps the contract") { check_clauses<OwnLoopBench>(); }

}  // namespace ferry::contract
