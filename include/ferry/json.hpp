// A request's body as JSON. It needs <nlohmann/json.hpp> only where it is given a value.
#pragma once

#include <ferry/buffer.hpp>

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ferry {

/// Arrays and objects inside one another, the outermost among them: deeper values are neither sent nor read. Copying and
/// writing a value takes stack for each level, and a value that a server chose must not use it up.
inline constexpr std::size_t max_json_depth = 1000;

/// JSON to be sent: unset, or serialised (compact, UTF-8 as it is).
///
///     .json = {{"key", "value"}, {"list", {1, 2, 3}}}     an object
///     .json = {1, "two", nullptr}                         an array
///     .json = "text", .json = 5, .json = nullptr          scalars
///     .json = value                                       a nlohmann::json, or anything that converts to one
///
/// `{}` alone is unset: write `nlohmann::json::object()`. A value that JSON cannot express (NaN, infinity, text that is
/// not UTF-8, binary), or that is nested deeper than max_json_depth, is remembered as the fault and reported with
/// Errc::invalid_body when the request is made.
class JsonBody {
public:
    JsonBody() noexcept = default;
    /// Braces as nlohmann::json takes them: a list of pairs that begin with a text is an object, any other an array.
    template <class J = nlohmann::json>
    JsonBody(std::initializer_list<typename J::initializer_list_t::value_type> list) {
        assign(J(list));
    }
    JsonBody(const nlohmann::json& value) { assign(value); }
    /// Whatever nlohmann::json can be made of: numbers, texts, nullptr, containers, types with a to_json.
    template <class T, class J = nlohmann::json>
        requires(!std::same_as<T, JsonBody> && !std::same_as<T, J> && std::convertible_to<const T&, J>)
    JsonBody(const T& value) {
        assign(J(value));
    }

    /// Text that is JSON already. It is sent as it is, unchecked.
    [[nodiscard]] static JsonBody from_text(std::string text) {
        JsonBody body;
        body.text_ = std::make_shared<const std::string>(std::move(text));
        body.set_ = true;
        return body;
    }

    [[nodiscard]] bool is_set() const noexcept { return set_; }
    /// What is sent; empty if unset or at fault.
    [[nodiscard]] std::string_view text() const noexcept { return text_ != nullptr ? *text_ : std::string_view(); }
    /// The same as bytes that are shared with this.
    [[nodiscard]] Buffer bytes() const noexcept { return Buffer::share(as_bytes(text()), text_); }
    /// Why the value cannot be sent, as a sentence that names the place in it; empty if it can.
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

private:
    void assign(const nlohmann::json& value);

    std::shared_ptr<const std::string> text_;
    std::string fault_;
    bool set_ = false;
};

}  // namespace ferry
