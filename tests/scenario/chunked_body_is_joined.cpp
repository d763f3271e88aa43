#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("a chunked body is joined, and its trailers are there") {
    Session& s = stage.session();
    const std::string body = pattern(1'000);
    s.network().serve("api.test", [&](const RequestHead&, std::string_view) {
        return Reply{.body = body,
                     .framing = Reply::Framing::chunked,
                     .trailers = {{"X-Checksum", "abc"}},
                     .piece = 77,
                     .between = 1ms};
    });
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == body);
    CHECK(e.trailers.get("x-checksum") == "abc");
    CHECK(e.ended_at == Duration(13ms));
    CHECK(s.wait(s.get("http://api.test/")).body == body);
    CHECK(s.network().accepted("api.test") == 1);
}

FERRY_SCENARIO("a body whose length is nowhere told ends with the connection") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "to the end", .framing = Reply::Framing::close, .piece = 3, .between = 10ms};
    });
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.body == "to the end");
    CHECK(e.ended_at == Duration(40ms));
    CHECK(s.wait(s.get("http://api.test/")).body == "to the end");
    CHECK(s.network().accepted("api.test") == 2);
}

FERRY_SCENARIO("a body that ends with the connection and is broken off by a reset is an error") {
    Session& s = stage.session();
    s.network().serve("api.test", [](const RequestHead&, std::string_view) {
        return Reply{.body = "to the end", .framing = Reply::Framing::close, .cut = 4, .after = Reply::After::reset};
    });
    CHECK(s.wait(s.get("http://api.test/")).errc() == Errc::read_failed);
}

}  // namespace ferry::scenario
