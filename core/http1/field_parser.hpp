// Field lines that are like nearly all, and llhttp, as ferry uses it.
//
// The lines that are like nearly all ("Name: value", one space and no more white space around the value) are recognised
// here, and llhttp is not asked. It is the second opinion on every other line that parse_field_line() accepts, one at a
// time and behind a canonical start line, and the reader of the chunked coding, behind a canonical head: states that are
// made once and copied. So llhttp never sees a real start line (see line.hpp), and how it would frame a message has no say
// (see framing.hpp): the codec's decision is forced.
#pragma once

#include "core/http1/usual_lines.hpp"

#include <ferry/http1.hpp>

#include <llhttp.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace ferry::http1 {

class FieldParser {
public:
    /// As many lines are noted at once.
    static constexpr std::size_t most_lines = 64;

    explicit FieldParser(Role role);

    /// Notes the first of `bytes`, which begin where a line does, as long as they are lines like nearly all, at most `most`
    /// of them.
    void note_lines(std::string_view bytes, std::size_t most) {
        if (lines_.empty()) {
            make_room();
        }
        noted_ = take_usual_lines(bytes, {lines_.data(), std::min(most, most_lines)});
    }
    /// The lines noted, without gaps.
    [[nodiscard]] std::span<const Headers::Line> lines() const noexcept { return {lines_.data(), noted_.count}; }
    /// Where they end.
    [[nodiscard]] const char* lines_end() const noexcept { return noted_.end; }

    /// Whether llhttp accepts a whole field line, with its CRLF, as one of a head.
    [[nodiscard]] bool accepts(std::string_view line) noexcept;

    void begin_chunked() noexcept;
    /// Feeds bytes of a chunked body, up to the line of the last chunk; false if llhttp refuses them.
    [[nodiscard]] bool feed(std::string_view bytes) noexcept;

private:
    void make_room();

    llhttp_t parser_{};
    Role role_;

    std::vector<Headers::Line> lines_;
    UsualLines noted_{};
};

}  // namespace ferry::http1
