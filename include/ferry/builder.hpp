// The fluent way to write a request, shared by all faces. In a co_await expression its setters are safe with every compiler
// as long as their arguments have no braces: GCC 12 refuses `.json({{"a", 1}})`, `.headers({{…}})` and `.params({{…}})` there
// ("array used as initializer"). Use .header() and .param(), .body(next, length), or a variable.
#pragma once

#include <ferry/body.hpp>
#include <ferry/call.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ferry {

/// Setters for everything in Options. A face derives `class RequestBuilder : public Builder<RequestBuilder>` and adds
/// how it sends. Setters change the builder and return it, so they chain, and it can be kept, copied and sent again.
template <class Derived>
class Builder {
public:
    /// Adds a parameter to the query, beside others of that name in the builder.
    template <class Value>
    Derived& param(std::string_view name, const Value& value) {
        call_.options.params.add(Param(name, value));
        return self();
    }
    /// Replaces all parameters in the builder.
    Derived& params(Params params) {
        call_.options.params = std::move(params);
        return self();
    }
    /// Adds a field, beside others of that name in the builder, instead of the client's of that name.
    Derived& header(std::string_view name, std::string_view value) {
        call_.options.headers.add(name, value);
        return self();
    }
    /// Replaces all fields in the builder.
    Derived& headers(Headers headers) {
        call_.options.headers = std::move(headers);
        return self();
    }
    /// Leaves out the client's field of that name.
    Derived& remove_header(std::string_view name) {
        call_.options.remove_headers.emplace_back(name);
        return self();
    }
    Derived& content(Content content) {
        call_.options.content = std::move(content);
        return self();
    }
    Derived& json(JsonBody json) {
        call_.options.json = std::move(json);
        return self();
    }
    /// A duration, `std::nullopt`, or a Timeout.
    Derived& timeout(TimeoutOption timeout) {
        call_.options.timeout = timeout;
        return self();
    }
    Derived& target(std::string_view target) {
        call_.options.target = target;
        return self();
    }
    /// The body, made while it is sent.
    Derived& body(BodySource source) {
        call_.options.body = std::move(source);
        return self();
    }
    /// BodySource::next and BodySource::length, without braces.
    Derived& body(NextPiece next, std::optional<std::uint64_t> length = std::nullopt) {
        BodySource source;
        source.next = std::move(next);
        source.length = length;
        return body(std::move(source));
    }
    /// `true`, `false`, or how long to wait for the answer.
    Derived& expect_continue(ExpectContinue expect) {
        call_.options.expect_continue = expect;
        return self();
    }
    Derived& retry_policy(RetryPolicy policy) {
        call_.options.retry_policy = std::move(policy);
        return self();
    }
    Derived& max_decoded_bytes(CountLimit limit) {
        call_.options.max_decoded_bytes = limit;
        return self();
    }
    Derived& retries(CountLimit limit) {
        call_.options.retries = limit;
        return self();
    }

    /// What has been built so far.
    [[nodiscard]] const Call& call() const noexcept { return call_; }

protected:
    Builder(std::string_view method, UrlRef url) : call_(method, url) {}
    ~Builder() = default;
    Builder(const Builder&) = default;
    Builder(Builder&&) noexcept = default;
    Builder& operator=(const Builder&) = default;
    Builder& operator=(Builder&&) noexcept = default;

private:
    [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }

    Call call_;
};

}  // namespace ferry
