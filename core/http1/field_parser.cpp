#include "core/http1/field_parser.hpp"

namespace ferry::http1 {

struct FieldParser::Callbacks {
    static FieldParser& self(llhttp_t* parser) noexcept { return *static_cast<FieldParser*>(parser->data); }

    static int head_complete(llhttp_t* parser) noexcept {
        self(parser).opinion_ = {true, (parser->flags & F_CHUNKED) != 0, (parser->flags & F_CONTENT_LENGTH) != 0,
                                 parser->content_length};
        parser->upgrade = 0;
        return 1;  // No body: bodies are begun by begin_chunked().
    }
};

namespace {

// A state to start from, and the settings that it points to.
struct Start {
    llhttp_settings_t settings{};
    llhttp_t parser{};

    Start(llhttp_type_t type, std::string_view lines, llhttp_cb head_complete) noexcept {
        llhttp_settings_init(&settings);
        llhttp_init(&parser, type, &settings);
        llhttp_set_lenient_version(&parser, 1);
        llhttp_execute(&parser, lines.data(), lines.size());
        settings.on_headers_complete = head_complete;
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;
};

}  // namespace

FieldParser::FieldParser(Role role) : role_(role) {}

void FieldParser::begin_head() noexcept {
    static const Start response(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\n", Callbacks::head_complete);
    static const Start request(HTTP_REQUEST, "POST / HTTP/1.1\r\n", Callbacks::head_complete);
    parser_ = role_ == Role::client ? response.parser : request.parser;
    parser_.data = this;
    opinion_ = {};
}

void FieldParser::begin_chunked() noexcept {
    static const Start body(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", nullptr);
    parser_ = body.parser;
    parser_.data = this;
}

bool FieldParser::feed(std::string_view bytes) noexcept {
    return llhttp_execute(&parser_, bytes.data(), bytes.size()) == HPE_OK;
}

}  // namespace ferry::http1
