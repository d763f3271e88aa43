// A value or an Error: what the calls that do not throw give back.
#pragma once

#include <ferry/error.hpp>

#include <concepts>
#include <type_traits>
#include <utility>
#include <variant>

namespace ferry {

/// Either a `T` or an Error, as `std::expected` will be. `value()` throws the error's exception; the rest does not throw.
template <class T>
class [[nodiscard]] Result {
public:
    using value_type = T;

    Result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(const T& value) : state_(std::in_place_index<0>, value) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
    /// A value made of `args`, where it is.
    template <class... Args>
        requires std::constructible_from<T, Args...>
    explicit Result(std::in_place_t /*tag*/, Args&&... args)
        : state_(std::in_place_index<0>, std::forward<Args>(args)...) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }

    /// The value; throws what ferry/exceptions.hpp has for the error if there is none.
    [[nodiscard]] T& value() & {
        check();
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] const T& value() const& {
        check();
        return *std::get_if<0>(&state_);
    }
    [[nodiscard]] T value() && {
        if (!has_value()) {
            raise(std::move(*std::get_if<1>(&state_)));
        }
        return std::move(*std::get_if<0>(&state_));
    }

    /// The value, which must be there.
    [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    [[nodiscard]] T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&state_); }
    [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// The error, which must be there.
    [[nodiscard]] const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
    [[nodiscard]] Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

    /// Puts a value made of `args` in the place of what is there.
    template <class... Args>
        requires std::is_nothrow_constructible_v<T, Args...>
    T& emplace(Args&&... args) {
        return state_.template emplace<0>(std::forward<Args>(args)...);
    }

    template <class U>
    [[nodiscard]] T value_or(U&& fallback) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
    }

private:
    void check() const {
        if (!has_value()) {
            raise(*std::get_if<1>(&state_));
        }
    }

    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    using value_type = void;

    Result() noexcept = default;
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return has_value(); }
    void value() const {
        if (!has_value()) {
            raise(*std::get_if<1>(&state_));
        }
    }
    [[nodiscard]] const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
    [[nodiscard]] Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<std::monostate, Error> state_;
};

}  // namespace ferry
