#include "core/message/name_request.hpp"

#include <ferry/failed_request.hpp>
#include <ferry/url.hpp>

#include "core/message/mask.hpp"

#include <memory>
#include <utility>

namespace ferry::detail {

std::string masked_url(std::string_view text) {
    const Result<Url> url = Url::parse(text);
    return url ? url->display() : mask_password(text);
}

void name_request(Error& error, std::string method, std::string_view url, const Timings& timings) {
    if (error.request == nullptr) {
        error.request = std::make_shared<const FailedRequest>(
            FailedRequest{.method = std::move(method), .url = masked_url(url), .timings = timings});
    }
}

}  // namespace ferry::detail
