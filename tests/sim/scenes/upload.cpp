// Request bodies: streamed, chunked, answered early, sent to servers that do not read.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

/// Answers with what it got.
void mirror(Session& s) {
    s.network().serve("api.test", [](const RequestHead&, std::string_view body) {
        return Reply{.body = std::to_string(body.size()) + " bytes"};
    });
}

void streamed(Session& s) {
    mirror(s);
    s.feed(s.submit(upload("PUT", "http://api.test/1")), std::vector<std::string>(4, pattern(100'000)));
    s.wait_all();
    s.wait(s.get("http://api.test/2"));
}

void known_length(Session& s) {
    mirror(s);
    Request request = upload("POST", "http://api.test/1");
    request.content_length = 30'000;
    s.feed(s.submit(std::move(request)), std::vector<std::string>(3, pattern(10'000)));
    s.wait_all();
}

void with_trailers(Session& s) {
    mirror(s);
    s.feed(s.submit(upload("POST", "http://api.test/1")), {"one", "", "two"}, {{"X-Sum", "6"}});
    s.wait_all();
}

void wrong_length(Session& s) {
    mirror(s);
    for (const char* url : {"http://api.test/1", "http://api.test/2"}) {
        Request request = upload("POST", url);
        request.content_length = 10;
        s.feed(s.submit(std::move(request)), {url[16] == '1' ? "too much data" : "little"});
        s.wait_all();
    }
}

void slow_feeder(Session& s) {
    mirror(s);
    Request request = upload("POST", "http://api.test/1");
    request.deadlines = {.connect = 20ms, .read = 20ms, .write = 20ms};
    const RequestId id = s.submit(std::move(request));
    for (int i = 1; i <= 4; ++i) {
        s.after(30ms * i, [&s, id] { s.write_body(id, "piece"); });
    }
    s.after(150ms, [&s, id] { s.finish_body(id); });
    s.wait(id);
}

void early_refusal(Session& s) {
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{}; });
    origin.at_head([](const RequestHead& head) -> std::optional<Reply> {
        if (head.method == "GET") {
            return std::nullopt;
        }
        return Reply{.status = 413, .body = "too large", .after = Reply::After::close};
    });
    s.wait(s.post("http://api.test/1", pattern(280'000)));
    s.wait(s.get("http://api.test/2"));
}

void early_and_streamed(Session& s) {
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{}; });
    origin.at_head([](const RequestHead&) { return Reply{.status = 401, .body = "who are you"}; });
    const RequestId id = s.submit(upload("POST", "http://api.test/1"));
    s.after(5ms, [&s, id] { s.write_body(id, "some"); });
    s.after(15ms, [&s, id] { s.write_body(id, "more"); });
    s.after(25ms, [&s, id] { s.finish_body(id); });
    s.run_for(50ms);
    s.wait(s.get("http://api.test/2"));
}

void writes_break(Session& s) {
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .reading(false)
                                     .break_writes()
                                     .wait(5ms)
                                     .send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
                                     .wait(5ms)
                                     .reset());
    s.wait(s.post("http://api.test/1", pattern(300'000)));
    s.wait(s.post("http://api.test/2", pattern(300'000)));
}

void not_reading(Session& s) {
    s.network().play("api.test", Script().expect_head().reading(false).wait(1h));
    Request request = make_request("POST", "http://api.test/1", pattern(600'000));
    request.deadlines.write = 50ms;
    s.wait(s.submit(std::move(request)));
}

void slow_reader(Session& s) {
    s.network().play("api.test",
                     Script().expect_head().reading(false).wait(30ms).reading(true).expect_bytes(300'000).send(
                         "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    s.wait(s.post("http://api.test/1", pattern(300'000)));
}

void abandoned(Session& s) {
    mirror(s);
    const RequestId id = s.submit(upload("POST", "http://api.test/1"));
    s.after(10ms, [&s, id] { s.write_body(id, "some"); });
    cancel_after(s, 20ms, id);
    s.wait(id);
    s.wait(s.get("http://api.test/2"));
}

void finished_before_it_began(Session& s) {
    mirror(s);
    const RequestId id = s.submit(upload("PUT", "http://api.test/1"));
    s.finish_body(id, {{"X-Nothing", "yes"}});
    s.wait(id);
}

void expects_continue(Session& s) {
    mirror(s);
    Request request = make_request("POST", "http://api.test/1", "body");
    request.headers.add("Expect", "100-continue");
    s.wait(s.submit(std::move(request)));
}

}  // namespace

void add_upload_scenes(std::vector<Scene>& all) {
    all.insert(all.end(),
               {{.name = "upload", .outcome = "200 200", .play = streamed},
                {.name = "upload of known length", .outcome = "200", .play = known_length},
                {.name = "upload with trailers", .outcome = "200", .play = with_trailers},
                {.name = "upload of the wrong length", .outcome = "invalid_body invalid_body", .play = wrong_length},
                {.name = "slow feeder", .outcome = "200", .play = slow_feeder, .depends_on_clock = true},
                {.name = "early refusal", .outcome = "413 200", .play = early_refusal},
                {.name = "early answer to a stream", .outcome = "401 401", .play = early_and_streamed},
                {.name = "writing breaks", .outcome = "413 write_failed", .play = writes_break},
                {.name = "a server that does not read", .outcome = "write_timeout", .play = not_reading},
                {.name = "a server that reads late", .outcome = "200", .play = slow_reader},
                {.name = "abandoned upload", .outcome = "cancelled 200", .play = abandoned},
                {.name = "finished before it began", .outcome = "200", .play = finished_before_it_began},
                {.name = "expects 100", .outcome = "200", .play = expects_continue}});
}

}  // namespace ferry::testing
