// Internationalised host names (IDNA 2008, RFC 5891), by libidn2.
#pragma once

#include <string>
#include <string_view>

namespace ferry::detail {

/// A host name in the form that is looked up, or why there is none.
struct AsciiName {
    std::string name{};
    std::string fault{};  ///< Empty on success; else what follows "the host …".
};

/// The name with each label as A-label, lower case. `host` is UTF-8 without NUL. Case and width are mapped (UTS 46,
/// non-transitional); what IDNA 2008 disallows, such as symbols and emoji, is a fault.
[[nodiscard]] AsciiName to_ascii_name(std::string_view host);

/// The name with its A-labels as Unicode; as it is if one of them is broken.
[[nodiscard]] std::string to_unicode_name(std::string_view host);

}  // namespace ferry::detail
