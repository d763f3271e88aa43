// Which encoding a text is in.
#include "core/message/ascii.hpp"
#include "core/message/list.hpp"
#include "core/message/text.hpp"

#include <ferry/headers.hpp>

#include <array>
#include <utility>

namespace ferry {

namespace {

struct Alias {
    std::string_view name{};
    Charset charset = Charset::utf8;
};

// Without case, "-" and "_", as they are compared.
constexpr auto aliases = std::to_array<Alias>({
    {"utf8", Charset::utf8},
    {"utf8sig", Charset::utf8},
    {"usascii", Charset::us_ascii},
    {"ascii", Charset::us_ascii},
    {"ansix3.41968", Charset::us_ascii},
    {"iso646us", Charset::us_ascii},
    {"iso88591", Charset::iso8859_1},
    {"iso88591:1987", Charset::iso8859_1},
    {"latin1", Charset::iso8859_1},
    {"l1", Charset::iso8859_1},
    {"cp819", Charset::iso8859_1},
    {"ibm819", Charset::iso8859_1},
    {"windows1252", Charset::windows1252},
    {"cp1252", Charset::windows1252},
    {"xcp1252", Charset::windows1252},
    {"utf16", Charset::utf16},
    {"utf16le", Charset::utf16le},
    {"utf16be", Charset::utf16be},
    {"utf32", Charset::utf32},
    {"utf32le", Charset::utf32le},
    {"utf32be", Charset::utf32be},
});

bool is_alias(std::string_view name, std::string_view alias) noexcept {
    for (const char c : name) {
        if (c == '-' || c == '_') {
            continue;
        }
        if (alias.empty() || detail::lower(c) != alias.front()) {
            return false;
        }
        alias.remove_prefix(1);
    }
    return alias.empty();
}

std::string_view unquoted(std::string_view value) noexcept {
    if (value.starts_with('"')) {
        value.remove_prefix(1);
        value = value.substr(0, value.find('"'));
    }
    return value;
}

}  // namespace

std::optional<Charset> charset_named(std::string_view name) noexcept {
    name = detail::trimmed(name);
    for (const Alias& alias : aliases) {
        if (is_alias(name, alias.name)) {
            return alias.charset;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> charset_of(std::string_view content_type) noexcept {
    detail::Pieces parameters(content_type, ';');
    std::string_view parameter;
    // The first piece is the media type itself.
    if (!parameters.next(parameter)) {
        return std::nullopt;
    }
    while (parameters.next(parameter)) {
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos || !same_name(detail::trimmed(parameter.substr(0, equals)), "charset")) {
            continue;
        }
        const std::string_view value = unquoted(detail::trimmed(parameter.substr(equals + 1)));
        return value.empty() ? std::nullopt : std::optional(value);
    }
    return std::nullopt;
}

Charset detect_json_encoding(ConstBuffer text) noexcept {
    const std::string_view bytes = as_text(text);
    using namespace std::string_view_literals;
    // The UTF-32 mark begins as the UTF-16 one does: it comes first.
    if (bytes.starts_with("\xff\xfe\0\0"sv)) {
        return Charset::utf32le;
    }
    if (bytes.starts_with("\0\0\xfe\xff"sv)) {
        return Charset::utf32be;
    }
    if (bytes.starts_with("\xff\xfe"sv)) {
        return Charset::utf16le;
    }
    if (bytes.starts_with("\xfe\xff"sv)) {
        return Charset::utf16be;
    }
    const auto zero = [bytes](std::size_t at) { return at < bytes.size() && bytes[at] == '\0'; };
    if (bytes.size() < 2) {
        return Charset::utf8;
    }
    if (zero(0)) {
        return zero(1) ? Charset::utf32be : Charset::utf16be;
    }
    if (zero(1)) {
        return zero(2) && zero(3) ? Charset::utf32le : Charset::utf16le;
    }
    return Charset::utf8;
}

}  // namespace ferry
