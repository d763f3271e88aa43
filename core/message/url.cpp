// What can be asked of a Url.
#include <ferry/exceptions.hpp>
#include <ferry/url.hpp>

#include "core/message/idna.hpp"
#include "core/message/mask.hpp"
#include "core/message/percent.hpp"
#include "core/message/port.hpp"

#include <algorithm>

namespace ferry {

Url::Url(std::string_view text) {
    Result<Url> parsed = parse(text);
    if (!parsed) {
        raise(std::move(parsed).error(), {}, std::string(text));
    }
    *this = *std::move(parsed);
}

std::string Url::display() const {
    std::string shown = text_;
    if (const std::size_t colon = userinfo().find(':'); colon != std::string_view::npos) {
        shown.replace(userinfo_.offset + colon + 1, userinfo_.size - colon - 1, detail::secure);
    }
    return shown;
}

std::string Url::username() const { return detail::percent_decoded(userinfo().substr(0, userinfo().find(':'))); }

std::string Url::password() const {
    const std::size_t colon = std::min(userinfo().find(':'), userinfo().size());
    return detail::percent_decoded(userinfo().substr(std::min(colon + 1, userinfo().size())));
}

std::string Url::host() const {
    // RFC 5890 section 2.3.1: what A-labels begin with.
    return raw_host().find("xn--") == std::string_view::npos ? std::string(raw_host())
                                                             : detail::to_unicode_name(raw_host());
}

std::string_view Url::raw_host() const noexcept { return part(raw_host_); }

std::uint16_t Url::effective_port() const noexcept { return port_.value_or(detail::default_port(scheme())); }

std::string_view Url::encoded_path() const noexcept { return raw_path().substr(0, raw_path().find('?')); }

std::string Url::path() const { return detail::percent_decoded(encoded_path()); }

Origin Url::origin() const { return {std::string(scheme()), std::string(raw_host()), effective_port()}; }

}  // namespace ferry
