#include "tests/bench/codec/http_parser.hpp"

#include <http_parser.h>

#include <utility>
#include <vector>

namespace bench {

struct HttpParser::State {
    ::http_parser parser{};
    ::http_parser_settings settings{};
    std::string_view reason{};
    std::vector<std::pair<std::string_view, std::string_view>> fields{};
    std::vector<std::string_view> body{};
    bool in_name = false;
    bool complete = false;
};

namespace {

template <class State>
State& state_of(::http_parser* parser) {
    return *static_cast<State*>(parser->data);
}

void extend(std::string_view& view, std::size_t size) { view = {view.data(), view.size() + size}; }

}  // namespace

HttpParser::HttpParser() : state_(std::make_unique<State>()) {
    ::http_parser_settings& settings = state_->settings;
    ::http_parser_settings_init(&settings);
    settings.on_status = [](::http_parser* p, const char* at, std::size_t size) {
        state_of<State>(p).reason = {at, size};
        return 0;
    };
    settings.on_header_field = [](::http_parser* p, const char* at, std::size_t size) {
        State& own = state_of<State>(p);
        if (std::exchange(own.in_name, true)) {
            extend(own.fields.back().first, size);
        } else {
            own.fields.push_back({{at, size}, {at, 0}});
        }
        return 0;
    };
    settings.on_header_value = [](::http_parser* p, const char* at, std::size_t size) {
        State& own = state_of<State>(p);
        if (std::exchange(own.in_name, false)) {
            own.fields.back().second = {at, size};
        } else {
            extend(own.fields.back().second, size);
        }
        return 0;
    };
    settings.on_body = [](::http_parser* p, const char* at, std::size_t size) {
        state_of<State>(p).body.push_back({at, size});
        return 0;
    };
    settings.on_message_complete = [](::http_parser* p) {
        state_of<State>(p).complete = true;
        return 0;
    };
    ::http_parser_init(&state_->parser, HTTP_RESPONSE);
    state_->parser.data = state_.get();
}

HttpParser::~HttpParser() = default;

std::size_t HttpParser::read(std::string_view message) {
    State& own = *state_;
    own.fields.clear();
    own.body.clear();
    own.complete = false;
    const std::size_t parsed = ::http_parser_execute(&own.parser, &own.settings, message.data(), message.size());
    if (parsed != message.size() || HTTP_PARSER_ERRNO(&own.parser) != HPE_OK || !own.complete) {
        return 0;
    }
    return own.fields.size() + own.body.size() + own.reason.size();
}

}  // namespace bench
