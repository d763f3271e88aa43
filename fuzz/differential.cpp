// The codec against the plain reader of RFC 9112, message after message: what the codec accepts, the plain reader accepts,
// reads the same out of its head and frames the same. What the codec refuses, the plain reader refuses too, or the rule is
// one of those that the codec adds on purpose.
// The letter in front is that of stream.hpp; lower case means the server role.
#include "fuzz/plain_reader.hpp"
#include "fuzz/stream.hpp"
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
using Verdict = Plain::Verdict;

// What the codec tells of one message.
struct Read {
    std::vector<std::string> heads{};  // The last of them the final one, if it came.
    bool end = false;
    bool upgrade = false;
    bool error = false;
    bool closed = false;
    std::string body{};
    std::string trailers{};
};

std::string wire(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string all;
    for (const auto& [name, value] : fields) {
        all += name + ": " + value + "\r\n";
    }
    return all;
}

std::string text_of(const Plain& plain, Role role) {
    const std::string start =
        role == Role::client ? std::to_string(plain.status) + "|" + plain.reason : plain.method + "|" + plain.target;
    return start + "|" + plain.version + "\n" + wire(plain.fields);
}

std::string text_of(Machine& machine, const Event& event) {
    const auto with = [](const std::string& start, Version version, const Headers& headers) {
        return start + "|" + std::string(to_string(version)).substr(5) + "\n" + std::string(headers.wire());
    };
    if (machine.role() == Role::client) {
        const ResponseHead& head = machine.response_head(event);
        return with(std::to_string(head.status) + "|" + head.reason, head.version, head.headers);
    }
    const RequestHead& head = machine.request_head(event);
    return with(head.method + "|" + head.target, head.version, head.headers);
}

// Rules that the plain reader does not have: docs/http1.md lists them.
bool on_purpose(Errc code, std::string_view why) {
    switch (code) {
        case Errc::start_line_too_long:
        case Errc::header_block_too_large:
        case Errc::too_many_fields:
        case Errc::chunk_extensions_too_large:
        case Errc::too_many_informational:
        case Errc::unexpected_upgrade:
        case Errc::http2_preface:
        case Errc::bad_request_target:  // The forms of targets.
        case Errc::bad_host:            // The grammar of Host.
            return true;
        case Errc::bad_chunk:  // The grammar of extensions, and the number of digits.
            return why.find("extensions") != std::string_view::npos || why.find("digits") != std::string_view::npos;
        case Errc::bad_content_length:
        case Errc::bad_transfer_encoding:  // The grammar of parameters.
            return why.find("CONNECT") != std::string_view::npos ||
                   why.find("list of codings") != std::string_view::npos;
        default: return false;
    }
}

class Comparison {
public:
    Comparison(const http1::test::Script& script, std::string_view stream)
        : script_(script), role_(script.role), stream_(stream), machine_(script.role, script.limits) {
        machine_.hold_back(true);
    }

    void play() {
        const std::size_t requests = script_.methods.size();
        for (std::size_t number = 0; role_ == Role::server || number < requests; ++number) {
            if (role_ == Role::client) {
                ask(number);
            }
            Read got;
            take(machine_.receive(as_bytes(number == 0 ? stream_ : std::string_view())), got);
            if (!compare(got) || !proceed()) {
                return;
            }
        }
    }

private:
    void ask(std::size_t number) {
        method_ = script_.methods[number];
        Headers headers{{"host", "h"}};
        if (number < script_.upgrade.size()) {
            headers.add("connection", "upgrade");
            headers.add("upgrade", script_.upgrade[number]);
        }
        holds(machine_.send_request(method_, method_ == "CONNECT" ? "h:1" : "/", headers).has_value(),
              "the request is refused");
    }

    void take(std::span<const Event> events, Read& got) {
        for (const Event& event : events) {
            switch (event.type) {
                case Event::Type::informational:
                case Event::Type::head: got.heads.push_back(text_of(machine_, event)); break;
                case Event::Type::upgrade: got.upgrade = true; [[fallthrough]];
                case Event::Type::data: got.body += as_text(event.data); break;
                case Event::Type::trailers: got.trailers = machine_.trailers(event).wire(); break;
                case Event::Type::end: got.end = true; break;
                case Event::Type::closed: got.closed = true; break;
                case Event::Type::error: got.error = true; break;
            }
        }
    }

