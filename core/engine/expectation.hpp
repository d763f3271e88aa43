// "Expect: 100-continue" (RFC 9110 section 10.1.1) from our side: whether the body of a request may go out.
//
//     none                        the request does not ask
//     held ──► released           100 came, or the wait is over: the body is sent
//       └────► refused            a final response came first: the body is never sent
//
// It knows nothing of time or bytes: the engine says when the wait is over, and sends.
#pragma once

#include <cstdint>

namespace ferry {

class Expectation {
public:
    enum class State : std::uint8_t { none, held, released, refused };

    /// A new attempt begins; it asks or not.
    void begin(bool asks) noexcept { state_ = asks ? State::held : State::none; }
    /// A 1xx response came. True if the body is to be sent now.
    [[nodiscard]] bool informational(int status) noexcept { return status == 100 && release(); }
    /// The wait is over. True if the body is to be sent now.
    [[nodiscard]] bool waited() noexcept { return release(); }
    /// The head of the final response came.
    void answered() noexcept { state_ = state_ == State::held ? State::refused : state_; }

    [[nodiscard]] State state() const noexcept { return state_; }
    /// The answer is waited for.
    [[nodiscard]] bool waits() const noexcept { return state_ == State::held; }
    [[nodiscard]] bool refused() const noexcept { return state_ == State::refused; }
    /// No byte of the body may be sent.
    [[nodiscard]] bool holds() const noexcept { return waits() || refused(); }

private:
    bool release() noexcept {
        const bool was_held = state_ == State::held;
        state_ = was_held ? State::released : state_;
        return was_held;
    }

    State state_ = State::none;
};

}  // namespace ferry
