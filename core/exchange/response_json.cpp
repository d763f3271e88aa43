// Response::json(), apart from the rest: the parser is large.
#include <ferry/exceptions.hpp>
#include <ferry/response.hpp>

#include "core/message/text.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace ferry {

namespace {

// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …" from "syntax" on.
std::string_view explanation(std::string_view what) {
    if (const std::size_t end = what.find("] "); end != std::string_view::npos) {
        what.remove_prefix(end + 2);
    }
    if (what.starts_with("parse error")) {
        if (const std::size_t end = what.find(": "); end != std::string_view::npos) {
            what.remove_prefix(end + 2);
        }
    }
    return what;
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
        raise_not_json(*this, " at byte " + std::to_string(error.byte) + ": " + std::string(explanation(error.what())));
    } catch (const nlohmann::json::exception& error) {
        raise_not_json(*this, ": " + std::string(explanation(error.what())));
    }
}

}  // namespace ferry
