#include "core/http1/field_parser.hpp"

namespace ferry::http1 {

struct FieldParser::Callbacks {
    static FieldParser& self(llhttp_t* parser) noexcept { return *static_cast<FieldParser*>(parser->data); }

    static int name(llhttp_t* parser, const char* at, std::size_t size) noexcept {
        // Lines are fed whole, so each name and each value comes in one piece.
        self(parser).views_.push_back({at, nullptr, static_cast<std::uint32_t>(size), 0});
        return 0;
    }

    static int value(llhttp_t* parser, const char* at, std::size_t size) noexcept {
        std::vector<View>& views = self(parser).views_;
        // Of an empty value llhttp tells only with the next line, which may be that of another call.
        if (!views.empty()) {
            views.back().value = at;
            views.back().value_size = static_cast<std::uint32_t>(size);
        }
        return 0;
    }

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

    Start(llhttp_type_t type, llhttp_data_cb name, llhttp_data_cb value, llhttp_cb head_complete,
          std::string_view lines) noexcept {
        llhttp_settings_init(&settings);
        llhttp_init(&parser, type, &settings);
        llhttp_set_lenient_version(&parser, 1);
        llhttp_execute(&parser, lines.data(), lines.size());
        settings.on_header_field = name;
        settings.on_header_value = value;
        settings.on_headers_complete = head_complete;
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;
};

}  // namespace

FieldParser::FieldParser(Role role) : role_(role) { views_.reserve(32); }

void FieldParser::begin_head() noexcept {
    static const Start response(HTTP_RESPONSE, Callbacks::name, Callbacks::value, Callbacks::head_complete,
                                "HTTP/1.1 200 OK\r\n");
    static const Start request(HTTP_REQUEST, Callbacks::name, Callbacks::value, Callbacks::head_complete,
                               "POST / HTTP/1.1\r\n");
    parser_ = role_ == Role::client ? response.parser : request.parser;
    parser_.data = this;
    opinion_ = {};
    views_.clear();
}

void FieldParser::begin_chunked() noexcept {
    static const Start body(HTTP_RESPONSE, Callbacks::name, Callbacks::value, nullptr,
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    parser_ = body.parser;
    parser_.data = this;
    views_.clear();
}

bool FieldParser::feed_lines(std::string_view lines) noexcept {
    views_.clear();
    return feed(lines);
}

bool FieldParser::feed(std::string_view bytes) noexcept {
    return llhttp_execute(&parser_, bytes.data(), bytes.size()) == HPE_OK;
}

}  // namespace ferry::http1
