// Comma-separated lists in field values (RFC 9110 section 5.6.1).
#pragma once

#include "core/message/ascii.hpp"

#include <cstddef>
#include <string_view>

namespace ferry::detail {

/// The position behind the quoted string that begins at `begin` (RFC 9110 section 5.6.4), or npos if it has no end.
[[nodiscard]] constexpr std::size_t end_of_quoted(std::string_view text, std::size_t begin) noexcept {
    for (std::size_t at = begin + 1; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

/// What a double quote is in a list: the begin of a quoted string, or a byte like any other, as among tokens.
enum class Quotes : bool { hide, plain };

/// Cuts `text` at each `separator` that is not inside a quoted string.
class Pieces {
public:
    constexpr Pieces(std::string_view text, char separator, Quotes quotes = Quotes::hide) noexcept
        : rest_(text), separator_(separator), plain_quotes_(quotes == Quotes::plain) {}

    /// The next piece, trimmed, into `piece`; false when there is none left.
    [[nodiscard]] constexpr bool next(std::string_view& piece) noexcept {
        if (done_) {
            return false;
        }
        std::size_t at = 0;
        while (at < rest_.size() && rest_[at] != separator_) {
            if (rest_[at] != '"' || plain_quotes_) {
                ++at;
                continue;
            }
            const std::size_t end = end_of_quoted(rest_, at);
            // A quote without an end must not hide the members behind it, nor be looked for again.
            plain_quotes_ = end == std::string_view::npos;
            at = plain_quotes_ ? at + 1 : end;
        }
        piece = trimmed(rest_.substr(0, at));
        done_ = at >= rest_.size();
        rest_.remove_prefix(done_ ? rest_.size() : at + 1);
        return true;
    }

private:
    std::string_view rest_;
    char separator_;
    bool plain_quotes_;
    bool done_ = false;
};

}  // namespace ferry::detail
