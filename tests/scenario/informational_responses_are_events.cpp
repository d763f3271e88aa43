#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("informational responses are events, and the final one follows") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "ok",
                     .interim = {{.status = 102}, {.status = 103, .headers = {{"Link", "</a.css>"}}, .delay = 10ms}},
                     .delay = 10ms};
    });
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.status() == 200);
    CHECK(e.body == "ok");
    REQUIRE(e.informational.size() == 2);
    CHECK(e.informational[0].status == 102);
    CHECK(e.informational[1].headers.get("link") == "</a.css>");
    s.wait(s.get("http://api.test/"));
    CHECK(s.network().accepted("api.test") == 1);
}

FERRY_SCENARIO("an informational response restarts the read timeout") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "ok", .interim = {{.status = 102, .delay = 250ms}}, .delay = 250ms};
    });
    CHECK(s.wait(s.submit(get("http://api.test/", {.read = 300ms}))).body == "ok");
}

FERRY_SCENARIO("informational responses without end are an error") {
    Session& s = stage.session();
    s.network().play("api.test", Script().expect_head().send("HTTP/1.1 102 Processing\r\n\r\n").wait(1ms).call([] {}));
    std::string many;
    for (int i = 0; i < 200; ++i) {
        many += "HTTP/1.1 102 Processing\r\n\r\n";
    }
    s.network().play("api.test", Script().expect_head().send(many));
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::too_many_informational);
    CHECK(e.informational.size() == 100);
}

}  // namespace ferry::scenario
