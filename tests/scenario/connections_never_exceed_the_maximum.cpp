#include "tests/scenario/support.hpp"

#include <string>

namespace ferry::scenario {

FERRY_SCENARIO("a hundred requests at once use at most ten connections") {
    Session& s = stage.session(PoolLimits{.max_connections = 10});
    stage.link({.latency = 5ms});
    HttpOrigin& origin = s.network().serve("api.test", after(10ms, "ok"));
    for (int i = 0; i < 100; ++i) {
        s.get("http://api.test/" + std::to_string(i));
    }
    s.wait_all();
    for (const Exchange* e : s.exchanges()) {
        CHECK(e->body == "ok");
    }
    CHECK(origin.requests().size() == 100);
    CHECK(s.network().most_open() == 10);
    CHECK(s.network().accepted("api.test") == 10);
    CHECK(s.elapsed() == Duration(10ms + 10 * 20ms));
}

FERRY_SCENARIO("the maximum holds for all origins together, also when connections die") {
    Session& s = stage.session(PoolLimits{.max_connections = 3});
    for (int host = 0; host < 7; ++host) {
        s.network().serve("h" + std::to_string(host) + ".test", [host](const RequestHead&, std::string_view) {
            return Reply{.body = "ok",
                         .delay = 10ms * (host + 1),
                         .after = host % 3 == 0 ? Reply::After::close : Reply::After::keep};
        });
    }
    for (int i = 0; i < 40; ++i) {
        s.get("http://h" + std::to_string(i * 5 % 7) + ".test/" + std::to_string(i));
    }
    s.wait_all();
    for (const Exchange* e : s.exchanges()) {
        CHECK(e->body == "ok");
    }
    CHECK(s.network().most_open() == 3);
}

}  // namespace ferry::scenario
