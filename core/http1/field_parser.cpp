#include "core/http1/field_parser.hpp"

#include "core/http1/line.hpp"
#include "core/message/field_bytes.hpp"

#include <algorithm>
#include <cstring>

namespace ferry::http1 {

namespace {

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t'; }

const char* skip_token(const char* at, const char* end) noexcept {
    return std::find_if_not(at, end, [](char c) { return detail::contains(detail::token_bytes, c); });
}

// A line that is wholly there and like nearly all: "Name: value" (RFC 9112 section 5) with one space, no other white space
// around the value, which is not empty, and CRLF. It is taken off the front of `text`; false if another comes first.
bool take_usual_line(std::string_view& text, Headers::Line& line) noexcept {
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const char* const colon = skip_token(begin, end);
    if (colon == begin || end - colon < 5 || std::memcmp(colon, ": ", 2) != 0 || is_white(colon[2]) ||
        static_cast<std::size_t>(colon - begin) > longest_field_name) {
        return false;
    }
    const char* const value = colon + 2;
    const char* const ending = detail::skip_value(value, end);
    if (ending == value || end - ending < 2 || std::memcmp(ending, "\r\n", 2) != 0 || is_white(ending[-1])) {
        return false;
    }
    line = {static_cast<std::uint32_t>(colon - begin), static_cast<std::uint32_t>(ending - value)};
    text.remove_prefix(static_cast<std::size_t>(ending + 2 - begin));
    return true;
}

// A state to start from, behind `lines`, and the settings that it points to.
class Start {
public:
    Start(llhttp_type_t type, std::string_view lines) noexcept {
        llhttp_settings_init(&settings_);
        llhttp_init(&parser_, type, &settings_);
        llhttp_set_lenient_version(&parser_, 1);
        llhttp_execute(&parser_, lines.data(), lines.size());
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    [[nodiscard]] const llhttp_t& parser() const noexcept { return parser_; }

private:
    llhttp_settings_t settings_{};
    llhttp_t parser_{};
};

}  // namespace

FieldParser::FieldParser(Role role) : role_(role) {}

void FieldParser::note_lines(std::string_view bytes, std::size_t most) {
    if (lines_.empty()) {
        lines_.resize(most_lines);
    }
    count_ = 0;
    most = std::min(most, lines_.size());
    std::string_view rest = bytes;
    while (count_ < most && take_usual_line(rest, lines_[count_])) {
        ++count_;
    }
    lines_end_ = rest.data();
    complete_ = rest.starts_with("\r\n");
}

bool FieldParser::accepts(std::string_view line) noexcept {
    static const Start response(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\n");
    static const Start request(HTTP_REQUEST, "POST / HTTP/1.1\r\n");
    parser_ = (role_ == Role::client ? response : request).parser();
    return feed(line);
}

void FieldParser::begin_chunked() noexcept {
    static const Start body(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    parser_ = body.parser();
}

bool FieldParser::feed(std::string_view bytes) noexcept {
    return llhttp_execute(&parser_, bytes.data(), bytes.size()) == HPE_OK;
}

}  // namespace ferry::http1
