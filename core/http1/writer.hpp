// The sending half of a Machine: messages become bytes, and what must not be sent is refused.
//
// A head is written into one buffer that lives until the next head; a body is never copied, only framed. Every check is
// made before anything changes.
#pragma once

#include "core/http1/exchange.hpp"

#include <ferry/http1.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::http1 {

/// Whether field_fault() has been asked about a list of fields.
enum class Fields : std::uint8_t { to_judge, judged };

class Writer {
public:
    explicit Writer(Exchange& exchange) : exchange_(exchange) {}

    [[nodiscard]] Result<ConstBuffer> request(std::string_view method, std::string_view target, const Headers& headers,
                                              Fields fields);
    [[nodiscard]] Result<ConstBuffer> response(int status, std::string_view reason, const Headers& headers);
    [[nodiscard]] Result<Segments> data(ConstBuffer data);
    [[nodiscard]] Result<Segments> end(const Headers* trailers);

private:
    [[nodiscard]] std::optional<Error> response_fault(int status, std::string_view reason, const Headers& headers,
                                                      const Framing& framing) const;
    /// The message has ended with its head or with its last byte; ending it in so many words adds nothing.
    [[nodiscard]] bool whole() const noexcept;
    void write_head(std::initializer_list<std::string_view> start_line, const Headers& headers);
    void begin_body(const Framing& framing);

    Exchange& exchange_;
    Delimiter delimiter_ = Delimiter::none;
    std::uint64_t remaining_ = 0;  // Of a body with Content-Length.
    std::string head_;
    std::string tail_;                   // The last chunk and the trailers.
    std::array<char, 20> chunk_line_{};  // 16 digits and CRLF.
};

}  // namespace ferry::http1
