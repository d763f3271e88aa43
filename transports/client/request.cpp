#include "transports/client/request.hpp"

#include <ferry/exceptions.hpp>

#include <string>
#include <utility>

namespace ferry::detail {

Result<Response> attempt(Shared loop, std::string_view method, UrlRef url, const Options* options) {
    const Shared held = std::move(loop);
    if (held == nullptr) {
        return moved_from();
    }
    return options == nullptr ? held->perform(method, url) : held->perform(method, url, *options);
}

Response demand(Shared loop, std::string_view method, UrlRef url, const Options* options) {
    const Shared held = std::move(loop);
    Result<Response> result = attempt(held, method, url, options);
    if (!result) {
        raise(std::move(result).error(), held, method, url);
    }
    return *std::move(result);
}

Result<Response> attempt_once(std::string_view method, UrlRef url, const Options* options) {
    Result<Shared> loop = SharedLoop::make(Config());
    return loop ? attempt(*std::move(loop), method, url, options) : std::move(loop).error();
}

Response demand_once(std::string_view method, UrlRef url, const Options* options) {
    Result<Shared> loop = SharedLoop::make(Config());
    if (!loop) {
        raise(std::move(loop).error(), nullptr, method, url);
    }
    return demand(*std::move(loop), method, url, options);
}

void raise(Error error, const Shared& loop, std::string_view method, UrlRef url) {
    std::string asked(url.text());
    if (loop != nullptr) {
        if (const Result<Url> located = loop->defaults().locate(url)) {
            asked = located->str();
        }
    }
    ferry::raise(std::move(error), std::string(method), std::move(asked));
}

Error moved_from() {
    return {.code = Errc::client_closed, .message = "the client was moved from", .safe_to_retry = true};
}

}  // namespace ferry::detail
