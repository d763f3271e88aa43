// llhttp, as ferry uses it: a reader of field lines and of the chunked coding that starts behind a canonical start line.
//
// llhttp never sees a real start line (see line.hpp), and never decides how a message is framed (see framing.hpp): a head
// begins in the state behind "HTTP/1.1 200 OK" or "POST / HTTP/1.1", a chunked body in the state behind a head that has
// nothing but "Transfer-Encoding: chunked". Those states are read once and copied. So the codec's decision is forced
// wherever llhttp reads a head's framing differently; Opinion tells tests what it would have been.
#pragma once

#include <ferry/http1.hpp>

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
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

    /// A name and a value as llhttp cut them; the value may still have white space at its end.
    struct View {
        const char* name;
        const char* value;
        std::uint32_t name_size;
        std::uint32_t value_size;
    };

    explicit FieldParser(Role role);
    FieldParser(const FieldParser&) = delete;
    FieldParser& operator=(const FieldParser&) = delete;

    void begin_head() noexcept;
    void begin_chunked() noexcept;

    /// Feeds whole lines of a head or of a trailer section; their fields are then in views(). False if llhttp refuses.
    [[nodiscard]] bool feed_lines(std::string_view lines) noexcept;
    /// Feeds anything of a chunked body.
    [[nodiscard]] bool feed(std::string_view bytes) noexcept;
    /// The size in the chunk line fed last.
    [[nodiscard]] std::uint64_t chunk_size() const noexcept { return parser_.content_length; }

    [[nodiscard]] const std::vector<View>& views() const noexcept { return views_; }
    [[nodiscard]] const Opinion& opinion() const noexcept { return opinion_; }

private:
    struct Callbacks;

    llhttp_t parser_{};
    Role role_;
    Opinion opinion_{};
    std::vector<View> views_;
};

}  // namespace ferry::http1
