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
        const std::vector<std::string> methods{"GET", "HEAD", "POST", "PUT", "DELETE", "M-SEARCH", "CONNECT"};
        const std::string method = methods[below(methods.size())];
        const bool connect = method == "CONNECT";
        const bool upgrade = !connect && below(6) == 0;
        const std::string target = connect         ? "h:443"
                                   : below(4) == 0 ? "http://h/" + token()
                                                   : "/" + token() + "?a=" + token();

        Headers fields{{"Host", "h"}};
        std::string body;
        Headers trailers;
        content(fields, trailers, body, method != "GET" && !connect);
        if (upgrade) {
            fields.add("Upgrade", "a/1, b");
        }
        bool keeps = connection(fields, upgrade ? "Upgrade" : "");
        decorate(fields);
        std::string wire = written(client, client.send_request(method, target, fields), body, trailers);
        json request = meant(wire, fields, body, trailers);
        request["method"] = method;
        request["target"] = hex(target);
        request["outcome"] = connect || upgrade ? "switched" : "complete";
        request["keep_alive"] = keeps;
        (void)server.receive(as_bytes(wire));

        wire.clear();
        json interim = json::array();
        while (below(4) == 0) {
            const int hint = 102 + static_cast<int>(below(2));
            const std::string reason = token();
            Headers hints;
            decorate(hints);
            wire += as_text(*server.send_response(hint, reason, hints));
            interim.push_back({{"status", hint}, {"reason", hex(reason)}, {"headers", pairs(hints)}});
        }
        const bool agrees = (connect || upgrade) && below(2) == 0;
        const int status = agrees          ? (connect ? 200 + static_cast<int>(below(100)) : 101)
                           : connect       ? 407
                           : below(8) == 0 ? 204
                           : below(8) == 0 ? 304
                                           : 200 + static_cast<int>(below(300));
        fields.clear();
        body.clear();
        trailers.clear();
        const bool bodiless = status == 204 || status == 304 || method == "HEAD";
        const bool to_the_end = !agrees && !bodiless && below(4) == 0;
        if (to_the_end) {
            body = bytes();
        } else {
            content(fields, trailers, body, !agrees && !bodiless);
        }
        if (status == 101) {
            fields.add("Upgrade", "b");
        }
        keeps = connection(fields, status == 101 ? "upgrade" : "") && !to_the_end;
        decorate(fields);
        const std::string reason = below(3) == 0 ? "" : token() + " " + token();
        const auto head = server.send_response(status, reason, fields);
        if (agrees) {
            wire += as_text(*head);
            wire += bytes();  // No longer HTTP.
        } else {
            wire += written(server, head, body, trailers);
        }
        json response = meant(wire, fields, body, trailers);
        response["interim"] = interim;
        response["status"] = status;
        response["reason"] = hex(reason);
        response["outcome"] = agrees ? "switched" : "complete";
        response["keep_alive"] = keeps;
        return {{"request", request}, {"response", response}};
    }

private:
    static json meant(std::string_view wire, const Headers& fields, std::string_view body, const Headers& trailers) {
        return {{"bytes", hex(wire)}, {"headers", pairs(fields)}, {"body", hex(body)}, {"trailers", pairs(trailers)}};
    }

    // A Connection field, maybe, in which `option` must stand; false if it says "close".
    bool connection(Headers& headers, const std::string& option) {
        std::string options = option;
        const bool close = below(5) == 0;
        if (close || below(5) == 0) {
            const std::string more = close ? "close" : below(2) == 0 ? "keep-alive" : "X-A";
            options = options.empty() ? more : below(2) == 0 ? options + ", " + more : more + " ,," + options;
        }
        if (!options.empty()) {
            headers.add("Connection", options);
        }
        return !close;
    }

    std::string bytes() {
        std::string text;
        for (std::size_t i = below(3) == 0 ? below(5000) : below(40); i > 0; --i) {
            text += static_cast<char>(below(256));
        }
        return text;
    }

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
        body = bytes();
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
