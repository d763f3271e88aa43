// A connection that is no longer HTTP: after 101 Switching Protocols, or a 2xx to CONNECT.
//
//     ferry::Options options{.headers = {{"Connection", "upgrade"}, {"Upgrade", "echo"}}};
//     ferry::StreamingResponse response = client.stream("GET", "http://api.example/chat", options);
//     if (response.is_upgraded()) {
//         ferry::Duplex stream = std::move(response).into_duplex();
//         stream.write("ping");
//         std::optional<ferry::Buffer> answer = stream.read();
//     }
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace ferry {

namespace detail {
class StreamState;
}  // namespace detail

/// Raw bytes in both directions. One thread may read while another writes, and any thread may close. There is no read
/// timeout on it; `write` and `total` hold. One that was moved from can only be assigned to or destroyed.
class Duplex {
public:
    Duplex(Duplex&& other) noexcept;
    Duplex& operator=(Duplex&& other) noexcept;
    /// As close().
    ~Duplex();

    /// The response that switched protocols.
    [[nodiscard]] const Response& response() const noexcept;

    /// The next bytes, at least one, as they come; those that came behind the response's head are the first. Nothing once
    /// the peer has ended its half, and ever after. Throws what the stream failed with, and StreamClosed after close().
    [[nodiscard]] std::optional<Buffer> read();
    /// The same; Errc::invalid_state after close().
    [[nodiscard]] Result<std::optional<Buffer>> try_read();

    /// Sends all of it; waits while the peer does not keep up, but for the last 256 KiB. Throws what the stream failed
    /// with, and StreamClosed after close() or finish().
    void write(ConstBuffer bytes);
    void write(std::string_view text) { write(as_bytes(text)); }
    /// The same; Errc::invalid_state after close() or finish().
    [[nodiscard]] Result<void> try_write(ConstBuffer bytes);
    [[nodiscard]] Result<void> try_write(std::string_view text) { return try_write(as_bytes(text)); }

    /// Ends our half behind what has been written; reading goes on. The stream is over when the peer has ended its half as
    /// well.
    void finish() noexcept;

    /// Ends the connection. Written bytes that the system has not taken yet are lost: to be sure of them, finish() and
    /// read to the end first.
    void close() noexcept;

private:
    friend class StreamingResponse;
    explicit Duplex(std::unique_ptr<detail::StreamState> state);

    std::unique_ptr<detail::StreamState> state_;
};

}  // namespace ferry
