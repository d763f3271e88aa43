#include "core/http1/states.hpp"

#include <array>
#include <cassert>
#include <cstddef>

namespace ferry::http1 {

namespace {

constexpr bool client_only = false;

// The last three columns: client, server, when.
constexpr std::array sending{
    Transition<Sending>{Sending::idle, Cause::informational, Sending::idle, client_only, true, "a 1xx but 101"},
    Transition<Sending>{Sending::idle, Cause::head_with_body, Sending::body, true, true, "the head announces a body"},
    Transition<Sending>{Sending::idle, Cause::head_alone, Sending::done, true, true, "the head announces no body"},
    Transition<Sending>{Sending::idle, Cause::switch_protocols, Sending::switched, false, true,
                        "101 or 2xx to CONNECT sent"},
    Transition<Sending>{Sending::idle, Cause::fault, Sending::failed, true, false, "they broke the protocol"},
    Transition<Sending>{Sending::body, Cause::end, Sending::done, true, true, "send_end, or Content-Length is reached"},
    Transition<Sending>{Sending::body, Cause::fault, Sending::failed, true, false, "they broke the protocol"},
    Transition<Sending>{Sending::done, Cause::switch_protocols, Sending::switched, true, false,
                        "101 or 2xx to CONNECT received"},
    Transition<Sending>{Sending::done, Cause::fault, Sending::failed, true, false, "they broke the protocol"},
    Transition<Sending>{Sending::done, Cause::next, Sending::idle, true, true, "both done, keep-alive"},
};

constexpr std::array receiving{
    Transition<Receiving>{Receiving::idle, Cause::first_byte, Receiving::head, true, true, "the first byte of a head"},
    Transition<Receiving>{Receiving::idle, Cause::eof, Receiving::closed, true, true, "no message is due"},
    Transition<Receiving>{Receiving::idle, Cause::fault, Receiving::failed, true, true, ""},
    Transition<Receiving>{Receiving::head, Cause::informational, Receiving::head, true, false, "a 1xx but 101"},
    Transition<Receiving>{Receiving::head, Cause::head_with_body, Receiving::body, true, true, "a body follows"},
    Transition<Receiving>{Receiving::head, Cause::head_alone, Receiving::done, true, true, "no body follows"},
    Transition<Receiving>{Receiving::head, Cause::switch_protocols, Receiving::switched, true, false,
                          "101 or 2xx to CONNECT"},
    Transition<Receiving>{Receiving::head, Cause::fault, Receiving::failed, true, true, ""},
    Transition<Receiving>{Receiving::body, Cause::end, Receiving::done, true, true, "the last byte, or eof ends it"},
    Transition<Receiving>{Receiving::body, Cause::fault, Receiving::failed, true, true, ""},
    Transition<Receiving>{Receiving::done, Cause::next, Receiving::idle, true, true, "both done, keep-alive"},
    Transition<Receiving>{Receiving::done, Cause::switch_protocols, Receiving::switched, false, true,
                          "101 or 2xx to CONNECT sent"},
    Transition<Receiving>{Receiving::done, Cause::eof, Receiving::closed, true, true, "nothing is held back"},
    Transition<Receiving>{Receiving::done, Cause::fault, Receiving::failed, true, false, "bytes behind the response"},
    Transition<Receiving>{Receiving::switched, Cause::eof, Receiving::closed, true, true, ""},
};

// The rows again as an array to index: state and cause to the next state, per role.
constexpr std::uint8_t illegal = 0xff;
constexpr std::size_t causes = static_cast<std::size_t>(Cause::count_);

template <std::size_t States>
using Dense = std::array<std::array<std::array<std::uint8_t, causes>, States>, 2>;

template <std::size_t States, class State, std::size_t Rows>
consteval Dense<States> dense(const std::array<Transition<State>, Rows>& rows) {
    Dense<States> table{};
    for (auto& role : table) {
        for (auto& state : role) {
            state.fill(illegal);
        }
    }
    for (const auto& row : rows) {
        const auto from = static_cast<std::size_t>(row.from);
        const auto cause = static_cast<std::size_t>(row.cause);
        if (row.client) {
            table[0][from][cause] = static_cast<std::uint8_t>(row.to);
        }
        if (row.server) {
            table[1][from][cause] = static_cast<std::uint8_t>(row.to);
        }
    }
    return table;
}

constexpr auto sending_table = dense<static_cast<std::size_t>(Sending::failed) + 1>(sending);
constexpr auto receiving_table = dense<static_cast<std::size_t>(Receiving::failed) + 1>(receiving);

template <class Table, class State>
constexpr std::uint8_t look_up(const Table& table, Role role, State from, Cause cause) noexcept {
    return table[role == Role::client ? 0U : 1U][static_cast<std::size_t>(from)][static_cast<std::size_t>(cause)];
}

template <class State>
constexpr std::optional<State> optional_state(std::uint8_t to) noexcept {
    if (to == illegal) {
        return std::nullopt;
    }
    return static_cast<State>(to);
}

template <class State>
State legal_state(std::uint8_t to) noexcept {
    assert(to != illegal);
    return to == illegal ? State::failed : static_cast<State>(to);
}

}  // namespace

std::span<const Transition<Sending>> sending_transitions() noexcept { return sending; }
std::span<const Transition<Receiving>> receiving_transitions() noexcept { return receiving; }

std::optional<Sending> next_state(Role role, Sending from, Cause cause) noexcept {
    return optional_state<Sending>(look_up(sending_table, role, from, cause));
}

std::optional<Receiving> next_state(Role role, Receiving from, Cause cause) noexcept {
    return optional_state<Receiving>(look_up(receiving_table, role, from, cause));
}

Sending after(Role role, Sending from, Cause cause) noexcept {
    return legal_state<Sending>(look_up(sending_table, role, from, cause));
}

Receiving after(Role role, Receiving from, Cause cause) noexcept {
    return legal_state<Receiving>(look_up(receiving_table, role, from, cause));
}

std::string_view to_string(Role role) noexcept { return role == Role::client ? "client" : "server"; }

std::string_view to_string(Sending state) noexcept {
    switch (state) {
        case Sending::idle: return "idle";
        case Sending::body: return "body";
        case Sending::done: return "done";
        case Sending::switched: return "switched";
        case Sending::failed: return "failed";
    }
    return {};
}

std::string_view to_string(Receiving state) noexcept {
    switch (state) {
        case Receiving::idle: return "idle";
        case Receiving::head: return "head";
        case Receiving::body: return "body";
        case Receiving::done: return "done";
        case Receiving::switched: return "switched";
        case Receiving::closed: return "closed";
        case Receiving::failed: return "failed";
    }
    return {};
}

std::string_view to_string(Cause cause) noexcept {
    switch (cause) {
        case Cause::first_byte: return "first_byte";
        case Cause::informational: return "informational";
        case Cause::head_with_body: return "head_with_body";
        case Cause::head_alone: return "head_alone";
        case Cause::end: return "end";
        case Cause::switch_protocols: return "switch_protocols";
        case Cause::eof: return "eof";
        case Cause::fault: return "fault";
        case Cause::next: return "next";
        case Cause::count_: break;
    }
    return {};
}

}  // namespace ferry::http1
