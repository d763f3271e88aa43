// Names of header fields, and lists in their values.
#include <ferry/headers.hpp>

#include "core/message/ascii.hpp"
#include "core/message/list.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

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

namespace {

// A name in lower case, to be compared without case: eight bytes at a time, the bit that tells the cases apart set where
// the name has a letter, and only there. The last word overlaps the one before it.
template <std::size_t Size>
class KnownName {
public:
    consteval explicit KnownName(const char (&name)[Size + 1]) {
        for (std::size_t i = 0; i < words; ++i) {
            std::array<char, width> letters{};
            std::array<char, width> cases{};
            for (std::size_t j = 0; j < width; ++j) {
                letters[j] = name[place(i) + j];
                cases[j] = detail::is_alpha(letters[j]) ? ' ' : '\0';
            }
            letters_[i] = std::bit_cast<Word>(letters);
            cases_[i] = std::bit_cast<Word>(cases);
        }
    }

    /// `name` has Size bytes.
    [[nodiscard]] bool same(std::string_view name) const noexcept {
        std::uint64_t different = 0;
        for (std::size_t i = 0; i < words; ++i) {
            Word word;
            std::memcpy(&word, &name[place(i)], width);
            different |= static_cast<std::uint64_t>((word | cases_[i]) ^ letters_[i]);
        }
        return different == 0;
    }

private:
    static constexpr std::size_t width = Size >= 8 ? 8 : Size >= 4 ? 4 : 2;
    static constexpr std::size_t words = (Size + width - 1) / width;
    static constexpr std::size_t place(std::size_t i) { return i + 1 < words ? i * width : Size - width; }
    using Word =
        std::conditional_t<width == 8, std::uint64_t, std::conditional_t<width == 4, std::uint32_t, std::uint16_t>>;

    std::array<Word, words> letters_{};
    std::array<Word, words> cases_{};
};

template <std::size_t Size>
KnownName(const char (&)[Size]) -> KnownName<Size - 1>;

constexpr KnownName connection("connection");
constexpr KnownName content_encoding("content-encoding");
constexpr KnownName content_length("content-length");
constexpr KnownName content_type("content-type");
constexpr KnownName expect("expect");
constexpr KnownName host("host");
constexpr KnownName keep_alive("keep-alive");
constexpr KnownName location("location");
constexpr KnownName te("te");
constexpr KnownName trailer("trailer");
constexpr KnownName transfer_encoding("transfer-encoding");
constexpr KnownName upgrade("upgrade");

}  // namespace

// The length alone rules out nearly every name that is not known.
KnownField known_field(std::string_view name) noexcept {
    const auto if_same = [name](const auto& known, KnownField field) {
        return known.same(name) ? field : KnownField::other;
    };
    switch (name.size()) {
        case 2: return if_same(te, KnownField::te);
        case 4: return if_same(host, KnownField::host);
        case 6: return if_same(expect, KnownField::expect);
        case 7: return trailer.same(name) ? KnownField::trailer : if_same(upgrade, KnownField::upgrade);
        case 8: return if_same(location, KnownField::location);
        case 10: return connection.same(name) ? KnownField::connection : if_same(keep_alive, KnownField::keep_alive);
        case 12: return if_same(content_type, KnownField::content_type);
        case 14: return if_same(content_length, KnownField::content_length);
        case 16: return if_same(content_encoding, KnownField::content_encoding);
        case 17: return if_same(transfer_encoding, KnownField::transfer_encoding);
        default: return KnownField::other;
    }
}

bool has_token(const Headers& headers, std::string_view name, std::string_view token) noexcept {
    // RFC 9110 section 7.6.1: connection-option = token. A quote has no place there, and must not hide an option.
    const auto quotes = same_name(name, "connection") ? detail::Quotes::plain : detail::Quotes::hide;
    for (const Field field : headers) {
        if (!same_name(field.name, name)) {
            continue;
        }
        detail::Pieces members(field.value, ',', quotes);
        for (std::string_view member; members.next(member);) {
            if (!member.empty() && same_name(member, token)) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace ferry
