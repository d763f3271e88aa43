// The codec in a program without exceptions and run-time types: it and what it stands on are compiled for it once more.
#include <ferry/http1.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace ferry;

int failures = 0;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("failed: %s\n", what);
        ++failures;
    }
}

std::string events(http1::Machine& machine, std::string_view bytes) {
    std::string seen;
    for (const http1::Event& event : machine.receive(as_bytes(bytes))) {
        seen += "ihdteuc!"[static_cast<std::size_t>(event.type)];
    }
    return seen;
}

}  // namespace

int main() {
    http1::Machine client(http1::Role::client);
    http1::Machine server(http1::Role::server);

    const auto request = client.send_request("POST", "/", {{"Host", "h"}, {"Content-Length", "2"}});
    check(request.has_value(), "the request is sent");
    check(events(server, as_text(*request)) == "h", "its head is read");
    const auto body = client.send_data(as_bytes("hi"));
    check(body.has_value(), "its body is sent");
    for (const ConstBuffer piece : *body) {
        check(events(server, as_text(piece)) == "de", "its body is read");
    }
    check(client.send_end().has_value(), "it is ended");

    const auto response = server.send_response(200, "OK", {{"Transfer-Encoding", "chunked"}});
    check(response.has_value(), "the response is sent");
    check(events(client, as_text(*response)) == "h", "its head is read");
    const auto end = server.send_end({{"X", "trailer"}});
    check(end.has_value(), "it is ended with a trailer");
    for (const ConstBuffer piece : *end) {
        check(events(client, as_text(piece)) == "te", "which is read");
    }
    check(client.next().has_value() && server.next().has_value(), "the connection goes on");

    const auto refused = client.send_request("no token", "/", {});
    check(!refused && refused.error().code == Errc::invalid_method, "a bad method is an error, and a value");
    check(events(server, "GET / HTTP/1.1\r\nNo field\r\n\r\n") == "!", "a bad request is an event");
    check(server.error().code == Errc::bad_header_name, "with its code");
    return failures;
}
