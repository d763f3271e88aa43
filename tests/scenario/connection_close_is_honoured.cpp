#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a connection that the server closes is not reused") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "bye", .after = Reply::After::close};
    });
    CHECK(s.wait(s.get("http://api.test/")).body == "bye");
    CHECK(s.wait(s.get("http://api.test/")).body == "bye");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("Connection: close is honoured before the server has closed") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "bye", .after = Reply::After::close, .linger = 10s};
    });
    CHECK(s.wait(s.get("http://api.test/")).body == "bye");
    CHECK(s.wait(s.get("http://api.test/")).body == "bye");
    CHECK(s.network().accepted("api.test") == 2);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("our own Connection: close is honoured too") {
    Session& s = stage.session();
    s.network().serve("api.test", always("ok"));
    Request request = make_request("GET", "http://api.test/");
    request.headers.add("Connection", "close");
    CHECK(s.wait(s.submit(std::move(request))).body == "ok");
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

}  // namespace ferry::scenario
