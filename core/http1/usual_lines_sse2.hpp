// The same as portable::take_usual_lines(), byte for byte, with what each x86-64 has: 16 bytes of a name at a time, 32 of a
// value. Nothing is read that is not in the input.
#pragma once

#if defined(__SSE2__)

#include "core/http1/usual_lines.hpp"

#include <emmintrin.h>

#include <array>
#include <bit>

namespace ferry::http1::sse2 {

inline __m128i load(const char* at) noexcept { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

inline unsigned mask(__m128i bytes) noexcept { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }

inline unsigned first_of(unsigned bits) noexcept { return static_cast<unsigned>(std::countr_zero(bits)); }

/// Which bytes are from `least` to `most`.
inline __m128i within(__m128i bytes, char least, char most) noexcept {
    // They become the largest of all signed bytes: what is above them goes round.
    const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(0x7f - most)));
    return _mm_cmpgt_epi8(moved, _mm_set1_epi8(static_cast<char>(least - 1 + 0x7f - most)));
}

/// Which of 16 bytes are neither a letter nor '-'; the other bytes of names are rare.
inline unsigned rare_in_names(const char* at) noexcept {
    const __m128i bytes = load(at);
    const __m128i letters = within(_mm_or_si128(bytes, _mm_set1_epi8(' ')), 'a', 'z');
    return ~mask(_mm_or_si128(letters, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')))) & 0xffffU;
}

/// Which of 32 bytes are not printable ASCII; the other bytes of values are rare.
inline unsigned rare_in_values(const char* at) noexcept {
    return ~(mask(within(load(at), ' ', '~')) | mask(within(load(at + 16), ' ', '~')) << 16U);
}

/// So much can be read from where a name is looked for: 16 bytes of it, ": ", 32 of the value and CRLF, and some more.
inline constexpr std::size_t reach = 64;

/// The colon behind a name, or null if something else is there. No step begins behind `last`, where `reach` bytes are left.
inline const char* find_colon(const char* name, const char* last) noexcept {
    constexpr std::size_t step = 16;
    static_assert((longest_field_name + 1) % step == 0);
    const char* at = name;
    do {
        for (unsigned rare = rare_in_names(at); rare != 0; rare &= rare - 1) {
            const char* const found = at + first_of(rare);
            if (stands(found, ": ")) {
                return found == name ? nullptr : found;
            }
            if (!detail::contains(detail::token_bytes, *found)) {
                return nullptr;
            }
        }
        at += step;
    } while (at <= last && static_cast<std::size_t>(at - name) <= longest_field_name);
    return nullptr;
}

/// The CRLF behind a value, or null. Another step needs no more than what is looked at.
inline const char* find_ending(const char* at, const char* last) noexcept {
    constexpr std::size_t step = 32;
    do {
        for (unsigned rare = rare_in_values(at); rare != 0; rare &= rare - 1) {
            const char* const found = at + first_of(rare);
            if (stands(found, "\r\n")) {
                return found;
            }
            if (!detail::contains(detail::value_bytes, *found)) {
                return nullptr;
            }
        }
        at += step;
    } while (at < last + (reach - step));
    return nullptr;
}

/// The same as portable::take_usual_line(), but false too if `last` is too near.
inline bool take_usual_line(const char*& at, const char* last, Headers::Line& line) noexcept {
    // Of a value's bytes HTAB alone is less than a space.
    const auto is_white = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    const char* const colon = find_colon(at, last);
    if (colon == nullptr || is_white(colon[2])) {
        return false;
    }
    const char* const ending = find_ending(colon + 2, last);
    if (ending == nullptr || is_white(ending[-1])) {
        return false;
    }
    line = usual_line(at, colon, ending);
    at = ending + 2;
    return true;
}

[[nodiscard]] inline UsualLines take_usual_lines(std::string_view bytes, std::span<Headers::Line> to) noexcept {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    const char* last = at;
    // What is near the end is read from here, where zeros are behind it, which are in no line.
    std::array<char, 2 * reach> copy;
    bool copied = false;
    const auto go_on_in_copy = [&] {
        const auto left = static_cast<std::size_t>(end - at);
        if (bytes.size() >= reach) {
            std::memcpy(copy.data(), end - reach, reach);
        } else if (left > 0) {
            std::memcpy(copy.data() + (reach - left), at, left);
        }
        std::memset(copy.data() + reach, 0, reach);
        last = copy.data() + reach;
        at = last - left;
        copied = true;
    };
    if (bytes.size() >= reach) {
        last = end - reach;
    } else {
        go_on_in_copy();
    }
    std::size_t count = 0;
    while (count < to.size()) {
        if (at > last) {
            go_on_in_copy();
        } else if (take_usual_line(at, last, to[count]) ||
                   (!copied && *at != '\r' && portable::take_usual_line(at, end, to[count]))) {
            ++count;
        } else {
            break;
        }
    }
    return {count, copied ? end - (last - at) : at};
}

}  // namespace ferry::http1::sse2

#endif
