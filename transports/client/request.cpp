#include "transports/client/request.hpp"

#include <ferry/exceptions.hpp>

#include "core/message/name_request.hpp"

#include <string>
#include <utility>

namespace ferry::detail {

Result<Response> attempt(Shared loop, std::string_view method, UrlRef url, const Options* options) {
    const Shared held = std::move(loop);
    if (held == nullptr) {
        return moved_from(method, url);
    }
    return options == nullptr ? held->perform(method, url) : held->perform(method, url, *options);
}

Response demand(Shared loop, std::string_view method, UrlRef url, const Options* options) {
    const Shared held = std::move(loop);
    Result<Response> result = attempt(held, method, url, options);
    if (!result) {
        raise(std::move(result).error());
    }
    return *std::move(result);
}

Result<Response> attempt_once(std::string_view method, UrlRef url, const Options* options) {
    Result<Shared> loop = SharedLoop::make(Config());
    return loop ? attempt(*std::move(loop), method, url, options) : not_set_up(std::move(loop).error(), method, url);
}

Response demand_once(std::string_view method, UrlRef url, const Options* options) {
    Result<Shared> loop = SharedLoop::make(Config());
    if (!loop) {
        raise(not_set_up(std::move(loop).error(), method, url));
    }
    return demand(*std::move(loop), method, url, options);
}

Error moved_from(std::string_view method, UrlRef url) {
    return not_set_up({.code = Errc::client_closed, .message = "the client was moved from", .safe_to_retry = true},
                      method, url);
}

Error not_set_up(Error error, std::string_view method, UrlRef url) {
    name_request(error, std::string(method), url.text());
    return error;
}

}  // namespace ferry::detail
