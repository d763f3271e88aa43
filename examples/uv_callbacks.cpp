// Requests on a libuv loop: several at once, one after another, a stream, a timeout, and the end of it all.
//
//     uv_callbacks http://127.0.0.1:8080
#include <ferry/uv.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;
using ferry::Response;
using ferry::Result;

namespace {

void print(const char* what, const Result<Response>& r) {
    if (r) {
        std::printf("%s: %d, %zu bytes\n", what, r->status_code(), r->content().size());
    } else {
        std::printf("%s: %s\n", what, r.error().message.c_str());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: uv_callbacks ORIGIN\n");
        return 2;
    }
    uv_loop_t* const loop = uv_default_loop();
    int failures = 0;
    {
        ferry::uv::Client client(loop, {.base_url = argv[1], .timeout = 5s});

        // At once; the answers come in any order.
        for (int i = 0; i < 3; ++i) {
            client.get("/", {.params = {{"page", i}}}, [&failures](Result<Response> r) {
                print("one of three", r);
                failures += r ? 0 : 1;
            });
        }

        // One after another: a callback may make the next request.
        client.post("/", {.json = {{"name", "ferry"}}}, [&](Result<Response> first) {
            print("first", first);
            failures += first ? 0 : 1;
            client.get("/", [&failures](Result<Response> second) {
                print("second", second);
                failures += second ? 0 : 1;
            });
        });

        // Piece by piece, with a look at the head.
        std::size_t size = 0;
        client.stream("GET", "/",
                      {.on_head = [](const Response& head) { std::printf("stream: %d\n", head.status_code()); },
                       .on_body = [&](std::span<const std::byte> bytes) { size += bytes.size(); },
                       .on_done =
                           [&](Result<Response> r) {
                               std::printf("stream: %zu bytes, %s\n", size, r ? "complete" : "broken off");
                               failures += r ? 0 : 1;
                           }});

        // Cancelled: its callback comes all the same.
        client.get("/", [&](Result<Response> r) { failures += !r && r.error().code == ferry::Errc::cancelled ? 0 : 1; })
            .cancel();

        uv_run(loop, UV_RUN_DEFAULT);  // Returns when no request is left.
        client.close([] { std::printf("closed\n"); });
        uv_run(loop, UV_RUN_DEFAULT);
    }
    return uv_loop_close(loop) == 0 && failures == 0 ? 0 : 1;
}
