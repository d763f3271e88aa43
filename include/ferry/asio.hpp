// ferry on Boost.Asio: a client for programs that run an io_context. Link ferry::asio; Boost 1.83 or later.
//
//     boost::asio::awaitable<void> show(ferry::asio::Client& client) {
//         ferry::Options options{.headers = {{"Accept", "application/json"}}};
//         auto r = co_await client.get("http://api.example/items", options);
//         r.raise_for_status();
//     }
//
// Every call takes a completion token as its last argument; without one it gives a deferred operation, which is what
// co_await takes. The signature is void(std::exception_ptr, Response), and void(Result<Response>) for the calls whose
// name begins with try_.
//
// In a co_await expression, write options as a variable or use request(method, url) and its setters: GCC 12 destroys
// temporaries in braces twice there.
#pragma once

#include <ferry/builder.hpp>
#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/engine.hpp>
#include <ferry/exceptions.hpp>
#include <ferry/options.hpp>
#include <ferry/request.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/version.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#if BOOST_VERSION < 108300
#error "ferry/asio.hpp needs Boost 1.83 or later"
#endif

namespace ferry::asio {

/// How get() and its like complete. The response is empty if there is an exception: one of ferry/exceptions.hpp.
using Signature = void(std::exception_ptr, Response);
/// How try_get() and its like complete.
using TrySignature = void(Result<Response>);

/// A completion token for `S`. Options is none, whatever Asio thinks of it.
template <class T, class S>
concept TokenFor = !std::convertible_to<T, Options> && ::boost::asio::completion_token_for<std::decay_t<T>, S>;

namespace detail {

/// What the handles on a client share.
class SharedClient;
using Shared = std::shared_ptr<SharedClient>;

/// A request that is checked and complete, or why it cannot be sent and what was asked for.
class Prepared {
public:
    explicit Prepared(Request request) : request_(std::move(request)) {}
    Prepared(Error error, std::string_view method, std::string_view url)
        : request_(std::move(error)), method_(method), url_(url) {}

    [[nodiscard]] Result<Request>& request() noexcept { return request_; }
    [[nodiscard]] const std::string& method() const noexcept { return request_ ? request_->method : method_; }
    [[nodiscard]] const std::string& url() const noexcept { return request_ ? request_->url.str() : url_; }

private:
    Result<Request> request_;
    std::string method_;
    std::string url_;
};

/// `options` may be null.
[[nodiscard]] Prepared prepare(const Shared& client, std::string_view method, UrlRef url, const Options* options);
void start(const Shared& client, Prepared prepared, ::boost::asio::any_completion_handler<Signature> handler);
void start(const Shared& client, Prepared prepared, ::boost::asio::any_completion_handler<TrySignature> handler);
[[nodiscard]] ::boost::asio::any_io_executor executor_of(const Shared& client);

/// Begins a request when Asio says so: with a deferred token that is when the operation is awaited.
template <class S>
class Initiation {
public:
    using executor_type = ::boost::asio::any_io_executor;

    explicit Initiation(Shared client) noexcept : client_(std::move(client)) {}

    [[nodiscard]] executor_type get_executor() const { return executor_of(client_); }

