// Requests under way, as every face of ferry sees them: who waits for which, and what becomes of its events.
//
// In: Requests from prepare.hpp, and the engine's events. Out: calls to the Pending of each request: on_head and on_body
// if it streams, then exactly one of on_done and on_failed. It knows neither the transport nor who waits how.
#pragma once

#include <ferry/engine.hpp>
#include <ferry/id.hpp>
#include <ferry/request.hpp>
#include <ferry/response.hpp>
#include <ferry/url.hpp>

#include <cstdint>
#include <span>
#include <string>
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

    /// Not for requests that collect. `head` has no content, trailers or timings yet.
    virtual void on_head(ResponseParts head);
    /// Some of the body, valid during the call; give credit back with Engine::consume(). Not for requests that collect.
    virtual void on_body(std::span<const std::byte> bytes);
    /// The end. If the request collects, `parts` is the response; else it has the method, the URL, trailers and timings.
    virtual void on_done(ResponseParts parts) = 0;
    virtual void on_failed(Error error) = 0;

private:
    friend class Exchange;

    RequestId id_{};
    std::string method_;
    Url url_;
    bool collect_ = true;
};

class Exchange {
public:
    explicit Exchange(Engine& engine) noexcept : engine_(engine) {}

    /// Starts a request; how it ends is told to `pending` when events are handled.
    void submit(Time now, Request&& request, Pending& pending);
    /// Cancels the request, if it is under way; `pending` is told nothing any more and may go.
    void forget(Time now, Pending& pending);
    /// Ends all requests with Errc::client_closed, as their events are handled, and all later ones too.
    void close(Time now);

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
    void on_head(RequestId id);
    void on_upgraded(Time now, RequestId id);
    void on_done(RequestId id);
    void on_failed(RequestId id);

    Engine& engine_;
    std::vector<Entry> entries_;
    bool closed_ = false;
};

}  // namespace ferry::detail
