// The codec against the plain reader of RFC 9112: what the codec accepts, the plain reader accepts, and frames the same.
// What the codec refuses, the plain reader refuses too, or the rule is one of those that the codec adds on purpose.
// The letter in front is that of stream.hpp; lower case means the server role.
#include "fuzz/plain_reader.hpp"
#include "fuzz/stream.hpp"
#include "fuzz/target.hpp"

#include <ferry/http1.hpp>

#include <string>

namespace {

using namespace ferry;
using namespace ferry::fuzz;
using http1::Event;
using http1::Machine;
using http1::Role;

struct Read {
    bool head = false;
    bool interim = false;
    bool end = false;
    bool upgrade = false;
    bool error = false;
    std::string body{};
    std::string trailers{};
    std::string fields{};
};

Read read(Machine& machine, std::span<const Event> events, Read so_far) {
    for (const Event& event : events) {
        switch (event.type) {
            case Event::Type::informational:
                so_far.interim = true;
                so_far.fields = machine.response_head(event).headers.wire();
                return so_far;
            case Event::Type::head:
                so_far.head = true;
                so_far.fields = machine.role() == Role::client ? machine.response_head(event).headers.wire()
                                                               : machine.request_head(event).headers.wire();
                break;
            case Event::Type::data: so_far.body += as_text(event.data); break;
            case Event::Type::trailers: so_far.trailers = machine.trailers(event).wire(); break;
            case Event::Type::end: so_far.end = true; break;
            case Event::Type::upgrade: so_far.upgrade = true; return so_far;
            case Event::Type::closed: break;
            case Event::Type::error: so_far.error = true; break;
        }
    }
    return so_far;
}

std::string wire(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string all;
    for (const auto& [name, value] : fields) {
        all += name + ": " + value + "\r\n";
    }
    return all;
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
        case Errc::missing_host:        // The grammar of Host.
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

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(text_of(data, size));
    const unsigned letter = input.byte();
    const Role role = (letter & 32U) != 0 ? Role::server : Role::client;
    const std::string method = role == Role::client ? script_of(role, letter).methods.front() : "";
    const std::string_view stream = input.rest();

    Machine machine(role);
    if (role == Role::client) {
        machine.hold_back(true);
        const auto sent = machine.send_request(
            method, method == "CONNECT" ? "h:1" : "/",
            method == "CONNECT" ? Headers{{"host", "h"}}
                                : Headers{{"host", "h"}, {"connection", "upgrade"}, {"upgrade", "x"}});
        require(sent.has_value(), "the request is refused");
    }
    Read got = read(machine, machine.receive(as_bytes(stream)), {});
    const Plain plain = role == Role::client ? read_response(stream, method) : read_request(stream);
    const std::string story = "plain: " + plain.why + "\ncodec: " + (got.error ? machine.error().message : "accepts") +
                              "\nbody: " + got.body + "\nstream:\n" + std::string(stream);

    if (got.interim) {
        require(plain.verdict == Plain::Verdict::message, "an interim response to one of them alone\n" + story);
        require(got.fields == wire(plain.fields), "other fields of an interim response\n" + story);
        return 0;
    }
    if (got.error && !got.end) {
        require(plain.verdict == Plain::Verdict::refused || plain.verdict == Plain::Verdict::incomplete ||
                    on_purpose(machine.error().code, machine.error().message),
                "the codec alone refuses\n" + story);
        return 0;
    }
    require(plain.verdict != Plain::Verdict::refused, "the plain reader alone refuses\n" + story);
    if (got.head) {
        require(got.fields == wire(plain.fields), "other fields\n" + story);
    }
    switch (plain.verdict) {
        case Plain::Verdict::incomplete: require(!got.end && !got.upgrade, "the codec ends too early\n" + story); break;
        case Plain::Verdict::message:
            require(got.end, "the codec does not see the end\n" + story);
            require(stream.size() - machine.held_back() == plain.end, "the codec ends elsewhere\n" + story);
            require(got.body == plain.body && got.trailers == wire(plain.trailers), "another body\n" + story);
            break;
        case Plain::Verdict::to_the_end:
            require(got.head && !got.end, "the codec sees an end\n" + story);
            require(got.body == plain.body, "another body\n" + story);
            got = read(machine, machine.eof(), got);
            require(got.end && !got.error, "the end of the connection does not end the body\n" + story);
            break;
        case Plain::Verdict::switched: require(got.upgrade, "the codec stays in HTTP\n" + story); break;
        case Plain::Verdict::refused: break;
    }
    return 0;
}
