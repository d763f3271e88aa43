#include "core/message/host.hpp"

#include "core/message/ascii.hpp"
#include "core/message/quote.hpp"

#include <boost/url/ipv6_address.hpp>

#include <algorithm>
#include <array>

namespace ferry::detail {

namespace {

// 253 characters of DNS, each at most four bytes of UTF-8: what is longer need not be handed to a library.
constexpr std::size_t longest_host = 1024;

// RFC 3986 section 3.2.2: reg-name without pct-encoded.
constexpr ByteSet name_bytes = byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return is_alpha(c) || is_digit(c) ||
           (byte != 0 && std::string_view("-._~!$&'()*+,;=").find(c) != std::string_view::npos);
});

constexpr ByteSet normal_bytes = byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return contains(name_bytes, c) && lower(c) == c;
});

AsciiName refused(std::string fault) { return {{}, std::move(fault)}; }

constexpr std::string_view bad_ipv4 = "is an IPv4 address in another form than four plain decimal numbers";

bool is_number(std::string_view label) noexcept {
    if (label.empty()) {
        return false;
    }
    if (label.starts_with("0x")) {
        return std::all_of(label.begin() + 2, label.end(), [](char c) { return hex_value(c) >= 0; });
    }
    return std::all_of(label.begin(), label.end(), is_digit);
}

// The rule of browsers and of inet_aton's many readers: a name whose last label is a number is an IPv4 address.
bool looks_like_ipv4(std::string_view name) noexcept {
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    return is_number(name.substr(name.rfind('.') + 1));
}

// RFC 3986 section 3.2.2, IPv4address: four numbers from 0 to 255, none of which begins with a zero that it does not need.
bool is_ipv4(std::string_view name) noexcept {
    int octets = 0;
    int digits = 0;
    int value = 0;
    for (const char c : name) {
        if (c == '.') {
            if (digits == 0 || ++octets == 4) {
                return false;
            }
            digits = 0;
            value = 0;
            continue;
        }
        if (!is_digit(c) || (digits == 1 && value == 0)) {
            return false;
        }
        value = value * 10 + (c - '0');
        if (++digits > 3 || value > 255) {
            return false;
        }
    }
    return octets == 3 && digits > 0;
}

AsciiName normal_ipv6(std::string_view host) {
    if (!host.ends_with(']')) {
        return refused("is not a valid IPv6 address");
    }
    const std::string_view address = host.substr(1, host.size() - 2);
    if (address.find('%') != std::string_view::npos) {
        return refused("is an IPv6 address with a zone identifier, which is not supported");
    }
    const auto parsed = boost::urls::parse_ipv6_address(address);
    if (!parsed) {
        return refused("is not a valid IPv6 address");
    }
    std::array<char, boost::urls::ipv6_address::max_str_len> text{};
    const auto canonical = parsed->to_buffer(text.data(), text.size());
    AsciiName normal{"[", {}};
    normal.name.append(canonical.data(), canonical.size());
    normal.name += ']';
    return normal;
}

// A host with a byte in it that no name in ASCII has.
AsciiName other_host(std::string_view host) {
    const bool ascii =
        std::none_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (ascii) {
        const auto wrong = std::find_if_not(host.begin(), host.end(), [](char c) { return contains(name_bytes, c); });
        return refused("has " + name_of_byte(*wrong));
    }
    AsciiName name = to_ascii_name(host);
    // Digits that only mapping makes digits are a disguise, even of a well-formed address.
    return name.fault.empty() && looks_like_ipv4(name.name) ? refused(std::string(bad_ipv4)) : name;
}

}  // namespace

AsciiName normal_host(std::string_view host) {
    if (host.size() > longest_host) {
        return refused("is too long");
    }
    if (host.starts_with('[')) {
        return normal_ipv6(host);
    }
    AsciiName name{std::string(host), {}};
    for (char& c : name.name) {
        if (!contains(name_bytes, c)) {
            return other_host(host);
        }
        c = lower(c);
    }
    if (looks_like_ipv4(name.name) && !is_ipv4(name.name)) {
        return refused(std::string(bad_ipv4));
    }
    return name;
}

std::size_t normal_host_prefix(std::string_view text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && contains(normal_bytes, text[size])) {
        ++size;
    }
    const std::string_view name = text.substr(0, size);
    return size <= longest_host && (is_ipv4(name) || !looks_like_ipv4(name)) ? size : 0;
}

}  // namespace ferry::detail
