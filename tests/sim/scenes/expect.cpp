// "Expect: 100-continue": yes, no, late, and no answer at all.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

HttpOrigin& mirror(Session& s) {
    return s.network().serve("api.test", [](const RequestHead&, std::string_view body) {
        return Reply{.body = std::to_string(body.size()) + " bytes"};
    });
}

Request asking(Request request, Duration wait = 1s) {
    request.expect_continue = wait;
    return request;
}

void yes(Session& s) {
    mirror(s);
    s.wait(s.submit(asking(make_request("PUT", "http://api.test/1", pattern(30'000)))));
    const RequestId id = s.submit(asking(upload("POST", "http://api.test/2")));
    s.feed(id, {pattern(3'000), pattern(200'000)}, {{"X-Sum", "1"}});
    s.wait(id);
}

void silence(Session& s) {
    mirror(s).send_continue(false);
    s.wait(s.submit(asking(make_request("PUT", "http://api.test/1", "body"), 30ms)));
    Request request = asking(upload("POST", "http://api.test/2"), 30ms);
    request.content_length = 4;
    const RequestId id = s.submit(std::move(request));
    s.feed(id, {"bo", "dy"});
    s.wait(id);
}

void no(Session& s) {
    HttpOrigin& origin = mirror(s);
    origin.at_head([](const RequestHead& head) -> std::optional<Reply> {
        if (head.method == "GET") {
            return std::nullopt;
        }
        return Reply{.status = 417, .body = "no", .delay = 5ms};
    });
    s.wait(s.submit(asking(make_request("PUT", "http://api.test/1", "body"))));
    const RequestId id = s.submit(asking(upload("POST", "http://api.test/2")));
    s.feed(id, {"body"});
    s.wait(id);
    s.wait(s.get("http://api.test/3"));
}

void yes_and_no(Session& s) {
    HttpOrigin& origin = mirror(s);
    origin.at_head([](const RequestHead&) {
        return Reply{.status = 413,
                     .body = "no",
                     .interim = {{.status = 100, .headers = {}, .delay = 5ms}},
                     .delay = 5ms,
                     .after = Reply::After::close};
    });
    s.wait(s.submit(asking(make_request("PUT", "http://api.test/1", pattern(300'000)))));
}

void late_yes(Session& s) {
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .wait(50ms)
                                     .send("HTTP/1.1 100 Continue\r\n\r\n")
                                     .expect("body")
                                     .wait(5ms)
                                     .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    s.wait(s.submit(asking(make_request("PUT", "http://api.test/1", "body"), 30ms)));
}

void finished_while_waiting(Session& s) {
    mirror(s).send_continue(false);
    const RequestId id = s.submit(asking(upload("POST", "http://api.test/1"), 30ms));
    s.after(10ms, [&s, id] { s.finish_body(id, {{"X-Sum", "0"}}); });
    s.wait(id);
}

}  // namespace

void add_expect_scenes(std::vector<Scene>& all) {
    all.insert(all.end(), {{.name = "asked, and allowed", .outcome = "200 200", .play = yes},
                           {.name = "asked, and no answer", .outcome = "200 200", .play = silence},
                           {.name = "asked, and refused", .outcome = "417 417 200", .play = no},
                           {.name = "allowed, and refused", .outcome = "413", .play = yes_and_no},
                           {.name = "allowed too late", .outcome = "200", .play = late_yes},
                           {.name = "finished while it waits", .outcome = "200", .play = finished_while_waiting}});
}

}  // namespace ferry::testing
