#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("the most recently used connection is reused first") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead& head, std::string_view) {
        return Reply{.body = "ok", .delay = head.target == "/slow" ? 200ms : 100ms};
    });
    s.get("http://api.test/quick");
    s.get("http://api.test/slow");
    s.wait_all();
    s.wait(s.get("http://api.test/again"));
    s.wait(s.get("http://api.test/again"));
    CHECK(origin.requests()[1].head.target == "/slow");
    CHECK(origin.requests()[2].connection == origin.requests()[1].connection);
    CHECK(origin.requests()[3].connection == origin.requests()[1].connection);
}

}  // namespace ferry::scenario
