// Ends a wait from another thread.
#pragma once

#include <atomic>

namespace ferry::loop {

/// An eventfd, or a pipe where there are none. Throws std::system_error if it cannot be made.
class Waker {
public:
    Waker();
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;
    ~Waker();

    /// Readable after wake(), until clear().
    [[nodiscard]] int fd() const noexcept { return read_; }
    /// From any thread. Several before one clear() cost one system call.
    void wake() noexcept;
    /// What was to be told by wake() must be looked at after this, not before.
    void clear() noexcept;

private:
    int read_ = -1;
    int write_ = -1;
    std::atomic<bool> awake_ = false;
};

}  // namespace ferry::loop
