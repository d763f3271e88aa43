// A program that uses the client for libuv: nobody listens on port 1.
#include <ferry/uv.hpp>

#include <iostream>

int main() {
    uv_loop_t* const loop = uv_default_loop();
    bool refused = false;
    {
        ferry::uv::Client client(loop);
        client.get("http://127.0.0.1:1/", [&refused](ferry::Result<ferry::Response> r) {
            refused = !r && r.error().kind() == ferry::ErrorKind::connect_error;
        });
        uv_run(loop, UV_RUN_DEFAULT);
    }
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop) == 0 && refused ? 0 : 1;
}