    template <class Handler>
    void operator()(Handler&& handler, Prepared prepared) const {
        start(client_, std::move(prepared), ::boost::asio::any_completion_handler<S>(std::forward<Handler>(handler)));
    }

private:
    Shared client_;
};

template <class S, class Token>
auto initiate(const Shared& client, Prepared prepared, Token&& token) {
    return ::boost::asio::async_initiate<Token, S>(Initiation<S>(client), token, std::move(prepared));
}

/// The default token. As a reference that `{}` does not bind to, so that get(url, {}) means options.
using Default = ::boost::asio::deferred_t&;
inline ::boost::asio::deferred_t deferred_token{};

}  // namespace detail

/// A request in the making, from Client::request(method, url):
///
///     auto r = co_await client.request("GET", url).header("a", "b").timeout(5s).send();
///
/// It has no aggregate in it, so it is safe in co_await with every compiler. It may be kept, copied and sent again.
class [[nodiscard]] RequestBuilder : public Builder<RequestBuilder> {
public:
    /// Makes the request, as Client::request() does.
    template <TokenFor<Signature> Token = detail::Default>
    auto send(Token&& token = detail::deferred_token) const {
        return detail::initiate<Signature>(client_, prepare(), std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_send(Token&& token = detail::deferred_token) const {
        return detail::initiate<TrySignature>(client_, prepare(), std::forward<Token>(token));
    }

private:
    friend class Client;
    RequestBuilder(detail::Shared client, std::string_view method, UrlRef url)
        : Builder(method, url), client_(std::move(client)) {}

    [[nodiscard]] detail::Prepared prepare() const {
        return detail::prepare(client_, call().method, call().url, &call().options);
    }

    detail::Shared client_;
};

/// An HTTP client with its connections, on an executor. That must run one handler at a time: a strand, or the executor
/// of an io_context that one thread runs. Requests may then be begun by any thread; stats() and dump() belong to the executor.
///
/// `url` is absolute, or relative to Config::base_url. Arguments are used up when the call returns; the request begins
/// when its operation is initiated. Its completion is never called from inside the call that begins it: it runs on the
/// handler's own executor, or else on the client's. Handlers' allocators and cancellation slots are used. Cancellation
/// of whatever type ends the request with Errc::cancelled; Error::safe_to_retry tells whether the server can have acted.
///
/// Idle connections keep io_context::run() from returning until they expire, or until the client is closed or gone.
/// A client that was moved from can be assigned to and destroyed, no more.
class Client {
public:
    using executor_type = ::boost::asio::any_io_executor;

    explicit Client(const executor_type& executor) : Client(executor, Config()) {}
    /// Throws InvalidUrl for a bad base_url, UnsupportedProtocol for its scheme, LocalProtocolError that names the field
    /// for other settings.
    Client(const executor_type& executor, Config config);
    /// On the context's executor.
    template <std::derived_from<::boost::asio::execution_context> Context>
    explicit Client(Context& context) : Client(executor_type(context.get_executor())) {}
    template <std::derived_from<::boost::asio::execution_context> Context>
    Client(Context& context, Config config) : Client(executor_type(context.get_executor()), std::move(config)) {}
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    /// Cancels what is under way: each completion still comes, with Errc::cancelled. Any thread, before or after the
    /// execution context is destroyed; that destroys completions that have not come. Config::on_trace is told nothing
    /// more, but for a call that another thread is in.
    ~Client();

    [[nodiscard]] executor_type get_executor() const { return detail::executor_of(client_); }

    template <TokenFor<Signature> Token = detail::Default>
    auto get(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("GET", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto get(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("GET", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto head(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("HEAD", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto head(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("HEAD", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto options(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("OPTIONS", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto options(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("OPTIONS", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto delete_(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("DELETE", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto delete_(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("DELETE", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto post(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("POST", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto post(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("POST", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto put(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("PUT", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto put(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("PUT", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto patch(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<Signature>("PATCH", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<Signature> Token = detail::Default>
    auto patch(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>("PATCH", url, &options, std::forward<Token>(token));
    }
    /// Any method: a token, sent in the case that it is written in.
    template <TokenFor<Signature> Token = detail::Default>
    auto request(std::string_view method, UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<Signature>(method, url, &options, std::forward<Token>(token));
    }
    /// A builder for the request; it is made by its send().
    RequestBuilder request(std::string_view method, UrlRef url) { return RequestBuilder(client_, method, url); }

    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_get(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("GET", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_get(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("GET", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_head(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("HEAD", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_head(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("HEAD", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_options(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("OPTIONS", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_options(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("OPTIONS", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_delete(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("DELETE", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_delete(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("DELETE", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_post(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("POST", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_post(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("POST", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_put(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("PUT", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_put(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("PUT", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_patch(UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("PATCH", url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_patch(UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return begin<TrySignature>("PATCH", url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_request(std::string_view method, UrlRef url, Token&& token = detail::deferred_token) {
        return begin<TrySignature>(method, url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_request(std::string_view method, UrlRef url, const Options& options,
                     Token&& token = detail::deferred_token) {
        return begin<TrySignature>(method, url, &options, std::forward<Token>(token));
    }

    /// Closes all connections. Requests under way, and all later ones, end with Errc::client_closed. Any thread.
    void close() noexcept;
    /// Counters since the client was made, and gauges of now.
    [[nodiscard]] Stats stats() const;
    /// What is going on, for people: origins, lookups, connections and requests, a line each; secrets are masked.
    [[nodiscard]] std::string dump() const;

private:
    template <class S, class Token>
    auto begin(std::string_view method, UrlRef url, const Options* options, Token&& token) {
        return detail::initiate<S>(client_, detail::prepare(client_, method, url, options), std::forward<Token>(token));
    }

    detail::Shared client_;
};

}  // namespace ferry::asio
