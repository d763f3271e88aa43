#include <ferry/exceptions.hpp>
#include <ferry/response.hpp>

#include "core/message/ascii.hpp"
#include "core/message/fail.hpp"
#include "core/message/mask.hpp"
#include "core/message/quote.hpp"
#include "core/message/text.hpp"

#include <algorithm>
#include <memory>

namespace ferry {

namespace {

std::string_view kind_of_status(int status) {
    switch (status / 100) {
        case 1: return "Informational response";
        case 3: return "Redirect response";
        case 4: return "Client error";
        case 5: return "Server error";
        default: return "Invalid status code";
    }
}

// 'Client error "404 Not Found" for url http://a/b'.
std::string status_sentence(const Response& response) {
    std::string status = std::to_string(response.status_code());
    if (const std::string_view reason = response.reason_phrase(); !reason.empty()) {
        status.append(" ").append(reason);
    }
    std::string sentence(kind_of_status(response.status_code()));
    sentence.append(" ").append(detail::quoted(status));
    if (response.url() != Url()) {
        sentence.append(" for url ").append(response.url().display());
    }
    if (response.has_redirect_location()) {
        const std::string_view location = response.headers().first(KnownField::location).value_or("");
        sentence.append(", which redirects to ").append(detail::quoted(detail::mask_reference(location)));
    }
    return sentence;
}

void check_status(const Response& response) {
    if (!response.is_success()) {
        detail::fail(HttpStatusError(status_sentence(response), std::make_shared<const Response>(response),
                                     response.status_code()));
    }
}

}  // namespace

std::string_view Response::reason_phrase() const noexcept {
    return parts_.reason.empty() ? ferry::reason_phrase(parts_.status_code) : std::string_view(parts_.reason);
}

std::string Response::encoding() const {
    const auto charset = charset_of(parts_.headers.first(KnownField::content_type).value_or(""));
    if (!charset || !charset_named(*charset)) {
        return "utf-8";
    }
    std::string name(*charset);
    std::transform(name.begin(), name.end(), name.begin(), detail::lower);
    return name;
}

std::string Response::text() const { return text(encoding()); }

std::string Response::text(std::string_view encoding) const {
    return to_utf8(parts_.content.bytes(), charset_named(encoding).value_or(Charset::utf8));
}

bool Response::has_redirect_location() const noexcept {
    switch (parts_.status_code) {
        case 301:
        case 302:
        case 303:
        case 307:
        case 308: return parts_.headers.count(KnownField::location) > 0;
        default: return false;
    }
}

Response& Response::raise_for_status() & {
    check_status(*this);
    return *this;
}

const Response& Response::raise_for_status() const& {
    check_status(*this);
    return *this;
}

Response Response::raise_for_status() && {
    check_status(*this);
    return std::move(*this);
}

}  // namespace ferry
