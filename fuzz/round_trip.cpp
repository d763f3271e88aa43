// What one role agrees to send, the other reads, and reads as the same. The message comes out of the fuzzer's bytes;
// what the machine refuses to send is no finding.
#include "fuzz/target.hpp"

#include <ferry/http1.hpp>

#include <string>
#include <vector>

namespace {

using namespace ferry;
using namespace ferry::fuzz;
using http1::Event;
using http1::Machine;
using http1::Role;

struct Body {
    std::string bytes;
    Headers trailers;
};

Headers fields_of(Input& input, bool request) {
    constexpr std::string_view names[] = {"Host",       "Content-Length", "Transfer-Encoding", "Connection", "Upgrade",
                                          "X-Anything", "Expect",         "Set-Cookie",        "TE"};
    constexpr std::string_view values[] = {"h", "chunked", "5", "0", "close", "upgrade", "keep-alive", "gzip, chunked"};
    Headers headers;
    if (request && input.below(8) != 0) {
        headers.add("Host", "example.com");
    }
    for (unsigned count = input.below(6); count > 0; --count) {
        const unsigned name = input.below(12);
        const unsigned value = input.below(16);
        headers.add(name < 9 ? names[name] : input.text(12), value < 8 ? values[value] : input.text(30));
    }
    return headers;
}

// Everything that is sent of a message behind its head; false if the machine refuses to end it.
bool send_body(Machine& from, Input& input, std::string& wire, Body& sent) {
    const auto put = [&wire](const Result<http1::Segments>& segments) {
        if (segments) {
            for (const ConstBuffer& piece : *segments) {
                wire += as_text(piece);
            }
        }
        return segments.has_value();
    };
    for (unsigned count = input.below(5); count > 0; --count) {
        const std::string_view data = input.text(40);
        if (put(from.send_data(as_bytes(data)))) {
            sent.bytes += data;
        }
    }
    if (input.below(2) == 1) {
        sent.trailers.add(input.below(3) == 0 ? input.text(8) : "X-Trailer", input.text(8));
        if (put(from.send_end(sent.trailers))) {
            return true;
        }
        sent.trailers.clear();
    }
    return put(from.send_end());
}

// Reads in pieces, and collects. Everything must be accepted.
Body receive(Machine& to, Input& input, std::string_view wire, bool closes, ResponseHead* response,
             RequestHead* request) {
    Body got;
    const auto take = [&](std::span<const Event> events) {
        for (const Event& event : events) {
            require(event.type != Event::Type::error, "refused: " + to.error().message + "\n" + std::string(wire));
            if (event.type == Event::Type::data) {
                got.bytes += as_text(event.data);
            } else if (event.type == Event::Type::trailers) {
                got.trailers = to.trailers(event);
            } else if (event.type == Event::Type::head && response != nullptr) {
                *response = to.response_head(event);
            } else if (event.type == Event::Type::head) {
                *request = to.request_head(event);
            }
        }
    };
    const std::size_t piece = 1 + input.below(200);
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        take(to.receive(as_bytes(wire.substr(at, piece))));
    }
    if (closes) {
        take(to.eof());
    }
    return got;
}

void compare(const Body& sent, const Body& got, std::string_view wire) {
    require(sent.bytes == got.bytes, "another body:\n" + std::string(wire));
    require(sent.trailers.wire() == got.trailers.wire(), "other trailers:\n" + std::string(wire));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(text_of(data, size));
    Machine client(Role::client);
    Machine server(Role::server);
    constexpr std::string_view methods[] = {"GET", "HEAD", "POST", "CONNECT", "OPTIONS"};
    constexpr std::string_view targets[] = {"/", "/a?b=c", "http://h/x", "h:443", "*"};

    for (int exchange = 0; exchange < 3 && !input.empty(); ++exchange) {
        const unsigned method = input.below(6);
        const unsigned target = input.below(6);
        const std::string name(method < 5 ? methods[method] : input.text(8));
        const std::string where(target < 5 ? targets[target] : input.text(20));
        const Headers fields = fields_of(input, true);
        const auto request = client.send_request(name, where, fields);
        if (!request) {
            return 0;
        }
        std::string wire(as_text(*request));
        Body sent;
        if (!send_body(client, input, wire, sent)) {
            return 0;
        }
        RequestHead head;
        compare(sent, receive(server, input, wire, false, nullptr, &head), wire);
        require(server.receiving() == http1::Receiving::done, "the request is not complete:\n" + wire);
        require(head.method == name && head.target == where, "another request line:\n" + wire);
        require(head.headers.wire() == fields.wire(), "other fields:\n" + wire);

        wire.clear();
        const int interim = 100 + static_cast<int>(input.below(4));
        if (input.below(3) == 0 && interim != 101) {
            if (const auto early = server.send_response(interim, "Interim", fields_of(input, false))) {
                wire += as_text(*early);
            }
        }
        const int status = 200 + static_cast<int>(input.below(150)) - (input.below(16) == 0 ? 99 : 0);
        const std::string reason(input.text(12));
        const Headers answer = fields_of(input, false);
        const auto response = server.send_response(status, reason, answer);
        if (!response) {
            return 0;
        }
        wire += as_text(*response);
        sent = {};
        const bool switched = server.sending() == http1::Sending::switched;
        if (!switched && !send_body(server, input, wire, sent)) {
            return 0;
        }
        if (switched) {
            sent.bytes.clear();
        }
        ResponseHead response_head;
        const bool closes = server.persistence().has(http1::CloseReason::ended_by_close);
        compare(sent, receive(client, input, wire, closes, &response_head, nullptr), wire);
        require(response_head.status == status && response_head.reason == reason, "another status line:\n" + wire);
        require(response_head.headers.wire() == answer.wire(), "other fields:\n" + wire);
        require(client.receiving() == (switched ? http1::Receiving::switched : http1::Receiving::done),
                "the response is not complete:\n" + wire);
        require(client.persistence().keep_alive() == server.persistence().keep_alive(),
                "they disagree whether the connection persists: " + client.persistence().to_string() + " / " +
                    server.persistence().to_string() + "\n" + wire);
        if (!client.persistence().keep_alive()) {
            return 0;
        }
        require(client.next().has_value() && server.next().has_value(), "next() is refused:\n" + wire);
    }
    return 0;
}
