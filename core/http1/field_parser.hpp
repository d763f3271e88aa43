// llhttp, as ferry uses it: the judge of field lines and of the chunked coding, behind a canonical start line.
//
// llhttp never sees a real start line (see line.hpp), and never decides how a message is framed (see framing.hpp): a head
// begins in the state behind "HTTP/1.1 200 OK" or "POST / HTTP/1.1", a chunked body in the state behind a head that has
// nothing but "Transfer-Encoding: chunked". Those states are read once and copied. So the codec's decision is forced
// wherever llhttp reads a head's framing differently; Opinion tells tests what it would have been.
//
// The lines that are like nearly all ("Name: value", one space and no more white space around the value) are recognised
// before llhttp is asked: it reads from the first line on that is another.
#pragma once

#include <ferry/http1.hpp>

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ferry::http1 {

class FieldParser {
public:
    /// What llhttp read out of the framing fields.
    struct Opinion {
        bool formed = false;
        bool chunked = false;
        bool length = false;
        std::uint64_t content_length = 0;
    };

    explicit FieldParser(Role role);
    FieldParser(const FieldParser&) = delete;
    FieldParser& operator=(const FieldParser&) = delete;

    void begin_head() noexcept;
    void begin_chunked() noexcept;

    /// Feeds bytes of what was begun; false if llhttp refuses them. It stops behind the empty line that ends a head or
    /// trailers.
    [[nodiscard]] bool feed(std::string_view bytes) noexcept;
    /// The same from the beginning of a field line on, whose first lines, at most `most`, are noted as long as they are
    /// like nearly all; what follows them is fed.
    [[nodiscard]] bool feed_lines(std::string_view bytes, std::size_t most);

    /// The lines noted by feed_lines(): the first of those bytes, without gaps, and accepted whatever it said.
    [[nodiscard]] std::span<const Headers::Line> lines() const noexcept { return {lines_.data(), count_}; }
    /// Where they end.
    [[nodiscard]] const char* lines_end() const noexcept { return lines_end_; }
    /// The head or the trailers ended in the bytes last fed.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

    [[nodiscard]] const Opinion& opinion() const noexcept { return opinion_; }

private:
    struct Callbacks;

    void begin(const llhttp_t& start) noexcept;
    [[nodiscard]] bool execute(std::string_view bytes) noexcept;

    llhttp_t parser_{};
    Role role_;
    bool complete_ = false;
    Opinion opinion_{};

    std::vector<Headers::Line> lines_;
    std::size_t count_ = 0;            // That are noted.
    const char* lines_end_ = nullptr;  // Behind the last one.
};

}  // namespace ferry::http1
