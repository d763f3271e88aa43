// A request as a value: method, URL and options, to be made later or with others.
#pragma once

#include <ferry/options.hpp>
#include <ferry/url.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace ferry {

/// A URL as an argument: text, or a Url that is parsed already. It owns nothing: it lives as long as the call.
class UrlRef {
public:
    UrlRef(const char* text) noexcept : text_(text) {}
    UrlRef(std::string_view text) noexcept : text_(text) {}
    UrlRef(const std::string& text) noexcept : text_(text) {}
    UrlRef(const Url& url) noexcept : text_(url.str()), url_(&url) {}

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    /// The parsed URL, or null.
    [[nodiscard]] const Url* url() const noexcept { return url_; }

private:
    std::string_view text_;
    const Url* url_ = nullptr;
};

/// A request to be made. A URL alone is a GET:
///
///     std::vector<ferry::Call> calls{"/a", "/b", {"POST", "/c", {.json = {{"key", "value"}}}}};
struct Call {
    std::string method = "GET";
    std::string url{};
    Options options{};

    Call() = default;
    template <class T>
        requires(!std::same_as<T, Call> && std::constructible_from<UrlRef, const T&>)
    Call(const T& get_url) : url(UrlRef(get_url).text()) {}
    Call(std::string_view call_method, UrlRef call_url) : method(call_method), url(call_url.text()) {}
    Call(std::string_view call_method, UrlRef call_url, Options call_options)
        : method(call_method), url(call_url.text()), options(std::move(call_options)) {}
};

}  // namespace ferry
