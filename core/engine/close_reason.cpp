// The reasons why connections end, in words.
#include <ferry/stats.hpp>

namespace ferry {

namespace {
struct Text {
    std::string_view name;
    std::string_view sentence;
};

constexpr Text text_of(CloseReason reason) noexcept {
    switch (reason) {
        case CloseReason::connect_failed: return {"connect_failed", "it could not be established"};
        case CloseReason::connect_timed_out: return {"connect_timed_out", "it was not established in time"};
        case CloseReason::connect_not_needed: return {"connect_not_needed", "nobody waits for it any more"};
        case CloseReason::lost_race: return {"lost_race", "another address answered sooner"};
        case CloseReason::keepalive_expiry: return {"keepalive_expiry", "it was idle for too long"};
        case CloseReason::keepalive_limit: return {"keepalive_limit", "there are enough idle ones"};
        case CloseReason::place_needed: return {"place_needed", "its place was needed"};
        case CloseReason::closed_by_server: return {"closed_by_server", "the server closed it"};
        case CloseReason::unexpected_bytes: return {"unexpected_bytes", "bytes came that belong to no response"};
        case CloseReason::connection_close: return {"connection_close", "one side said Connection: close"};
        case CloseReason::http_1_0: return {"http_1_0", "the server speaks HTTP/1.0"};
        case CloseReason::ended_by_close: return {"ended_by_close", "its end was the end of the body"};
        case CloseReason::keepalive_too_short: return {"keepalive_too_short", "the server does not keep it for long"};
        case CloseReason::max_age: return {"max_age", "it is too old"};
        case CloseReason::early_response: return {"early_response", "its response came early"};
        case CloseReason::rest_unwanted: return {"rest_unwanted", "the rest of its response is not wanted"};
        case CloseReason::upgraded: return {"upgraded", "it is no longer HTTP"};
        case CloseReason::cancelled: return {"cancelled", "its request was cancelled"};
        case CloseReason::timed_out: return {"timed_out", "its request timed out"};
        case CloseReason::broken: return {"broken", "it broke"};
        case CloseReason::protocol_error: return {"protocol_error", "the server broke the protocol"};
        case CloseReason::response_refused: return {"response_refused", "its response is too large"};
        case CloseReason::request_malformed: return {"request_malformed", "its request could not be written"};
        case CloseReason::client_closed: return {"client_closed", "the client is closed"};
    }
    return {};
}
}  // namespace

std::string_view name_of(CloseReason reason) noexcept { return text_of(reason).name; }
std::string_view to_string(CloseReason reason) noexcept { return text_of(reason).sentence; }

}  // namespace ferry
