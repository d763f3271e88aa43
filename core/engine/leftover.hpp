// What is left of a response that nobody wants: it is read and thrown away, so that the connection can serve again,
// unless that would cost more than a new connection.
//
// In: the bytes that still come. Out: go on, the response is over, or it is not worth it. Time is the engine's.
#pragma once

#include "core/engine/session.hpp"

#include <ferry/buffer.hpp>
#include <ferry/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ferry {

class Leftover final : private StreamSink {
public:
    enum class Verdict : std::uint8_t { more, over, too_much };

    /// A handshake moves about as much in about as long.
    static constexpr std::size_t most_bytes = 64 * 1024;
    static constexpr Duration patience = std::chrono::milliseconds(250);

    /// Begins. False if the body is known to be too long: then it is not worth trying.
    [[nodiscard]] bool begin(std::optional<std::uint64_t> body_remaining) noexcept {
        bytes_ = 0;
        over_ = false;
        return !body_remaining || *body_remaining <= most_bytes;
    }
    /// More came: framing counts as well.
    [[nodiscard]] Verdict take(Session& session, ConstBuffer bytes) {
        bytes_ += bytes.size();
        session.receive(bytes, *this);
        return over_ ? Verdict::over : bytes_ > most_bytes ? Verdict::too_much : Verdict::more;
    }

private:
    void on_informational(RequestId /*id*/, ResponseHead&& /*head*/) override {}
    void on_head(RequestId /*id*/, ResponseHead&& /*head*/) override {}
    void on_data(RequestId /*id*/, ConstBuffer /*data*/) override {}
    void on_trailers(RequestId /*id*/, Headers /*trailers*/) override {}
    void on_end(RequestId /*id*/) override { over_ = true; }
    void on_upgrade(RequestId /*id*/, ConstBuffer /*data*/) override {}
    void on_broken(RequestId /*id*/, const Error& /*error*/) override { bytes_ = most_bytes + 1; }

    std::size_t bytes_ = 0;
    bool over_ = false;
};

}  // namespace ferry
