#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("the write timeout fires when no byte is accepted, and the connection is closed") {
    Session& s = stage.session();
    stage.link({.send_buffer = 1'000});
    s.network().play("api.test", Script().reading(false));
    Request request = make_request("POST", "http://api.test/", pattern(5'000));
    request.deadlines.write = 700ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::write_timeout);
    CHECK(e.ended_at == Duration(700ms));
    CHECK(e.error->request_bytes_sent == 1'000);
    CHECK_FALSE(e.error->safe_to_retry);
    s.run_for(0s);
    CHECK(s.network().open() == 0);
}

FERRY_SCENARIO("the write timeout is restarted by every byte that is accepted") {
    Session& s = stage.session();
    stage.link({.send_buffer = 1'000});
    s.network().play("api.test", Script().reading(false).wait(600ms).reading(true).wait(0ms).reading(false));
    Request request = make_request("POST", "http://api.test/", pattern(5'000));
    request.deadlines.write = 700ms;
    const Exchange& e = s.wait(s.submit(std::move(request)));
    CHECK(e.errc() == Errc::write_timeout);
    CHECK(e.ended_at == Duration(1'300ms));
    CHECK(e.error->request_bytes_sent == 2'000);
}

}  // namespace ferry::scenario
