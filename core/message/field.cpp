// Names of header fields, and lists in their values.
#include <ferry/headers.hpp>

#include "core/message/ascii.hpp"
#include "core/message/list.hpp"

namespace ferry {

bool same_name(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (detail::lower(a[i]) != detail::lower(b[i])) {
            return false;
        }
    }
    return true;
}

// The length alone rules out nearly every name that is not known.
KnownField known_field(std::string_view name) noexcept {
    const auto if_same = [name](std::string_view known, KnownField field) {
        return same_name(name, known) ? field : KnownField::other;
    };
    switch (name.size()) {
        case 2: return if_same("te", KnownField::te);
        case 4: return if_same("host", KnownField::host);
        case 6: return if_same("expect", KnownField::expect);
        case 7:
            return detail::lower(name.front()) == 't' ? if_same("trailer", KnownField::trailer)
                                                      : if_same("upgrade", KnownField::upgrade);
        case 8: return if_same("location", KnownField::location);
        case 10:
            return detail::lower(name.front()) == 'c' ? if_same("connection", KnownField::connection)
                                                      : if_same("keep-alive", KnownField::keep_alive);
        case 12: return if_same("content-type", KnownField::content_type);
        case 14: return if_same("content-length", KnownField::content_length);
        case 16: return if_same("content-encoding", KnownField::content_encoding);
        case 17: return if_same("transfer-encoding", KnownField::transfer_encoding);
        default: return KnownField::other;
    }
}

bool has_token(const Headers& headers, std::string_view name, std::string_view token) noexcept {
    for (const Field field : headers) {
        if (!same_name(field.name, name)) {
            continue;
        }
        detail::Pieces members(field.value, ',');
        for (std::string_view member; members.next(member);) {
            if (!member.empty() && same_name(member, token)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace ferry
