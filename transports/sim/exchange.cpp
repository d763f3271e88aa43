#include <ferry/testing.hpp>

#include <utility>

#include "transports/sim/timeline.hpp"

namespace ferry::testing {

namespace {

void append_time(std::string& text, const char* what, const std::optional<Duration>& when) {
    if (when) {
        text += std::string(" ") + what + "=+" + in_seconds(*when);
    }
}

}  // namespace

std::optional<Errc> Exchange::errc() const noexcept {
    if (!error) {
        return std::nullopt;
    }
    return error->code;
}

std::string Exchange::summary() const {
    constexpr const char* states[] = {"open", "done", "failed"};
    std::string text = name + ": " + states[static_cast<std::size_t>(state)];
    for (const ResponseHead& interim : informational) {
        text += " " + std::to_string(interim.status);
    }
    if (head) {
        text += " " + std::to_string(head->status) + " " + head->reason + " [" + head->headers.dump() + "]";
    }
    text += " body=" + excerpt(body) + " #" + std::to_string(std::hash<std::string>{}(body));
    if (!trailers.empty()) {
        text += " trailers=[" + trailers.dump() + "]";
    }
    if (error) {
        text += " " + std::string(name_of(error->code)) + " '" + error->message + "' cause='" + error->cause.message() +
                "' sent=" + std::to_string(error->request_bytes_sent) + (error->safe_to_retry ? " safe_to_retry" : "");
    }
    text += upgraded ? " upgraded" : "";
    text += peer_done ? " peer_done" : "";
    append_time(text, "submitted", submitted_at);
    append_time(text, "head", head_at);
    append_time(text, "body", last_body_at);
    append_time(text, "ended", ended_at);
    return text;
}

Request make_request(std::string_view method, std::string_view url) {
    Request request;
    request.method = method;
    request.url = Url(url);
    return request;
}

Request make_request(std::string_view method, std::string_view url, std::string_view body) {
    Request request = make_request(method, url);
    request.body = Request::Body::buffered;
    request.content = Buffer(body);
    return request;
}

}  // namespace ferry::testing
