// What each side of a connection may do next: the two state machines of ferry/http1.hpp as one table of transitions.
//
// A side changes its state only through after(). The table says for each state and cause what comes next; a pair that is
// not in it cannot happen, and a debug build stops there. docs/states/ is drawn from the same rows.
#pragma once

#include <ferry/http1.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ferry::http1 {

/// What makes a side change its state.
enum class Cause : std::uint8_t {
    first_byte,        ///< The first byte of a message came.
    informational,     ///< A 1xx response but 101.
    head_with_body,    ///< The head is complete, and a body follows.
    head_alone,        ///< The head is complete, and the message too.
    end,               ///< The last byte of the body.
    switch_protocols,  ///< A 101, or a 2xx to CONNECT.
    eof,               ///< The peer ended the stream.
    fault,             ///< The peer broke the protocol.
    next,              ///< Machine::next().
    count_
};

/// One legal transition. `when` says what else must hold, for the reader of the picture.
template <class State>
struct Transition {
    State from{};
    Cause cause{};
    State to{};
    bool client = true;
    bool server = true;
    std::string_view when{};
};

[[nodiscard]] std::span<const Transition<Sending>> sending_transitions() noexcept;
[[nodiscard]] std::span<const Transition<Receiving>> receiving_transitions() noexcept;

/// The state that follows `from`; nothing if the pair is not in the table.
[[nodiscard]] std::optional<Sending> next_state(Role role, Sending from, Cause cause) noexcept;
[[nodiscard]] std::optional<Receiving> next_state(Role role, Receiving from, Cause cause) noexcept;

/// The same where the pair must be legal.
[[nodiscard]] Sending after(Role role, Sending from, Cause cause) noexcept;
[[nodiscard]] Receiving after(Role role, Receiving from, Cause cause) noexcept;

[[nodiscard]] std::string_view to_string(Role role) noexcept;
[[nodiscard]] std::string_view to_string(Sending state) noexcept;
[[nodiscard]] std::string_view to_string(Receiving state) noexcept;
[[nodiscard]] std::string_view to_string(Cause cause) noexcept;

}  // namespace ferry::http1
