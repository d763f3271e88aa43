// Responses that the application does not want to the end.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

/// GET whose response is given up a while after its head has come; then another one.
void give_up(Session& s, const Reply& reply, std::size_t window = 64 * 1024, bool held = false) {
    s.network().serve("api.test", [reply](const RequestHead& head, std::string_view) {
        return head.target == "/1" ? reply : Reply{.body = "ok"};
    });
    const RequestId id = s.submit(download("http://api.test/1", window));
    if (held) {
        s.hold(id);
    }
    s.watch([&s, id](Event& event) {
        if (const auto* head = std::get_if<event::Head>(&event); head != nullptr && head->id == id) {
            s.after(5ms, [&s, id] { s.discard(id); });
        }
    });
    s.wait(id);
    s.wait(s.get("http://api.test/2"));
    s.run_for(300ms);
    s.wait(s.get("http://api.test/3"));
}

void small_rest(Session& s) { give_up(s, {.body = pattern(3'000), .piece = 500, .between = 4ms}); }

void chunked_rest(Session& s) {
    give_up(s, {.body = pattern(3'000),
                .framing = Reply::Framing::chunked,
                .trailers = {{"X-Sum", "1"}},
                .piece = 500,
                .between = 4ms});
}

void long_rest(Session& s) { give_up(s, {.body = pattern(200'000), .piece = 5'000, .between = 1ms}); }

void long_chunked_rest(Session& s) {
    give_up(s, {.body = pattern(200'000), .framing = Reply::Framing::chunked, .piece = 10'000, .between = 1ms});
}

void slow_rest(Session& s) { give_up(s, {.body = pattern(1'000), .piece = 100, .between = 60ms}); }

void stalled_rest(Session& s) { give_up(s, {.body = pattern(3'000), .piece = 500, .between = 1ms}, 600, true); }

void rest_until_close(Session& s) {
    give_up(s, {.body = pattern(3'000), .framing = Reply::Framing::close, .piece = 500, .between = 4ms});
}

void rest_that_breaks(Session& s) {
    give_up(s, {.body = pattern(3'000), .piece = 500, .between = 4ms, .cut = 1'700, .after = Reply::After::reset});
}

void before_the_head(Session& s) {
    answer(s, "api.test", {.body = "late", .delay = 20ms});
    const RequestId id = s.submit(download("http://api.test/1", 1'000));
    s.after(10ms, [&s, id] { s.discard(id); });
    s.wait(id);
    s.wait(s.get("http://api.test/2"));
}

void while_sending(Session& s) {
    HttpOrigin& origin = s.network().serve("api.test", [](const RequestHead&, std::string_view) { return Reply{}; });
    origin.at_head([](const RequestHead& head) -> std::optional<Reply> {
        if (head.method == "GET") {
            return std::nullopt;
        }
        return Reply{.status = 401, .body = pattern(3'000), .piece = 500, .between = 4ms};
    });
    Request request = upload("POST", "http://api.test/1");
    request.collect = false;
    const RequestId id = s.submit(std::move(request));
    s.after(5ms, [&s, id] { s.write_body(id, "some"); });
    s.after(15ms, [&s, id] { s.discard(id); });
    s.wait(id);
    s.wait(s.get("http://api.test/2"));
}

}  // namespace

void add_discard_scenes(std::vector<Scene>& all) {
    all.insert(all.end(), {{.name = "discarded, and little is left", .outcome = "200 200 200", .play = small_rest},
                           {.name = "discarded, chunked", .outcome = "200 200 200", .play = chunked_rest},
                           {.name = "discarded, and much is left",
                            .outcome = "200 200 200",
                            .play = long_rest,
                            .depends_on_splits = true},
                           {.name = "discarded, and much comes",
                            .outcome = "200 200 200",
                            .play = long_chunked_rest,
                            .depends_on_splits = true},
                           {.name = "discarded, and it takes long", .outcome = "200 200 200", .play = slow_rest},
                           {.name = "discarded while held back",
                            .outcome = "200 200 200",
                            .play = stalled_rest,
                            .depends_on_splits = true},
                           {.name = "discarded, until the close", .outcome = "200 200 200", .play = rest_until_close},
                           {.name = "discarded, and it breaks", .outcome = "200 200 200", .play = rest_that_breaks},
                           {.name = "discarded before its head", .outcome = "cancelled 200", .play = before_the_head},
                           {.name = "discarded while sending", .outcome = "401 200", .play = while_sending}});
}

}  // namespace ferry::testing
