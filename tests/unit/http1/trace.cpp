#include "tests/unit/http1/trace.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace ferry::http1::test {

namespace {

class Player {
public:
    Player(const Script& script, std::string_view stream, const Pieces& pieces)
        : script_(script), machine_(script.role, script.limits), left_(stream), pieces_(pieces) {
        machine_.hold_back(script.hold_back && script.methods.size() > 1);
        request();
    }

    std::string play() {
        while (!left_.empty()) {
            const std::size_t size = std::clamp<std::size_t>(pieces_(left_.size()), 1, left_.size());
            // The memory is gone afterwards, as a transport's would be: sanitizers see a machine that keeps views into it.
            const std::unique_ptr<char[]> piece(new char[size]);
            std::copy_n(left_.data(), size, piece.get());
            left_.remove_prefix(size);
            take(machine_.receive(as_bytes({piece.get(), size})));
        }
        if (script_.eof) {
            take(machine_.eof());
        }
        flush();
        return log_;
    }

private:
    void request() {
        if (script_.role != Role::client || asked_ == script_.methods.size()) {
            return;
        }
        Headers headers{{"host", "h"}};
        if (asked_ < script_.upgrade.size() && !script_.upgrade[asked_].empty()) {
            headers.add("connection", "upgrade");
            headers.add("upgrade", script_.upgrade[asked_]);
        }
        const std::string& method = script_.methods[asked_];
        if (!machine_.send_request(method, method == "CONNECT" ? "h:1" : "/", headers)) {
            line("request refused");
        }
        ++asked_;
    }

    void answer() {
        const bool switches = machine_.receiving() == Receiving::done && script_.switches && (connect_ || upgrade_);
        const auto sent =
            switches ? (connect_ ? machine_.send_response(200, "OK", {})
                                 : machine_.send_response(101, "Switching Protocols", {{"upgrade", "x"}}))
                     : machine_.send_response(200, "OK", {{"content-length", "0"}, {"connection", "keep-alive"}});
        if (!sent) {
            line("response refused: " + sent.error().message);
        }
    }

    void take(std::span<const Event> events) {
        bool ended = false;
        for (const Event& event : events) {
            ended = take(event) || ended;
        }
        // Not in the loop: next() ends the events.
        if (ended && proceed()) {
            take(machine_.receive({}));
        }
    }

    // True if the message is complete.
    bool take(const Event& event) {
        switch (event.type) {
            case Event::Type::informational: head("informational", machine_.response_head(event)); return false;
            case Event::Type::head:
                if (script_.role == Role::client) {
                    head("head", machine_.response_head(event));
                } else {
                    head(machine_.request_head(event));
                }
                return false;
            case Event::Type::data: data_ += as_text(event.data); return false;
            case Event::Type::trailers: line("trailers" + fields(machine_.trailers(event))); return false;
            case Event::Type::end: end(); return true;
            case Event::Type::upgrade:
                line("upgrade");
                data_ += as_text(event.data);
                return false;
            case Event::Type::closed: line("closed"); return false;
            case Event::Type::error:
                line("error " + std::string(name_of(machine_.error().code)) + " @" +
                     std::to_string(machine_.error_offset()));
                return false;
        }
        return false;
    }

    void end() {
        // With a single request, what follows is in the same batch for some splits and not for others.
        Persistence persistence;
        for (const CloseReason reason : machine_.persistence().reasons()) {
            if (reason != CloseReason::unexpected_bytes) {
                persistence.add(reason);
            }
        }
        line("end " + persistence.to_string());
    }

    // True if what is held back, the next message or bytes that are no longer HTTP, may be read.
    bool proceed() {
        if (script_.role == Role::server) {
            answer();
            return machine_.sending() == Sending::switched || machine_.next().has_value();
        }
        if (asked_ < script_.methods.size() && machine_.next()) {
            request();
            return true;
        }
        return false;
    }

    void head(std::string_view what, const ResponseHead& head) {
        line(std::string(what) + " " + std::to_string(head.status) + " " + visible(head.reason) + " " +
             std::string(to_string(head.version)).substr(5) + fields(head.headers));
    }

    void head(const RequestHead& head) {
        line("head " + head.method + " " + head.target + " " + std::string(to_string(head.version)).substr(5) +
             fields(head.headers));
        connect_ = head.method == "CONNECT";
        upgrade_ = head.headers.contains("upgrade") && has_token(head.headers, "connection", "upgrade") &&
                   head.version >= Version{1, 1};
    }

    static std::string fields(const Headers& headers) {
        std::string text;
        for (const Field field : headers) {
            text += text.empty() ? " | " : ", ";
            text += visible(field.name);
            text += ": ";
            text += visible(field.value);
        }
        return text;
    }

    void flush() {
        if (!data_.empty()) {
            const std::string text = "data " + visible(data_);
            data_.clear();
            line(text);
        }
    }

    void line(const std::string& text) {
        flush();
        log_ += text;
        log_ += '\n';
    }

    const Script& script_;
    Machine machine_;
    std::string_view left_;
    const Pieces& pieces_;
    std::size_t asked_ = 0;
    bool connect_ = false;
    bool upgrade_ = false;
    std::string data_;
    std::string log_;
};

}  // namespace

std::string visible(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= 0x20 && c < 0x7f) {
            out += c;
            continue;
        }
        char code[8];
        std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += code;
    }
    return out;
}

Pieces whole() {
    return [](std::size_t left) { return left; };
}

Pieces byte_by_byte() {
    return [](std::size_t) { return std::size_t{1}; };
}

Pieces random_pieces(std::uint64_t seed) {
    return [state = seed | 1](std::size_t) mutable {
        // xorshift64, and mostly small pieces.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return static_cast<std::size_t>(1 + (state >> 20) % ((state >> 8) % 4 == 0 ? 64 : 5));
    };
}

std::string trace(const Script& script, std::string_view stream, const Pieces& pieces) {
    return Player(script, stream, pieces).play();
}

std::string trace_every_split(const Script& script, std::string_view stream) {
    const std::string all = trace(script, stream, whole());
    const auto differs = [&](std::string_view how, const std::string& other) {
        return "NOT THE SAME FOR EVERY SPLIT\nwhole:\n" + all + std::string(how) + ":\n" + other;
    };
    if (const std::string other = trace(script, stream, byte_by_byte()); other != all) {
        return differs("byte by byte", other);
    }
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        if (const std::string other = trace(script, stream, random_pieces(seed * 0x9e3779b97f4a7c15U)); other != all) {
            return differs("seed " + std::to_string(seed), other);
        }
    }
    // Every cut into two, where that is not too many.
    if (stream.size() <= 400) {
        for (std::size_t cut = 1; cut < stream.size(); ++cut) {
            bool first = true;
            const Pieces two = [cut, &first](std::size_t left) { return std::exchange(first, false) ? cut : left; };
            if (const std::string other = trace(script, stream, two); other != all) {
                return differs("cut at " + std::to_string(cut), other);
            }
        }
    }
    return all;
}

}  // namespace ferry::http1::test
