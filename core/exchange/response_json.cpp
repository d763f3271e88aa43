// Response::json(), apart from the rest: the parser is large.
#include <ferry/exceptions.hpp>
#include <ferry/response.hpp>

#include "core/message/text.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ferry {

namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …" from "syntax" on. It quotes the
// last token, which may be long and is what the peer sent: it is cut, and made UTF-8.
std::string explanation(std::string_view what) {
    constexpr std::size_t longest = 200;
    if (const std::size_t end = what.find("] "); end != std::string_view::npos) {
        what.remove_prefix(end + 2);
    }
    if (what.starts_with("parse error")) {
        if (const std::size_t end = what.find(": "); end != std::string_view::npos) {
            what.remove_prefix(end + 2);
        }
    }
    std::string text = to_utf8(as_bytes(what.substr(0, longest)), Charset::utf8);
    return what.size() > longest ? text + "…" : text;
}

[[noreturn]] void raise_not_json(const Response& response, std::string_view what) {
    std::string message = "the body";
    if (response.url() != Url()) {
        message.append(" of ").append(response.method()).append(" ").append(response.url().display());
    }
    message.append(" is not JSON").append(what);
    raise({.code = Errc::decoding_failed, .message = std::move(message)}, response.method(), response.url().str());
}

}  // namespace

nlohmann::json Response::json() const {
    const ConstBuffer bytes = parts_.content.bytes();
    if (bytes.empty()) {
        raise_not_json(*this, ": it is empty");
    }
    const Charset charset = detect_json_encoding(bytes);
    try {
        // The parser checks UTF-8 itself, and skips a byte order mark.
        return charset == Charset::utf8 ? nlohmann::json::parse(as_text(bytes))
                                        : nlohmann::json::parse(to_utf8(bytes, charset));
    } catch (const nlohmann::json::parse_error& error) {
        raise_not_json(*this, " at byte " + std::to_string(error.byte) + ": " + explanation(error.what()));
    } catch (const nlohmann::json::exception& error) {
        raise_not_json(*this, ": " + explanation(error.what()));
    }
}

}  // namespace ferry
