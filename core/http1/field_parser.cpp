#include "core/http1/field_parser.hpp"

namespace ferry::http1 {

namespace {

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

void FieldParser::make_room() { lines_.resize(most_lines); }

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
