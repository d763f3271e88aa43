// The host of a URL: which of the things that may stand there it is, and its one normal form.
#pragma once

#include "core/message/idna.hpp"

#include <cstddef>
#include <string_view>

namespace ferry::detail {

/// RFC 3986 section 3.2.2, stricter. `host` is what stands in the URL, an IPv6 address with its brackets. The result
/// is lower case, names as A-labels, IPv6 in brackets and in the form of RFC 5952.
///
/// One host has one spelling here, so that what a program checks is what it connects to: IPv4 is four plain decimal
/// numbers (getaddrinfo would also take "127.1" and "0x7f000001"), and names have neither %xx nor characters that
/// end a host elsewhere. Zone identifiers (RFC 6874) are refused: they name an interface of this machine.
[[nodiscard]] AsciiName normal_host(std::string_view host);

/// The size of the name or IPv4 address at the front of `text` that normal_host() would leave as it is; 0 if it is to be
/// asked. It ends at the first byte that no name has.
[[nodiscard]] std::size_t normal_host_prefix(std::string_view text) noexcept;

}  // namespace ferry::detail
