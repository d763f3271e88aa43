#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("responses to HEAD, 204 and 304 have no body, and the connection is kept") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead& head, std::string_view) {
        if (head.target == "/204") {
            return Reply{.status = 204};
        }
        if (head.target == "/304") {
            return Reply{.status = 304, .headers = {{"ETag", "\"x\""}}, .body = "12345"};
        }
        return Reply{.body = "12345"};
    });
    const Exchange& head = s.wait(s.submit(make_request("HEAD", "http://api.test/")));
    CHECK(head.status() == 200);
    CHECK(head.head->headers.get("content-length") == "5");
    CHECK(head.body.empty());
    CHECK(s.wait(s.get("http://api.test/204")).status() == 204);
    const Exchange& not_modified = s.wait(s.get("http://api.test/304"));
    CHECK(not_modified.status() == 304);
    CHECK(not_modified.body.empty());
    CHECK(s.wait(s.get("http://api.test/")).body == "12345");
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
