// One client of the server: bytes in, one answer at a time out. It owns its socket, but knows no loop: after each call
// the server asks what it waits for.
#pragma once

#include "tools/descriptor.hpp"
#include "tools/serve/reply.hpp"
#include "tools/serve/routes.hpp"

#include <ferry/buffer.hpp>
#include <ferry/http1.hpp>
#include <ferry/time.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ferry::tools {

/// What all connections of a server use.
struct Shared {
    const Routes& routes;
    Counters& counters;
    std::uint64_t max_body;  ///< A longer request body gets 413.
    Duration idle_timeout;   ///< Silence after which a connection is closed.
    bool log = false;        ///< A line a request on stderr.
    Time now{};
    std::string date{};             ///< As the Date field has it.
    std::vector<std::byte> room{};  ///< Where bytes are read to.
    Buffer out{};                   ///< Where output is put together.
};

class Connection {
public:
    Connection(Shared& shared, Descriptor socket, std::string peer);

    void on_readable();
    void on_writable();
    /// deadline() has come.
    void on_deadline();
    /// The server ends: no request after the present one.
    void drain();

    [[nodiscard]] int socket() const noexcept { return socket_.get(); }
    /// The server is to forget it; the socket is open until then.
    [[nodiscard]] bool closed() const noexcept { return state_ == State::closed; }
    [[nodiscard]] bool wants_read() const noexcept { return reading_; }
    [[nodiscard]] bool wants_write() const noexcept { return writing_; }
    [[nodiscard]] Time deadline() const noexcept { return deadline_; }

private:
    enum class State : std::uint8_t {
        request,    ///< Reads a request, or waits for one.
        reply,      ///< Has a reply that is not sent in full.
        lingering,  ///< Has said all; reads until the client ends, so that a reset does not take the answer away.
        closed,
    };
    enum class Sent : std::uint8_t { head, body, all };

    void pump(std::span<const http1::Event> events);
    void take(const http1::Event& event);
    void take_head(const http1::Event& event);
    void answer();
    void refuse(int status, std::string_view sentence);
    void start_reply();
    [[nodiscard]] bool advance();
    void fill();
    void fill_head();
    void fill_body();
    [[nodiscard]] bool flush();
    [[nodiscard]] bool write(std::span<const std::byte>& bytes);
    [[nodiscard]] bool finish();
    void append(const Result<http1::Segments>& segments);
    void linger();
    void wait_until(Time deadline) noexcept { deadline_ = deadline; }
    void wait_idle() noexcept { deadline_ = saturating_add(shared_.now, shared_.idle_timeout); }
    void close() noexcept;

    Shared& shared_;
    Descriptor socket_;
    std::string peer_;
    http1::Machine machine_{http1::Role::server};
    RequestHead head_;
    Buffer body_;
    Reply reply_;
    std::uint64_t number_;
    std::uint64_t requests_ = 0;
    Buffer backlog_;                // output that the socket did not take
    std::size_t backlog_sent_ = 0;  // of it
    Time deadline_{};
    Time resume_{};  // the reply goes on no earlier
    State state_ = State::request;
    Sent sent_ = Sent::head;
    bool bodiless_ = false;  // HEAD, 204 and 304
    bool draining_ = false;
    bool reading_ = true;
    bool writing_ = false;
};

}  // namespace ferry::tools
