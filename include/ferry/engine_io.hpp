// What passes between an engine, its transport and the application: ops and events.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/endpoint.hpp>
#include <ferry/id.hpp>
#include <ferry/message.hpp>
#include <ferry/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ferry {

/// Engine → transport: what to do.
namespace op {

/// Resolve `host` to addresses; answered by on_resolved, unless cancelled. The view lives as long as the op list.
struct Lookup {
    LookupId id{};
    std::string_view host{};
    std::uint16_t port = 0;
};
/// The answer is no longer wanted; none may follow.
struct CancelLookup {
    LookupId id{};
};
/// Open a connection with TCP_NODELAY; answered by on_connected, or by on_closed with the reason.
struct Connect {
    ConnId id{};
    Endpoint to{};
    std::shared_ptr<const SocketOptions> options{};  ///< May be null.
};
/// There is output: gather() it and write. Produced when output goes from none to some; go on until gather() gives 0.
struct Send {
    ConnId id{};
};
/// Backpressure. Reading starts enabled; one read that is in flight may still be reported after `false`.
struct Reading {
    ConnId id{};
    bool enabled = true;
};
/// Look once, without blocking, whether there is something to read; what is found (bytes, EOF, an error) is reported
/// before the next op is handled.
struct Probe {
    ConnId id{};
};
/// No more output will come: half-close the writing side once everything gathered is written.
struct Shutdown {
    ConnId id{};
};
/// End the connection; answered by exactly one on_closed, after the last pending operation has come back, and by no
/// other fact.
struct Close {
    ConnId id{};
};

}  // namespace op

using Op =
    std::variant<op::Lookup, op::CancelLookup, op::Connect, op::Send, op::Reading, op::Probe, op::Shutdown, op::Close>;

/// "Connect #3.1 127.0.0.1:80", for traces and tests.
[[nodiscard]] std::string to_string(const Op& op);

/// Engine → application: what happened. Events are handled in order; take_* calls are valid while theirs is handled.
namespace event {

/// A 1xx response other than 101.
struct Informational {
    RequestId id{};
    ResponseHead head{};
};
/// The response's head has come: take_head(id).
struct Head {
    RequestId id{};
};
/// Some of the body of a request that does not collect. Valid while the event is handled.
struct Body {
    RequestId id{};
    std::span<const std::byte> data{};
};
/// A streaming upload may go on with `credit` bytes. When they are used up it comes again, once half the room is free.
struct Writable {
    RequestId id{};
    std::size_t credit = 0;
};
/// After the Head of a 101, or of a 2xx to CONNECT: from here Body is raw inbound (bytes that had come already first),
/// write_body() is raw outbound, finish_body() half-closes, and PeerDone tells that their half has ended.
struct Upgraded {
    RequestId id{};
};
struct PeerDone {
    RequestId id{};
};
/// The request is made again, and its streamed body is wanted from the beginning: what was written, and finish_body(),
/// count no longer. Writable follows. Only for requests that are `rewindable`.
struct Rewind {
    RequestId id{};
};
/// The response is complete: take_body(id), take_trailers(id). The id dies with this event.
struct Done {
    RequestId id{};
};
/// The request failed: take_error(id). The id dies with this event.
struct Failed {
    RequestId id{};
};
/// What the engine did, for people; only with EngineConfig::trace. Secrets are masked.
struct Trace {
    Time at{};
    RequestId request{};  ///< Null where it is about a connection only.
    ConnId connection{};  ///< Null where there is none yet.
    std::string text{};
};

}  // namespace event

using Event = std::variant<event::Informational, event::Head, event::Body, event::Writable, event::Upgraded,
                           event::PeerDone, event::Done, event::Failed, event::Trace, event::Rewind>;

/// "Body #0.1 512 bytes", for traces and tests.
[[nodiscard]] std::string to_string(const Event& event);

}  // namespace ferry
