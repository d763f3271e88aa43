// Servers that break the protocol, and bytes that belong to no response.
#include "tests/sim/scenes/scene.hpp"

namespace ferry::testing {

namespace {

void rubbish(Session& s) {
    s.network().play("api.test", {Script().expect_head().send("hello\r\n\r\n").wait(10ms).fin(),
                                  Script().expect_head().send("HTTP/2.0 200 OK\r\n\r\n").wait(10ms).fin(),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nA : b\r\n\r\n").wait(10ms).fin()});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
    s.wait(s.get("http://api.test/3"));
}

void two_lengths(Session& s) {
    s.network().play(
        "api.test",
        {Script().expect_head().send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok").fin(),
         Script()
             .expect_head()
             .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
             .fin()});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
}

void bad_chunk(Session& s) {
    s.network().play("api.test", Script()
                                     .expect_head()
                                     .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
                                     .wait(1ms)
                                     .send("zz\r\n")
                                     .fin());
    s.wait(s.get("http://api.test/1"));
    s.wait(s.submit(download("http://api.test/2", 1'000)));
}

void two_answers(Session& s) {
    answer(s, "api.test", {.body = "ok", .extra = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale"});
    s.wait(s.get("http://api.test/1"));
    // Not at once: bytes that lie unread when the next request is sent cannot be told from its answer.
    s.after(1ms, [&s] { s.get("http://api.test/2"); });
    s.run_for(20ms);
}

void nothing(Session& s) {
    s.network().play("api.test", {Script().expect_head().fin(), Script().expect_head().reset(),
                                  Script().expect_head().send("HTTP/1.1 200 OK\r\nX-A").fin()});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
    s.wait(s.get("http://api.test/3"));
}

void endless_interim(Session& s) {
    Script script = Script().expect_head();
    for (int i = 0; i < 200; ++i) {
        script.send("HTTP/1.1 102 Processing\r\n\r\n");
    }
    s.network().play("api.test", script.fin());
    s.wait(s.get("http://api.test/1"));
}

void large_head(Session& s) {
    answer(s, "api.test", {.headers = {{"X-Large", std::string(2'000, 'x')}}, .body = "ok"});
    s.wait(s.get("http://api.test/1"));
    s.wait(s.get("http://api.test/2"));
}

void cannot_be_sent(Session& s) {
    answer(s, "api.test", {.body = "ok"});
    Request bad = make_request("GET", "http://api.test/1");
    bad.target = "/with space";
    s.submit(std::move(bad));
    s.submit(make_request("GE T", "http://api.test/2"));
    Request wrong = make_request("POST", "http://api.test/3", "body");
    wrong.headers.add("Content-Length", "17");
    s.submit(std::move(wrong));
    s.get("http://api.test/4");
    s.wait_all();
}

}  // namespace

void add_framing_scenes(std::vector<Scene>& all) {
    EngineConfig small;
    small.http1.header_block = 1'000;
    all.insert(all.end(),
               {{.name = "rubbish", .outcome = "bad_start_line bad_version bad_header_name", .play = rubbish},
                {.name = "two lengths",
                 .outcome = "repeated_content_length content_length_and_transfer_encoding",
                 .play = two_lengths},
                {.name = "a bad chunk", .outcome = "bad_chunk bad_chunk", .play = bad_chunk},
                {.name = "two answers", .outcome = "200 200", .play = two_answers},
                {.name = "no answer", .outcome = "server_disconnected read_failed truncated_head", .play = nothing},
                {.name = "interim responses without end", .outcome = "too_many_informational", .play = endless_interim},
                {.name = "a large head",
                 .outcome = "header_block_too_large header_block_too_large",
                 .play = large_head,
                 .engine = small},
                {.name = "what cannot be sent",
                 .outcome = "invalid_target invalid_method invalid_body 200",
                 .play = cannot_be_sent}});
}

}  // namespace ferry::testing
