#include "tests/scenario/support.hpp"

namespace ferry::scenario {

FERRY_SCENARIO("requests that cannot be sent fail at once, before anything happens") {
    Session& s = stage.session();
    const auto fails = [&s](Request request, Errc code, const char* named) {
        const RequestId id = s.submit(std::move(request));
        CHECK(s[id].errc() == code);
        CHECK(s[id].ended_at == Duration(0));
        CHECK(s[id].error->safe_to_retry);
        CHECK(s[id].error->request_bytes_sent == 0);
        CHECK(s[id].error->message.find(named) != std::string::npos);
    };
    fails(make_request("GE T", "http://api.test/"), Errc::invalid_method, "GE T");
    fails(make_request("GET", "ftp://api.test/"), Errc::unsupported_protocol, "ftp");

    Request header = make_request("GET", "http://api.test/");
    header.headers.add("X-Evil", "a\r\nb: c");
    fails(std::move(header), Errc::invalid_header, "X-Evil");
    Request named = make_request("GET", "http://api.test/named");
    named.headers.add("X-Evil", "a\r\nb: c");
    fails(std::move(named), Errc::invalid_header, ": GET http://api.test/named");

    Request target = make_request("GET", "http://api.test/");
    target.target = "/a b";
    fails(std::move(target), Errc::invalid_target, "/a b");

    fails(get("http://api.test/", {.read = -1s}), Errc::invalid_option, "read");
    fails(get("http://api.test/", {.connect = 0s}), Errc::invalid_option, "connect");
    CHECK(s.network().lookups("api.test") == 0);
}

}  // namespace ferry::scenario
