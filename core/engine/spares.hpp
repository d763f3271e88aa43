// Things that own memory and are made again and again: a few are kept for the next time, the last given first.
#pragma once

#include "core/engine/burst.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace ferry {

template <class T>
class Spares {
public:
    /// `most`: of what is given beyond that, the memory goes back to the system.
    explicit Spares(std::size_t most) noexcept : most_(most) {}

    void give(T&& thing) {
        if (things_.size() < most_) {
            things_.push_back(std::move(thing));
        } else {
            [[maybe_unused]] const T unwanted = std::move(thing);
        }
    }
    void give_back() { ferry::give_back(things_); }
    /// One that was given, or a T made from nothing.
    [[nodiscard]] T take() noexcept {
        if (things_.empty()) {
            return T();
        }
        T thing = std::move(things_.back());
        things_.pop_back();
        return thing;
    }

private:
    std::size_t most_;
    std::vector<T> things_;
};

}  // namespace ferry
