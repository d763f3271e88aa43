// What is done however a scope is left.
#pragma once

#include <utility>

namespace ferry::detail {

template <class Action>
class AtExit {
public:
    explicit AtExit(Action action) : action_(std::move(action)) {}
    AtExit(const AtExit&) = delete;
    AtExit& operator=(const AtExit&) = delete;
    ~AtExit() { action_(); }

private:
    Action action_;
};

}  // namespace ferry::detail
