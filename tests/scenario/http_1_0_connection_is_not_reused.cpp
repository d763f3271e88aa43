#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("an HTTP/1.0 connection is not reused") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "old", .http_1_0 = true, .after = Reply::After::fin, .linger = 10s};
    });
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "old");
    CHECK(e.head->version == Version{1, 0});
    CHECK(s.wait(s.get("http://api.test/")).body == "old");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("an HTTP/1.0 connection with keep-alive is reused") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.headers = {{"Connection", "keep-alive"}}, .body = "old", .http_1_0 = true};
    });
    CHECK(s.wait(s.get("http://api.test/")).body == "old");
    CHECK(s.wait(s.get("http://api.test/")).body == "old");
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
