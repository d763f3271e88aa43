#include "core/message/idna.hpp"

#include "core/message/ascii.hpp"

#include <idn2.h>

#include <cstdint>
#include <memory>

namespace ferry::detail {

namespace {

struct Free {
    void operator()(void* memory) const noexcept { idn2_free(memory); }
};

// UTS 46 maps some characters to ASCII that has a meaning elsewhere in a URL ("℀" to "a/c"): what comes out must be
// letters, digits and hyphens (RFC 5890 section 2.3.1).
constexpr ByteSet ldh = byte_set([](unsigned char byte) {
    const char c = static_cast<char>(byte);
    return is_digit(c) || (is_alpha(c) && lower(c) == c) || c == '-' || c == '.';
});

bool has_empty_label(std::string_view name) noexcept {
    return name.empty() || name.starts_with('.') || name.find("..") != std::string_view::npos;
}

AsciiName refused(std::string_view why) { return {{}, "is not a valid internationalised name: " + std::string(why)}; }

}  // namespace

AsciiName to_ascii_name(std::string_view host) {
    std::uint8_t* raw = nullptr;
    const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(std::string(host).c_str()), &raw,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<std::uint8_t, Free> owner(raw);
    if (status != IDN2_OK) {
        return refused(idn2_strerror(status));
    }
    AsciiName ascii{reinterpret_cast<const char*>(raw), {}};
    if (!all_in(ldh, ascii.name)) {
        return refused("string contains a disallowed character");
    }
    if (has_empty_label(ascii.name)) {
        return refused("a label is empty");
    }
    return ascii;
}

std::string to_unicode_name(std::string_view host) {
    std::string ascii(host);
    char* raw = nullptr;
    const int status = idn2_to_unicode_8z8z(ascii.c_str(), &raw, 0);
    const std::unique_ptr<char, Free> owner(raw);
    return status == IDN2_OK ? std::string(raw) : ascii;
}

}  // namespace ferry::detail
