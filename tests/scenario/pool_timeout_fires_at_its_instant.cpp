#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("the pool timeout fires at its instant, and the busy connection does not mind") {
    Session& s = stage.session(PoolLimits{.max_connections = 1});
    s.network().serve("api.test", after(2s, "slow"));
    const RequestId busy = s.get("http://api.test/a");
    s.run_until(100ms);
    const RequestId waiter = s.submit(get("http://api.test/b", {.pool = 700ms}));

    const Exchange& failed = s.wait(waiter);
    CHECK(failed.errc() == Errc::pool_timeout);
    CHECK(failed.ended_at == Duration(800ms));
    CHECK(failed.error->safe_to_retry);
    CHECK(failed.error->request_bytes_sent == 0);
    CHECK(failed.error->message.find("700 ms") != std::string::npos);

    CHECK(s.wait(busy).body == "slow");
    CHECK(s.wait(s.get("http://api.test/c")).body == "slow");
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
