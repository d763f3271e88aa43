#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("with a socket path every request goes there, without a lookup") {
    EngineConfig config;
    config.socket_path = "/run/app.sock";
    Session& s = stage.session(config);
    HttpOrigin& origin = s.network().serve("/run/app.sock", always("local"));
    CHECK(s.wait(s.get("http://api.test/a")).body == "local");
    CHECK(s.wait(s.get("http://other.test/b")).body == "local");
    CHECK(s.engine().stats().lookups == 0);
    CHECK(origin.requests()[1].head.headers.get("host") == "other.test");
}

FERRY_SCENARIO("a socket path that nobody listens at is named by the error") {
    EngineConfig config;
    config.socket_path = "/run/gone.sock";
    Session& s = stage.session(config);
    s.network().refuse("/run/gone.sock");
    const Exchange& e = s.wait(s.get("http://api.test/"));
    CHECK(e.errc() == Errc::connect_failed);
    CHECK(e.error->message.find("\"/run/gone.sock\"") != std::string::npos);
}

}  // namespace ferry::scenario
