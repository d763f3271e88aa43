// What one request is told beyond its method and URL.
#pragma once

#include <ferry/body.hpp>
#include <ferry/buffer.hpp>
#include <ferry/headers.hpp>
#include <ferry/json.hpp>
#include <ferry/limits.hpp>
#include <ferry/retry.hpp>
#include <ferry/url.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry {

/// The bytes of a request's body: unset, or a text or bytes. An empty text is a body of no bytes. They are copied once, or
/// moved, when they are set; all requests that they are for share them, and so do copies of this.
class Content {
public:
    Content() noexcept = default;
    Content(const char* text) : Content(std::string_view(text)) {}
    Content(std::string_view text) : Content(std::span(as_bytes(text))) {}
    Content(const std::string& text) : Content(std::string_view(text)) {}
    Content(std::string&& text) : bytes_(Buffer::share(std::move(text))), set_(true) {}
    Content(Buffer bytes);
    Content(std::span<const std::byte> bytes);
    Content(const std::vector<std::byte>& bytes) : Content(std::span<const std::byte>(bytes)) {}

    [[nodiscard]] bool is_set() const noexcept { return set_; }
    [[nodiscard]] const Buffer& bytes() const noexcept { return bytes_; }

private:
    Buffer bytes_;
    bool set_ = false;
};

/// The options of a request; all of them may be left out:
///
///     client.post("/items", {.params = {{"dry", true}}, .json = {{"name", "value"}}, .timeout = 2s});
///
/// The fields are given in this order. Use a variable where the call stands in a co_await expression: GCC 12 destroys such
/// a temporary twice.
struct Options {
    /// Put into the URL's query: names that are there are replaced, others are appended.
    Params params{};
    /// Each goes instead of the client's fields of that name.
    Headers headers{};
    /// The body as it is; no Content-Type is added. `content`, `json` or `body`: not more than one of them.
    Content content{};
    /// The body as JSON, with "Content-Type: application/json" unless `headers` says otherwise.
    JsonBody json{};
    /// What is unset comes from the client.
    TimeoutOption timeout{};
    /// The request target where it is not the URL's path and query: "*".
    std::string target{};
    /// As in Config; unset: the client's.
    CountLimit max_decoded_bytes{};
    /// Fields that are not sent with this request: the client's, default or configured, and what `json` or the URL adds.
    std::vector<std::string> remove_headers{};
    /// As in Config; unset: the client's.
    CountLimit retries{};
    /// The body as it is, made while it is sent.
    BodySource body{};
    /// As in Config; unset: the client's.
    ExpectContinue expect_continue{};
    /// As in Config; unset: the client's. RetryPolicy{.max_retries = 0} turns the client's off.
    std::optional<RetryPolicy> retry_policy{};
};

}  // namespace ferry
