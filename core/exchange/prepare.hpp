// From a call, as a user writes it, to a Request, as the engine takes it.
//
// A client's settings are checked and resolved once; then each request costs one header list and one URL.
#pragma once

#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/engine.hpp>
#include <ferry/headers.hpp>
#include <ferry/options.hpp>
#include <ferry/request.hpp>
#include <ferry/resolver.hpp>
#include <ferry/result.hpp>
#include <ferry/url.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::detail {

/// What a client adds to each of its requests.
class Defaults {
public:
    /// Checks all of a configuration; the error's sentence names the field.
    [[nodiscard]] static Result<Defaults> make(const Config& config);

    /// What of the configuration is for the engine. The face adds what it alone knows: capabilities, seed, wall clock.
    [[nodiscard]] const EngineConfig& engine() const noexcept { return engine_; }
    /// Config::resolver: null if names are looked up by the system.
    [[nodiscard]] const ResolveFunction& resolver() const noexcept { return resolver_; }

    /// The request. Everything is checked but what complete() checks; what is refused is safe to retry, since nothing
    /// was sent. `collect` as in Request: it decides which cap on the body is the default.
    [[nodiscard]] Result<Request> prepare(std::string_view method, UrlRef url, bool collect) const;
    [[nodiscard]] Result<Request> prepare(std::string_view method, UrlRef url, const Options& options,
                                          bool collect) const;

    /// The same, made where it is to stay. Call it with a `request` that was made with std::in_place and whose `collect`
    /// alone has been set; it has the error if the call is refused.
    void prepare_in(Result<Request>& request, std::string_view method, UrlRef url, const Options& options) const {
        prepare_in(request, method, url, &options);
    }

    /// The cap on what may be collected in memory of such a request's body.
    [[nodiscard]] std::uint64_t max_collected(const Options& options) const;

    /// The URL that is asked: absolute ones as they are, others appended to base_url without the slashes that they begin
    /// with. One that has a host but no scheme, "//host", is refused.
    [[nodiscard]] Result<Url> locate(UrlRef url) const;

private:
    Defaults() = default;

    [[nodiscard]] static Result<Defaults> resolved(const Config& config);
    /// `options` may be null, here and below: there are none.
    void prepare_in(Result<Request>& request, std::string_view method, UrlRef url, const Options* options) const;
    [[nodiscard]] Result<void> assemble(std::string_view method, UrlRef url, const Options* options,
                                        Request& request) const;
    [[nodiscard]] Error refusal(Error error, std::string_view method, UrlRef url, const Options* options) const;
    /// The client's limits.
    void limit(Request& request) const;
    /// Those of the request in their place.
    [[nodiscard]] Result<void> limit(const Options& options, Request& request) const;
    [[nodiscard]] Result<void> locate(UrlRef url, Url& located) const;
    [[nodiscard]] Result<Url> with_params(const Url& url, const Params& params) const;
    void begin_headers(const Url& url, const Headers& given, Headers& headers) const;
    static void merge_headers(const Options& options, Headers& headers);
    static void set_body(const Options& options, Request& request);

    std::string base_;  // Ends in a slash; empty if there is none.
    Headers headers_;   // The built-in ones and the client's, merged.
    Params params_;
    Timeout timeout_;
    Deadlines deadlines_;
    CountLimit max_bytes_;
    std::uint64_t max_collected_ = 0;
    std::uint64_t max_streamed_ = 0;
    std::uint64_t retries_ = 0;
    std::optional<Duration> expect_continue_;
    std::shared_ptr<const RetryPolicy> retry_policy_;
    EngineConfig engine_;
    ResolveFunction resolver_;
};

}  // namespace ferry::detail
