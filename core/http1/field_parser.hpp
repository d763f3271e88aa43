// llhttp, as ferry uses it: the judge of field lines and of the chunked coding, behind a canonical start line.
//
// llhttp never sees a real start line (see line.hpp), and never decides how a message is framed (see framing.hpp): a head
// begins in the state behind "HTTP/1.1 200 OK" or "POST / HTTP/1.1", a chunked body in the state behind a head that has
// nothing but "Transfer-Encoding: chunked". Those states are read once and copied. So the codec's decision is forced
// wherever llhttp reads a head's framing differently; Opinion tells tests what it would have been.
#pragma once

#include <ferry/http1.hpp>

#include <llhttp.h>

#include <cstdint>
#include <string_view>

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

    /// Feeds bytes of what was begun; false if llhttp refuses them.
    [[nodiscard]] bool feed(std::string_view bytes) noexcept;

    [[nodiscard]] const Opinion& opinion() const noexcept { return opinion_; }

private:
    struct Callbacks;

    llhttp_t parser_{};
    Role role_;
    Opinion opinion_{};
};

}  // namespace ferry::http1
