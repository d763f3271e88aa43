// The codec at the end of a pipe, for compare.py to hold against h11.
//
//     decode ROLE METHOD EOF SIZE\n BYTES    → the lines of `ferry decode`, then an empty line
//     encode SEED\n                          → one JSON object: a random request and its response, as bytes and as meant
#include "tools/decode/decoder.hpp"

#include <ferry/http1.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace ferry;
using nlohmann::json;

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
        text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

json pairs(const Headers& headers) {
    json list = json::array();
    for (const Field field : headers) {
        list.push_back({hex(field.name), hex(field.value)});
    }
    return list;
}

class Author {
public:
    explicit Author(std::uint64_t seed) : random_(seed) {}

    json exchange() {
        http1::Machine client(http1::Role::client);
        http1::Machine server(http1::Role::server);
        const std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "DELETE", "M-SEARCH"};
        const std::string method = methods[below(methods.size())];
        const std::string target = below(4) == 0 ? "http://h/" + token() : "/" + token() + "?a=" + token();
        json out{{"method", method}, {"target", target}};

        Headers request{{"Host", "h"}};
        std::string body;
        Headers trailers;
        content(request, trailers, body, method != "GET");
        decorate(request);
        std::string wire = written(client, client.send_request(method, target, request), body, trailers);
        out["request"] = {
            {"bytes", hex(wire)}, {"headers", pairs(request)}, {"body", hex(body)}, {"trailers", pairs(trailers)}};
        (void)server.receive(as_bytes(wire));

        const int status = below(8) == 0 ? 204 : below(8) == 0 ? 304 : 200 + static_cast<int>(below(300));
        Headers response;
        body.clear();
        trailers.clear();
        const bool bodiless = status == 204 || status == 304 || method == "HEAD";
        content(response, trailers, body, !bodiless);
        decorate(response);
        const std::string reason = below(3) == 0 ? "" : token() + " " + token();
        wire = written(server, server.send_response(status, reason, response), body, trailers);
        out["response"] = {{"bytes", hex(wire)},
                           {"status", status},
                           {"reason", hex(reason)},
                           {"headers", pairs(response)},
                           {"body", hex(body)},
                           {"trailers", pairs(trailers)},
                           {"closes", server.persistence().has(http1::CloseReason::ended_by_close)}};
        return out;
    }

private:
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

    std::string token() {
        std::string text;
        for (std::size_t i = 1 + below(12); i > 0; --i) {
            text += "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'*+"[below(72)];
        }
        return text;
    }

    std::string value() {
        std::string text = token();
        for (std::size_t i = below(4); i > 0; --i) {
            text += std::string_view(" \t\",;=()<>@\\\xe4\xff")[below(14)] + token();
        }
        return text;
    }

    void decorate(Headers& headers) {
        for (std::size_t i = below(6); i > 0; --i) {
            headers.add("X-" + std::string(1, static_cast<char>('A' + below(26))), below(6) == 0 ? "" : value());
        }
    }

    void content(Headers& headers, Headers& trailers, std::string& body, bool allowed) {
        if (!allowed) {
            return;
        }
        for (std::size_t i = below(3) == 0 ? below(5000) : below(40); i > 0; --i) {
            body += static_cast<char>(below(256));
        }
        if (below(2) == 0) {
            headers.add("Content-Length", std::to_string(body.size()));
        } else {
            headers.add("Transfer-Encoding", "chunked");
            if (below(3) == 0) {
                trailers.add("X-Trailer", value());
            }
        }
    }

    std::string written(http1::Machine& machine, const Result<ConstBuffer>& head, std::string_view body,
                        const Headers& trailers) {
        if (!head) {
            std::cerr << "refused: " << head.error().message << '\n';
            std::exit(1);
        }
        std::string wire(as_text(*head));
        const auto put = [&wire](const Result<http1::Segments>& segments) {
            if (!segments) {
                std::cerr << "refused: " << segments.error().message << '\n';
                std::exit(1);
            }
            for (const ConstBuffer& piece : *segments) {
                wire += as_text(piece);
            }
        };
        while (!body.empty()) {
            const std::string_view piece = body.substr(0, 1 + below(700));
            put(machine.send_data(as_bytes(piece)));
            body.remove_prefix(piece.size());
        }
        put(machine.send_end(trailers));
        return wire;
    }

    std::mt19937_64 random_;
};

}  // namespace

int main() {
    for (std::string command; std::cin >> command;) {
        if (command == "encode") {
            std::uint64_t seed = 0;
            std::cin >> seed;
            std::cout << Author(seed).exchange().dump() << std::endl;
            continue;
        }
        std::string role;
        std::string method;
        int closed = 0;
        std::size_t size = 0;
        std::cin >> role >> method >> closed >> size;
        std::cin.get();
        std::string bytes(size, '\0');
        std::cin.read(bytes.data(), static_cast<std::streamsize>(size));
        tools::Decoder decoder({role == "client" ? http1::Role::client : http1::Role::server, {method}, false});
        std::cout << decoder.receive(as_bytes(bytes)) << decoder.finish(closed != 0) << std::endl;
    }
    return 0;
}
