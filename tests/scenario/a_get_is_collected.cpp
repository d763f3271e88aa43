#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a GET is collected") {
    Session& s = stage.session();
    stage.link({.latency = 10ms});
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.headers = {{"X-Tag", "a"}, {"X-Tag", "b"}}, .body = "hello"};
    });
    const Exchange& e = s.wait(s.get("http://api.test/items?page=2#top"));

    CHECK(e.status() == 200);
    CHECK(e.head->reason == "OK");
    CHECK(e.head->headers.get("x-tag") == "a, b");
    CHECK(e.body == "hello");
    CHECK(e.pieces == 0);
    CHECK(e.ended_at == Duration(40ms));  // There and back for the connect, there and back for the request.

    REQUIRE(origin.requests().size() == 1);
    const Seen& seen = origin.requests()[0];
    CHECK(seen.head.method == "GET");
    CHECK(seen.head.target == "/items?page=2");
    CHECK(seen.head.headers[0] == Field{"Host", "api.test"});
    CHECK_FALSE(seen.head.headers.contains("content-length"));

    CHECK(e.timings.namelookup == Duration(0));
    CHECK(e.timings.connect == Duration(20ms));
    CHECK(e.timings.starttransfer == Duration(40ms));
    CHECK(e.timings.total == Duration(40ms));
    CHECK(e.timings.new_connections == 1);
    CHECK(e.timings.body_bytes_received == 5);
}

FERRY_SCENARIO("a POST sends its body with its length") {
    Session& s = stage.session();
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view body) {
        return Reply{.status = 201, .body = "got " + std::string(body)};
    });
    const Exchange& e = s.wait(s.post("http://api.test/items", "key=value"));
    CHECK(e.status() == 201);
    CHECK(e.body == "got key=value");
    CHECK(origin.requests()[0].head.headers.get("content-length") == "9");
}

FERRY_SCENARIO("a large body is collected whole") {
    Session& s = stage.session();
    const std::string body = pattern(100'000);
    s.network().serve("api.test", always(body));
    CHECK(s.wait(s.get("http://api.test/")).body == body);
}

}  // namespace ferry::scenario