    // Reads the next message, with the interim responses before it, a second time.
    void read_plainly(std::vector<std::string>& heads) {
        for (;;) {
            plain_ =
                role_ == Role::client ? read_response(stream_.substr(at_), method_) : read_request(stream_.substr(at_));
            if (plain_.head) {
                heads.push_back(text_of(plain_, role_));
            }
            if (plain_.verdict != Verdict::message || role_ == Role::server || plain_.status >= 200) {
                return;
            }
            at_ += plain_.end;
        }
    }

    // True if the message is complete.
    bool compare(Read& got) {
        std::vector<std::string> heads;
        read_plainly(heads);
        story_ = "plain: " + plain_.why + "\ncodec: " + (got.error ? machine_.error().message : "accepts") +
                 "\nbody: " + got.body;
        if (got.error) {
            holds(plain_.verdict == Verdict::refused || plain_.verdict == Verdict::incomplete ||
                      on_purpose(machine_.error().code, machine_.error().message),
                  "the codec alone refuses");
            heads.resize(std::min(heads.size(), got.heads.size()));
            holds(got.heads == heads, "other heads before the error");
            return false;
        }
        holds(plain_.verdict != Verdict::refused, "the plain reader alone refuses");
        holds(got.heads == heads, "other heads");
        switch (plain_.verdict) {
            case Verdict::incomplete:
                holds(!got.end && !got.upgrade, "the codec ends too early");
                if (script_.eof) {
                    cut_short();
                }
                return false;
            case Verdict::message:
                holds(got.end, "the codec does not see the end");
                at_ += plain_.end;
                holds(stream_.size() - machine_.held_back() == at_, "the codec ends elsewhere");
                holds(got.body == plain_.body && got.trailers == wire(plain_.trailers), "another body");
                return true;
            case Verdict::to_the_end:
                holds(!got.end && got.body == plain_.body, "another body, or one that ends");
                if (script_.eof) {
                    take(machine_.eof(), got);
                    holds(got.end && !got.error, "the end of the connection does not end the body");
                }
                return false;
            case Verdict::switched:
                holds(got.upgrade && got.body == stream_.substr(at_ + plain_.end), "the codec stays in HTTP");
                return false;
            case Verdict::refused: break;
        }
        return false;
    }

    // The connection ends inside a message, or before one.
    void cut_short() {
        Read rest;
        take(machine_.eof(), rest);
        holds(!rest.end && rest.error != rest.closed, "a message that was cut short ends");
        // Empty lines before a request are none, and so is half of one.
        std::string_view left = stream_.substr(at_);
        while (left.starts_with("\r\n")) {
            left.remove_prefix(2);
        }
        holds(rest.closed == (role_ == Role::server && (left.empty() || left == "\r")), "a clean end inside a message");
    }

    // The next message, if the connection persists.
    bool proceed() {
        if (role_ == Role::server) {
            if (plain_.method == "CONNECT") {
                return false;
            }
            holds(
                machine_.send_response(200, "OK", {{"content-length", "0"}, {"connection", "keep-alive"}}).has_value(),
                "the response is refused");
        }
        const bool persists = machine_.next().has_value();
        holds(persists == !plain_.closes, "another view of whether the connection persists");
        return persists;
    }

    void holds(bool that, const std::string& why) const {
        require(that, that ? std::string() : why + "\n" + story_ + "\nstream:\n" + std::string(stream_));
    }

    const http1::test::Script& script_;
    Role role_;
    std::string_view stream_;
    Machine machine_;
    std::size_t at_ = 0;  // Where the message begins.
    std::string method_;
    Plain plain_;
    std::string story_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(ferry::fuzz::text_of(data, size));
    const unsigned letter = input.byte();
    const http1::test::Script script = script_of((letter & 32U) != 0 ? Role::server : Role::client, letter);
    Comparison(script, input.rest()).play();
    return 0;
}
