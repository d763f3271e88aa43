// The verdict on a connection, in words.
#include <ferry/http1.hpp>

namespace ferry::http1 {

namespace {

constexpr unsigned reason_count = static_cast<unsigned>(CloseReason::peer_closed) + 1;

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
    switch (reason) {
        case CloseReason::we_sent_connection_close: return "we sent Connection: close";
        case CloseReason::peer_sent_connection_close: return "peer sent Connection: close";
        case CloseReason::http_1_0: return "HTTP/1.0";
        case CloseReason::ended_by_close: return "body ended with the connection";
        case CloseReason::unfinished_send: return "our message was not finished";
        case CloseReason::switched: return "no longer HTTP";
        case CloseReason::unexpected_bytes: return "bytes that belong to no message";
        case CloseReason::failed: return "protocol error";
        case CloseReason::peer_closed: return "peer ended the connection";
    }
    return {};
}

std::vector<CloseReason> Persistence::reasons() const {
    std::vector<CloseReason> all;
    for (unsigned i = 0; i < reason_count; ++i) {
        if (const auto reason = static_cast<CloseReason>(i); has(reason)) {
            all.push_back(reason);
        }
    }
    return all;
}

std::string Persistence::to_string() const {
    if (keep_alive()) {
        return "keep-alive";
    }
    std::string text;
    for (const CloseReason reason : reasons()) {
        text += text.empty() ? "" : "; ";
        text += http1::to_string(reason);
    }
    return text;
}

}  // namespace ferry::http1
