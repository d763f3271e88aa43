// Requests under way, as every face of ferry sees them: who waits for which, and what becomes of its events.
//
// In: Requests from prepare.hpp, and the engine's events. Out: calls to the Pending of each request: on_head and on_body
// if it streams, then exactly one of on_done and on_failed. It knows neither the transport nor who waits how.
#pragma once

#include "core/exchange/upload.hpp"

#include <ferry/engine.hpp>
#include <ferry/id.hpp>
#include <ferry/request.hpp>
#include <ferry/response.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ferry::detail {

/// One request that somebody waits for. It must stay where it is from submit() until on_done, on_failed or forget().
/// The calls come while events are handled, so commands to the engine are legal in them; they must not throw.
class Pending {
public:
    Pending() = default;
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    virtual ~Pending() = default;

    /// The request's id while it is under way, else null.
    [[nodiscard]] RequestId id() const noexcept { return id_; }

    /// Not for requests that collect. `head` has no content and trailers yet; its timings are those so far.
    virtual void on_head(ResponseParts&& head);
    /// Some of the body, valid during the call, or for as long as Engine::keep() keeps it; give credit back with
    /// Engine::consume(). Not for requests that collect.
    virtual void on_body(Engine& engine, std::span<const std::byte> bytes);
    /// The response's head was the last of HTTP: from here on_body() has raw bytes, Engine::write_body() sends some, and
    /// finish_body() half-closes. False, as here: the face cannot; the request fails. Not for requests that collect: they
    /// are done with the head, and their body is empty.
    virtual bool on_upgraded();
    /// After on_upgraded(): the peer has ended its half.
    virtual void on_peer_done();
    /// The body's source may be asked for more. Here: it is, at once. Faces that must not call it from where events are
    /// handled do so later, through upload().
    virtual void on_writable(Engine& engine, Time now);
    /// The body is wanted from its beginning; on_writable() follows. Here: the source is rewound at once.
    virtual void on_rewind();
    /// The end. If the request collects, `parts` is the response; else it has the method, the URL, trailers and timings.
    virtual void on_done(ResponseParts&& parts) = 0;
    /// The other end. The error knows its request, timings too.
    virtual void on_failed(Error error) = 0;

    // For the faces.
    [[nodiscard]] Upload& upload() noexcept { return upload_; }
    /// What to end the request with instead of what it ends with, such as what its source failed with.
    void fail_with(Error error) { failure_ = std::move(error); }

private:
    friend class Exchange;

    RequestId id_{};
    bool collect_ = true;
    bool late_ = false;  // Submitted when the client was draining already.
    Upload upload_;
    std::optional<Error> failure_;
};

class Exchange {
public:
    using WallClock = std::chrono::sys_seconds (*)();

    /// `wall` is asked when it may matter: the time since an engine's birth need not be that of the date, on a machine
    /// that slept.
    Exchange(Engine& engine, WallClock wall) noexcept : engine_(engine), wall_(wall) {}

    /// Starts a request; how it ends is told to `pending` when events are handled.
    void submit(Time now, Request&& request, Pending& pending);
    /// Cancels the request, if it is under way; `pending` is told nothing any more and may go.
    void forget(Time now, Pending& pending);
    /// The same, but lets the connection live if little of the response is left: Engine::discard().
    void discard(Time now, Pending& pending);
    /// Requests that have not ended.
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    /// Ends all requests with Errc::client_closed, as their events are handled, and all later ones too.
    void close(Time now);
    /// Refuses later requests; those under way go on, at most for so long.
    void drain(Time now, std::optional<Duration> limit);
    /// Requests that closing, or the limit of drain(), has kept from ending by themselves.
    [[nodiscard]] std::uint64_t cut_off() const noexcept { return cut_off_; }

    [[nodiscard]] bool is_closed() const noexcept { return closed_; }

    /// Handles one event of the engine's.
    void on_event(Time now, Event& event);

private:
    /// What a request is waited for by; null: by nobody, or it has ended.
    struct Entry {  // by RequestId::slot
        std::uint32_t generation = 0;
        Pending* pending = nullptr;
    };

    [[nodiscard]] Pending* find(RequestId id) const noexcept;
    /// As find(); from here on the request is over.
    [[nodiscard]] Pending* release(RequestId id) noexcept;
    void end_burst();
    void on_head(RequestId id);
    void on_writable(Time now, RequestId id);
    void on_rewind(Time now, RequestId id);
    void on_upgraded(Time now, RequestId id);
    void on_done(RequestId id);
    void on_failed(RequestId id);

    Engine& engine_;
    WallClock wall_;
    std::vector<Entry> entries_;
    std::size_t under_way_ = 0;
    std::uint64_t cut_off_ = 0;
    bool draining_ = false;
    bool closed_ = false;
};

}  // namespace ferry::detail
