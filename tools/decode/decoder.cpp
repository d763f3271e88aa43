#include "tools/decode/decoder.hpp"

#include "tools/utf8.hpp"

#include <utility>

namespace ferry::tools {

namespace {

using http1::Event;
using http1::Role;
using nlohmann::ordered_json;

std::string version(Version value) { return std::to_string(value.major) + "." + std::to_string(value.minor); }

ordered_json fields(const Headers& headers) {
    ordered_json list = ordered_json::array();
    for (const Field field : headers) {
        list.push_back(ordered_json::array({printable(field.name), printable(field.value)}));
    }
    return list;
}

}  // namespace

std::string printable(std::string_view bytes) { return as_utf8(bytes); }

// Bytes behind a message are held back while it is told, so that what is told of it does not depend on the split.
Decoder::Decoder(DecodeOptions options) : options_(std::move(options)), machine_(options_.role) {
    machine_.hold_back(true);
}

std::string Decoder::receive(ConstBuffer bytes) {
    if (!bytes.empty() && !failed_) {
        received_ += bytes.size();
        request();
        take(machine_.receive(bytes));
        while (machine_.held_back() > 0 && !failed_) {
            if (!open_) {
                error(Errc::unexpected_bytes, "there are bytes behind the last message",
                      received_ - machine_.held_back());
                break;
            }
            request();
            take(machine_.receive({}));
        }
    }
    return std::exchange(out_, {});
}

std::string Decoder::finish(bool closed) {
    if (switched_) {
        line({{"event", "upgrade"}, {"leftover", leftover_}});
    } else if (closed && !failed_) {
        take(machine_.eof());
    }
    return std::exchange(out_, {});
}

// A request is sent when the first byte of its answer is there: so the end of the stream before it is a clean one.
void Decoder::request() {
    const bool due = options_.role == Role::client && open_ && machine_.sending() == http1::Sending::idle;
    if (!due) {
        return;
    }
    const std::string& method = options_.methods[std::min(asked_, options_.methods.size() - 1)];
    const bool connect = method == "CONNECT";
    // Asking for an upgrade makes a 101 legal, and nothing else.
    const Headers headers =
        connect ? Headers{{"host", "h"}} : Headers{{"host", "h"}, {"connection", "upgrade"}, {"upgrade", "any"}};
    if (machine_.send_request(method, connect ? "h:1" : "/", headers)) {
        ++asked_;
    }
}

void Decoder::take(std::span<const Event> events) {
    for (const Event& event : events) {
        take(event);
    }
    // Not in the loop: next() ends the events.
    if (std::exchange(complete_, false)) {
        const bool last = options_.role == Role::client && !options_.repeat && asked_ == options_.methods.size();
        open_ = !last && machine_.next().has_value();
    }
}

void Decoder::take(const Event& event) {
    switch (event.type) {
        case Event::Type::informational:
        case Event::Type::head: {
            if (options_.role == Role::server) {
                return head(machine_.request_head(event));
            }
            const ResponseHead& head = machine_.response_head(event);
            line({{"event", event.type == Event::Type::head ? "head" : "informational"},
                  {"status", head.status},
                  {"reason", printable(head.reason)},
                  {"version", version(head.version)},
                  {"headers", fields(head.headers)}});
            return;
        }
        case Event::Type::data:
            if (switched_) {
                leftover_ += event.data.size();
            } else {
                body_size_ += event.data.size();
                body_hash_.update(event.data);
            }
            return;
        case Event::Type::trailers:
            data();
            line({{"event", "trailers"}, {"headers", fields(machine_.trailers(event))}});
            return;
        case Event::Type::end: return end();
        case Event::Type::upgrade:
            switched_ = true;
            leftover_ += event.data.size();
            return;
        case Event::Type::closed:
            if (!switched_) {
                line({{"event", "closed"}});
            }
            return;
        case Event::Type::error: return error(machine_.error().code, machine_.error().message, machine_.error_offset());
    }
}

void Decoder::head(const RequestHead& head) {
    line({{"event", "head"},
          {"method", printable(head.method)},
          {"target", printable(head.target)},
          {"version", version(head.version)},
          {"headers", fields(head.headers)}});
    connecting_ = head.method == "CONNECT";
    upgrading_ = !connecting_ && head.version >= Version{1, 1} && head.headers.count(KnownField::upgrade) > 0 &&
                 has_token(head.headers, "connection", "upgrade");
}

void Decoder::data() {
    if (body_size_ > 0) {
        line({{"event", "data"}, {"size", std::exchange(body_size_, 0)}, {"sha256", body_hash_.finish()}});
    }
}

void Decoder::end() {
    data();
    const bool keep_alive = machine_.persistence().keep_alive();
    if (options_.role == Role::server && answer()) {
        return;  // No longer HTTP.
    }
    line({{"event", "end"}, {"keep_alive", keep_alive}});
    complete_ = true;
}

void Decoder::error(Errc code, std::string_view message, std::uint64_t offset) {
    failed_ = true;
    line({{"event", "error"}, {"code", name_of(code)}, {"message", message}, {"offset", offset}});
}

// Server role: as if the request had been answered. True if that ends HTTP on this connection.
bool Decoder::answer() {
    Result<ConstBuffer> sent =
        connecting_  ? machine_.send_response(200, "OK", {})
        : upgrading_ ? machine_.send_response(101, "Switching Protocols", {{"upgrade", "any"}})
                     : machine_.send_response(200, "OK", {{"content-length", "0"}, {"connection", "keep-alive"}});
    switched_ = sent && machine_.sending() == http1::Sending::switched;
    return switched_;
}

void Decoder::line(const ordered_json& object) {
    out_ += object.dump();
    out_ += '\n';
}

}  // namespace ferry::tools
