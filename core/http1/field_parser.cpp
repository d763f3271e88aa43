#include "core/http1/field_parser.hpp"

#include "core/http1/line.hpp"

#include <algorithm>
#include <cstring>

namespace ferry::http1 {

namespace {

// More lines than that in one piece are read one by one.
constexpr std::size_t usual_lines = 64;

constexpr std::ptrdiff_t longest_name = longest_field_name;

constexpr bool is_white(char c) noexcept { return c == ' ' || c == '\t'; }

}  // namespace

struct FieldParser::Callbacks {
    static FieldParser& self(llhttp_t* parser) noexcept { return *static_cast<FieldParser*>(parser->data); }

    static int field(llhttp_t* parser, const char* at, std::size_t size) noexcept {
        FieldParser& own = self(parser);
        own.name_end_ = at == own.line_ ? at + size : nullptr;
        return HPE_OK;
    }

    // llhttp unfolds lines, and cuts what it has not got yet: a line is noted only if all of it is seen here.
    static int value(llhttp_t* parser, const char* at, std::size_t size) noexcept {
        FieldParser& own = self(parser);
        const char* const colon = own.name_end_;
        const char* const ending = at + size;
        own.name_end_ = nullptr;
        if (colon == nullptr || at - colon != 2 || std::memcmp(colon, ": ", 2) != 0 || size == 0 ||
            own.end_ - ending < 2 || std::memcmp(ending, "\r\n", 2) != 0 || is_white(ending[-1]) ||
            colon - own.line_ > longest_name || own.next_ == own.last_) {
            return HPE_OK;  // line_ stays here, so no later line is one that follows.
        }
        *own.next_++ = {static_cast<std::uint32_t>(colon - own.line_), static_cast<std::uint32_t>(size)};
        own.line_ = ending + 2;
        return HPE_OK;
    }

    static int head_complete(llhttp_t* parser) noexcept {
        self(parser).opinion_ = {true, (parser->flags & F_CHUNKED) != 0, (parser->flags & F_CONTENT_LENGTH) != 0,
                                 parser->content_length};
        return complete(parser);
    }

    static int complete(llhttp_t* parser) noexcept {
        self(parser).complete_ = true;
        return HPE_PAUSED;
    }
};

namespace {

// A state to start from, behind `lines`, and the settings that it points to.
class Start {
public:
    Start(llhttp_type_t type, std::string_view lines, const llhttp_settings_t& callbacks) noexcept {
        llhttp_settings_init(&settings_);
        llhttp_init(&parser_, type, &settings_);
        llhttp_set_lenient_version(&parser_, 1);
        llhttp_execute(&parser_, lines.data(), lines.size());
        settings_ = callbacks;
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    [[nodiscard]] const llhttp_t& parser() const noexcept { return parser_; }

private:
    llhttp_settings_t settings_{};
    llhttp_t parser_{};
};

llhttp_settings_t settings_with(llhttp_data_cb field, llhttp_data_cb value, llhttp_cb headers, llhttp_cb message) {
    llhttp_settings_t settings{};
    llhttp_settings_init(&settings);
    settings.on_header_field = field;
    settings.on_header_value = value;
    settings.on_headers_complete = headers;
    settings.on_message_complete = message;
    return settings;
}

}  // namespace

FieldParser::FieldParser(Role role) : role_(role) {}

void FieldParser::begin_head() noexcept {
    static const llhttp_settings_t settings =
        settings_with(Callbacks::field, Callbacks::value, Callbacks::head_complete, nullptr);
    static const Start response(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\n", settings);
    static const Start request(HTTP_REQUEST, "POST / HTTP/1.1\r\n", settings);
    begin((role_ == Role::client ? response : request).parser());
    opinion_ = {};
}

void FieldParser::begin_chunked() noexcept {
    static const Start body(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                            settings_with(Callbacks::field, Callbacks::value, nullptr, Callbacks::complete));
    begin(body.parser());
}

void FieldParser::begin(const llhttp_t& start) noexcept {
    parser_ = start;
    parser_.data = this;
    complete_ = false;
}

bool FieldParser::feed(std::string_view bytes) noexcept {
    last_ = next_ = lines_.data();
    return execute(bytes);
}

bool FieldParser::feed_lines(std::string_view bytes, std::size_t most) {
    if (lines_.empty()) {
        lines_.resize(usual_lines);
    }
    next_ = lines_.data();
    last_ = next_ + std::min(most, lines_.size());
    line_ = bytes.data();
    name_end_ = nullptr;
    end_ = line_ + bytes.size();
    return execute(bytes);
}

bool FieldParser::execute(std::string_view bytes) noexcept {
    return llhttp_execute(&parser_, bytes.data(), bytes.size()) == HPE_OK || complete_;
}

}  // namespace ferry::http1
