#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("every command with a stale id does nothing") {
    Session& s = stage.session();
    s.network().serve("api.test", always("ok"));
    const RequestId old = s.get("http://api.test/");
    s.wait(old);
    s.run_for(1ms);
    const RequestId running = s.submit(upload("http://api.test/"));  // Has the slot of the old one.
    CHECK(running.slot == old.slot);
    CHECK(running != old);
    s.run_for(1ms);

    const RequestId strangers[] = {old, RequestId{}, RequestId{.slot = 99, .generation = 3}};
    for (const RequestId id : strangers) {
        s.cancel(id);
        s.consume(id, 10);
        CHECK(s.write_body(id, "x") == 0);
        s.finish_body(id);
    }
    s.feed(running, {"body"});
    CHECK(s.wait(running).body == "ok");
}

FERRY_SCENARIO("every fact with a stale id does nothing") {
    Session& s = stage.session();
    s.network().serve("api.test", always("ok"));
    s.wait(s.get("http://api.test/"));
    const Time now = s.network().now();
    const std::byte bytes[3] = {};
    const ConnId strangers[] = {ConnId{}, ConnId{.slot = 0, .generation = 99}, ConnId{.slot = 99, .generation = 1}};
    for (const ConnId id : strangers) {
        s.engine().on_connected(now, id);
        s.engine().on_received(now, id, bytes);
        s.engine().on_sent(now, id, 3);
        s.engine().on_send_failed(now, id, std::make_error_code(std::errc::broken_pipe));
        s.engine().on_eof(now, id);
        s.engine().on_closed(now, id);
        ConstBuffer piece;
        CHECK(s.engine().gather(id, std::span(&piece, 1)) == 0);
    }
    s.engine().on_resolved(now, LookupId{.slot = 99, .generation = 1}, {});
    s.engine().on_resolved(now, LookupId{}, {});
    CHECK(s.engine().take_ops().empty());
    CHECK(s.engine().take_events().empty());
    CHECK(s.wait(s.get("http://api.test/")).body == "ok");
    CHECK(s.network().accepted("api.test") == 1);
}

}  // namespace ferry::scenario
