#include "core/message/scheme.hpp"

#include "core/message/literal.hpp"
#include "core/message/quote.hpp"

#include <string>
#include <utility>

namespace ferry::detail {

namespace {

// Kept apart: what is checked at each request is short.
[[gnu::cold]] Error fault_of(const Url& url) {
    const auto fault = [](Errc code, std::string sentence) {
        return Error{.code = code, .message = std::move(sentence)};
    };
    if (url.scheme().empty()) {
        return fault(Errc::unsupported_protocol,
                     "the URL " + quoted(url.display()) + " has no scheme: http:// is missing");
    }
    if (url.scheme() == "https") {  // TLS is not there yet: this is the place that refuses it.
        return fault(Errc::unsupported_protocol, "https is not available in this version of ferry: " + url.display());
    }
    if (url.scheme() != "http") {
        return fault(Errc::unsupported_protocol,
                     quoted(url.scheme()) + " is not a scheme that ferry can request: " + url.display());
    }
    return fault(Errc::invalid_url, "the URL has no host: " + url.display());
}

}  // namespace

Result<void> check_requestable(const Url& url) {
    if (is_literal(url.scheme(), "http") && !url.raw_host().empty()) {
        return {};
    }
    return fault_of(url);
}

}  // namespace ferry::detail
