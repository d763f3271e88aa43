// What both halves of a Machine know about the exchange under way: one request and its response.
#pragma once

#include "core/http1/framing.hpp"
#include "core/http1/states.hpp"

#include <ferry/http1.hpp>

namespace ferry::http1 {

struct Exchange {
    Role role;
    Limits limits;
    Sending sending = Sending::idle;
    Receiving receiving = Receiving::idle;
    Persistence persistence{};

    // The request, whichever side wrote it.
    RequestTraits request{};
    Version request_version{};
    bool upgrade_asked = false;
    bool continue_asked = false;
    bool keep_alive_asked = false;  ///< HTTP/1.0 with "keep-alive": the response must say it too.
    bool response_begun = false;    ///< Server role: something of the response, maybe a 1xx, has been sent.

    void send(Cause cause) noexcept { sending = after(role, sending, cause); }
    void receive(Cause cause) noexcept { receiving = after(role, receiving, cause); }

    void forget_exchange() noexcept {
        persistence = {};
        request = {};
        request_version = {};
        upgrade_asked = continue_asked = keep_alive_asked = response_begun = false;
    }
};

}  // namespace ferry::http1
