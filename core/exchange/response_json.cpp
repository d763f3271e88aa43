// Response::json(), apart from the rest: the parser is large.
#include <ferry/exceptions.hpp>
#include <ferry/response.hpp>

#include "core/message/name_request.hpp"
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

// Whether arrays and objects stand inside one another beyond the limit, whatever else is wrong with the text: only
// strings may have brackets in them that mean nothing.
bool is_too_deep(std::string_view text) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        switch (text[i]) {
            case '"': quoted = !quoted; break;
            case '\\': i += quoted ? 1U : 0U; break;
            case '[':
            case '{':
                if (!quoted && ++depth > max_json_depth) {
                    return true;
                }
                break;
            case ']':
            case '}': depth -= !quoted && depth > 0 ? 1U : 0U; break;
            default: break;
        }
    }
    return false;
}

[[noreturn]] void raise_bad_json(const Response& response, std::string_view what) {
    std::string message = "the body";
    if (response.url() != Url()) {
        message.append(" of ").append(response.method()).append(" ").append(response.url().display());
    }
    message.append(what);
    Error error{.code = Errc::decoding_failed,
                .message = std::move(message),
                .safe_to_retry = is_idempotent(response.method()),
                .request_bytes_sent = response.timings().bytes_sent};
    detail::name_request(error, response.method(), response.url().str(), response.timings());
    raise(std::move(error));
}

nlohmann::json parse(const Response& response, std::string_view text) {
    if (is_too_deep(text)) {
        raise_bad_json(response, " is JSON nested deeper than " + std::to_string(max_json_depth) + " levels");
    }
    return nlohmann::json::parse(text);
}

}  // namespace

nlohmann::json Response::json() const {
    const ConstBuffer bytes = parts_.content.bytes();
    if (bytes.empty()) {
        raise_bad_json(*this, " is not JSON: it is empty");
    }
    const Charset charset = detect_json_encoding(bytes);
    try {
        // The parser checks UTF-8 itself, and skips a byte order mark.
        return charset == Charset::utf8 ? parse(*this, as_text(bytes)) : parse(*this, to_utf8(bytes, charset));
    } catch (const nlohmann::json::parse_error& error) {
        raise_bad_json(*this, " is not JSON at byte " + std::to_string(error.byte) + ": " + explanation(error.what()));
    } catch (const nlohmann::json::exception& error) {
        raise_bad_json(*this, " is not JSON: " + explanation(error.what()));
    }
}

}  // namespace ferry
