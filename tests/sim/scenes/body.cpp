// Response bodies: how they are framed, held back, and limited.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

using Framing = Reply::Framing;

void chunked(Session& s) {
    answer(s, "api.test",
           {.body = pattern(3'000),
            .framing = Framing::chunked,
            .trailers = {{"X-Sum", "1"}},
            .piece = 700,
            .between = 1ms});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.submit(download("http://api.test/2", 100'000)));
}

void until_close(Session& s) {
    answer(s, "api.test", {.body = pattern(3'000), .framing = Framing::close, .piece = 1'000, .between = 1ms});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.submit(download("http://api.test/2", 100'000)));
}

void without_body(Session& s) {
    s.network().serve("api.test", [](const RequestHead& head, std::string_view) {
        return Reply{.status = head.target == "/2" ? 204 : head.target == "/3" ? 304 : 200, .body = "seven b"};
    });
    s.wait(s.submit(make_request("HEAD", "http://api.test/1")));
    s.wait(s.get("http://api.test/2"));
    s.wait(s.get("http://api.test/3"));
    s.wait(s.get("http://api.test/4"));
}

void held_back(Session& s) {
    answer(s, "api.test",
           {.body = pattern(5'000),
            .framing = Framing::chunked,
            .trailers = {{"X-T", "1"}},
            .piece = 1'000,
            .between = 1ms});
    const RequestId id = s.submit(download("http://api.test/", 1'500));
    s.hold(id);
    for (int i = 1; i <= 40; ++i) {
        s.after(10ms * i, [&s, id] { s.consume(id, 1'000); });
    }
    s.wait(id);
}

void never_read(Session& s) {
    answer(s, "api.test", {.body = pattern(5'000), .piece = 500, .between = 1ms});
    Request request = download("http://api.test/1", 1'000);
    request.deadlines.total = 1min;
    const RequestId id = s.submit(std::move(request));
    s.hold(id);
    s.get("http://api.test/2");
    s.wait_all();
}

void read_to_the_end(Session& s) {
    answer(s, "api.test", {.body = pattern(1'000)});
    const RequestId id = s.submit(download("http://api.test/1", 1'000));
    s.hold(id);
    s.wait(id);
    s.consume(id, 1'000);
    s.wait(s.get("http://api.test/2"));
}

void cut_off(Session& s) {
    answer(s, "api.test", {.body = pattern(3'000), .piece = 500, .between = 1ms, .cut = 1'700});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.submit(download("http://api.test/2", 100'000)));
}

void broken_off(Session& s) {
    answer(s, "api.test",
           {.body = pattern(3'000),
            .framing = Framing::chunked,
            .piece = 500,
            .between = 1ms,
            .cut = 1'700,
            .after = Reply::After::reset});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.submit(download("http://api.test/2", 100'000)));
}

void too_large(Session& s) {
    answer(s, "api.test", {.body = pattern(3'000), .framing = Framing::chunked, .piece = 500, .between = 1ms});
    answer(s, "told.test", {.body = pattern(3'000)});
    for (const char* url : {"http://api.test/1", "http://told.test/2"}) {
        Request request = make_request("GET", url);
        request.max_body = 1'200;
        s.wait(s.submit(std::move(request)));
    }
}

void interim(Session& s) {
    answer(s, "api.test",
           {.body = "ok",
            .interim = {{.status = 102, .delay = 2ms}, {.status = 103, .headers = {{"Link", "</a>"}}, .delay = 2ms}},
            .delay = 2ms});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.post("http://api.test/2", "body"));
}

}  // namespace

void add_body_scenes(std::vector<Scene>& all) {
    all.insert(all.end(),
               {{.name = "chunked", .outcome = "200 200", .play = chunked},
                {.name = "until the close", .outcome = "200 200", .play = until_close},
                {.name = "without a body", .outcome = "200 204 304 200", .play = without_body},
                {.name = "held back",
                 .outcome = "200",
                 .play = held_back,
                 .depends_on_splits = true,
                 .depends_on_clock = true},
                {.name = "never read", .outcome = "total_timeout 200", .play = never_read, .depends_on_splits = true},
                {.name = "read to the end", .outcome = "200 200", .play = read_to_the_end, .depends_on_splits = true},
                {.name = "cut off", .outcome = "truncated_body truncated_body", .play = cut_off},
                {.name = "broken off", .outcome = "read_failed read_failed", .play = broken_off},
                {.name = "too large",
                 .outcome = "body_too_large body_too_large",
                 .play = too_large,
                 .depends_on_splits = true},
                {.name = "interim responses", .outcome = "200 200", .play = interim}});
}

}  // namespace ferry::testing
