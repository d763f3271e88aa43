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
// In a co_await expression, write options as a variable, or use request(method, url) and setters without braces in their
// arguments. GCC 12 destroys aggregates in braces twice there; `get(url, {.timeout = 2s})` and `.body({.next = …})` are
// deleted with it for that reason, for other than callbacks. Of lists in braces it says "array used as initializer".
#pragma once

#include <ferry/asio_stream.hpp>
#include <ferry/asio_token.hpp>
#include <ferry/builder.hpp>
#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/engine.hpp>
#include <ferry/error.hpp>
#include <ferry/exceptions.hpp>
#include <ferry/limits.hpp>
#include <ferry/options.hpp>
#include <ferry/request.hpp>
#include <ferry/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// GCC before 13 destroys an aggregate that is written in braces in a co_await expression twice.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define FERRY_ASIO_NO_BRACES
#include <boost/asio/use_awaitable.hpp>
#endif

namespace ferry::asio {

namespace detail {

/// What the handles on a client share.
class SharedClient;
using Shared = std::shared_ptr<SharedClient>;

/// A request whose response is collected: complete, or it knows why it cannot be sent.
class Operation;
using SharedOperation = std::shared_ptr<Operation>;

[[nodiscard]] const ::boost::asio::any_io_executor& executor_of(const Shared& client) noexcept;
[[nodiscard]] const ::boost::asio::any_io_executor& executor_of(const SharedOperation& operation) noexcept;

/// `options` may be null.
[[nodiscard]] SharedOperation prepare(const Shared& client, std::string_view method, UrlRef url,
                                      const Options* options);
/// Another of the same request.
[[nodiscard]] SharedOperation another(const SharedOperation& operation);
void start(SharedOperation&& operation, Handler<CollectedSignature>&& handler);
[[nodiscard]] std::exception_ptr exception_of(Error error);

/// Makes of a handler that takes an exception one for an operation.
template <class H>
struct Raising {
    H handler;

    void operator()(Result<Response>&& result) {
        if (result) {
            std::move(handler)(std::exception_ptr(), *std::move(result));
        } else {
            std::move(handler)(exception_of(std::move(result).error()), Response());
        }
    }
};

/// Begins a request when Asio says so: with a deferred token that is when the operation is awaited. A copy begins another
/// of the same.
template <class S>
class Initiation {
public:
    using executor_type = ::boost::asio::any_io_executor;

    explicit Initiation(SharedOperation operation) noexcept : operation_(std::move(operation)) {}
    Initiation(const Initiation& other) : operation_(another(other.operation_)) {}
    Initiation(Initiation&& other) noexcept = default;
    Initiation& operator=(const Initiation& other) = delete;
    Initiation& operator=(Initiation&& other) noexcept = default;
    ~Initiation() = default;

    [[nodiscard]] const executor_type& get_executor() const noexcept { return executor_of(operation_); }

    template <class H>
    void operator()(H&& handler) && {
        const executor_type& client = executor_of(operation_);
        if constexpr (std::same_as<S, Signature>) {
            auto erasure = erased<CollectedSignature>(Raising<std::decay_t<H>>{std::forward<H>(handler)}, client);
            start(std::move(operation_), std::move(erasure));
        } else {
            auto erasure = erased<CollectedSignature>(std::forward<H>(handler), client);
            start(std::move(operation_), std::move(erasure));
        }
    }
    template <class H>
    void operator()(H&& handler) const& {
        Initiation (*this)(std::forward<H>(handler));
    }

private:
    SharedOperation operation_;
};

template <class S, class Token>
auto initiate(SharedOperation operation, Token&& token) {
    return ::boost::asio::async_initiate<Token, S>(Initiation<S>(std::move(operation)), token);
}

void start_drain(const Shared& client, TimeLimit limit, Handler<DrainSignature> handler);

/// As Initiation, of what drain() does.
class Draining {
public:
    using executor_type = ::boost::asio::any_io_executor;

    explicit Draining(Shared client) noexcept : client_(std::move(client)) {}

    [[nodiscard]] const executor_type& get_executor() const noexcept { return executor_of(client_); }

    template <class H>
    void operator()(H&& handler, TimeLimit limit) const {
        start_drain(client_, limit, erased<DrainSignature>(std::forward<H>(handler), get_executor()));
    }

private:
    Shared client_;
};

/// A request that is checked and complete, or why it cannot be sent. Its response is read piece by piece.
class Prepared {
public:
    /// read_all() takes no more than `most` bytes.
    Prepared(Result<Request>&& request, std::uint64_t most) : request_(std::move(request)), most_(most) {}

    [[nodiscard]] Result<Request>& request() noexcept { return request_; }
    [[nodiscard]] const Result<Request>& request() const noexcept { return request_; }
    [[nodiscard]] std::uint64_t most() const noexcept { return most_; }

private:
    Result<Request> request_;
    std::uint64_t most_;
};

[[nodiscard]] Prepared prepare_stream(const Shared& client, std::string_view method, UrlRef url,
                                      const Options* options);
[[nodiscard]] SharedStream make_stream(const Shared& client, const Prepared& prepared);
void start_open(const SharedStream& stream, Handler<TryStreamSignature> handler, Prepared prepared);

/// As Initiation, of a request whose response is read piece by piece.
template <class S>
class Opening {
public:
    using executor_type = ::boost::asio::any_io_executor;

    explicit Opening(Shared client) noexcept : client_(std::move(client)) {}

    [[nodiscard]] const executor_type& get_executor() const noexcept { return executor_of(client_); }

    template <class H>
    void operator()(H&& handler, Prepared prepared) const {
        const SharedStream stream = make_stream(client_, prepared);
        if constexpr (std::same_as<S, StreamSignature>) {
            using Throws = Throwing<StreamingResponse, std::decay_t<H>>;
            start_open(stream, erased<TryStreamSignature>(Throws{std::forward<H>(handler), stream}, get_executor()),
                       std::move(prepared));
        } else {
            start_open(stream, erased<S>(std::forward<H>(handler), get_executor()), std::move(prepared));
        }
    }

private:
    Shared client_;
};

template <class S, class Token>
auto open(const Shared& client, Prepared prepared, Token&& token) {
    return ::boost::asio::async_initiate<Token, S>(Opening<S>(client), token, std::move(prepared));
}

#ifdef FERRY_ASIO_NO_BRACES
/// Tokens whose operation co_await takes, also inside others: as_tuple(deferred), bind_cancellation_slot(slot, use_awaitable).
template <class T>
inline constexpr bool is_awaited = false;
template <>
inline constexpr bool is_awaited<::boost::asio::deferred_t> = true;
template <class Executor>
inline constexpr bool is_awaited<::boost::asio::use_awaitable_t<Executor>> = true;
template <template <class...> class Outer, class Token, class... Rest>
inline constexpr bool is_awaited<Outer<Token, Rest...>> = is_awaited<Token>;
template <class T>
concept Awaited = is_awaited<std::decay_t<T>>;
#endif

}  // namespace detail

/// A request in the making, from Client::request(method, url):
///
///     auto r = co_await client.request("GET", url).header("a", "b").timeout(5s).send();
///
/// Without braces in the arguments of setters it is safe in co_await with every compiler, see builder.hpp. It may be kept,
/// copied and sent again.
class [[nodiscard]] RequestBuilder : public Builder<RequestBuilder> {
public:
#ifdef FERRY_ASIO_NO_BRACES
    RequestBuilder& body(const BodySource& source) { return Builder::body(source); }
    RequestBuilder& body(BodySource&& use_a_variable_instead_of_braces) = delete;
    RequestBuilder& body(NextPiece next, std::optional<std::uint64_t> length = std::nullopt) {
        return Builder::body(std::move(next), length);
    }
#endif

    /// Makes the request, as Client::request() does.
    template <TokenFor<Signature> Token = detail::Default>
    auto send(Token&& token = detail::deferred_token) const {
        return detail::initiate<Signature>(prepare(), std::forward<Token>(token));
    }
    template <TokenFor<TrySignature> Token = detail::Default>
    auto try_send(Token&& token = detail::deferred_token) const {
        return detail::initiate<TrySignature>(prepare(), std::forward<Token>(token));
    }
    /// As Client::stream().
    template <TokenFor<StreamSignature> Token = detail::Default>
    auto stream(Token&& token = detail::deferred_token) const {
        return detail::open<StreamSignature>(client_, prepare_stream(), std::forward<Token>(token));
    }
    template <TokenFor<TryStreamSignature> Token = detail::Default>
    auto try_stream(Token&& token = detail::deferred_token) const {
        return detail::open<TryStreamSignature>(client_, prepare_stream(), std::forward<Token>(token));
    }

private:
    friend class Client;
    RequestBuilder(detail::Shared client, std::string_view method, UrlRef url)
        : Builder(method, url), client_(std::move(client)) {}

    [[nodiscard]] detail::SharedOperation prepare() const {
        return detail::prepare(client_, call().method, call().url, &call().options);
    }
    [[nodiscard]] detail::Prepared prepare_stream() const {
        return detail::prepare_stream(client_, call().method, call().url, &call().options);
    }

    detail::Shared client_;
};

/// An HTTP client with its connections, on an executor. That must run one handler at a time: a strand, or the executor
/// of an io_context that one thread runs. Requests may then be begun by any thread; stats() and dump() belong to the executor.
///
/// `url` is absolute, or relative to Config::base_url. Arguments are used up when the call returns; the request begins
/// when its operation is initiated. Its completion is never called from inside the call that begins it: it runs on the
/// handler's own executor, or else on the client's, and holds the client up only where the two are one. Handlers'
/// allocators, for their own state, and cancellation slots are used. Cancellation
/// of whatever type ends the request with Errc::cancelled; Error::safe_to_retry tells whether the server can have acted.
///
/// Idle connections keep io_context::run() from returning until they expire, or until the client is closed or gone.
/// A client that was moved from can be assigned to and destroyed, no more.
class Client {
public:
    using executor_type = ::boost::asio::any_io_executor;

    explicit Client(const executor_type& executor) : Client(executor, Config()) {}
    /// Throws InvalidUrl for a bad base_url, UnsupportedProtocol for its scheme, LocalProtocolError that names the field
    /// for other settings; what Asio throws where a context's first socket or timer cannot be made.
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
    /// Any method: a token, sent in the case that it is written in. Without options the completion token must be given:
    /// request(method, url) is the builder.
    template <TokenFor<Signature> Token>
    auto request(std::string_view method, UrlRef url, Token&& token) {
        return begin<Signature>(method, url, nullptr, std::forward<Token>(token));
    }
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

    /// The response piece by piece: completes when its head has come; the body is read from what is given. Cancellation of
    /// whatever type ends the request until then.
    template <TokenFor<StreamSignature> Token = detail::Default>
    auto stream(std::string_view method, UrlRef url, Token&& token = detail::deferred_token) {
        return open<StreamSignature>(method, url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<StreamSignature> Token = detail::Default>
    auto stream(std::string_view method, UrlRef url, const Options& options, Token&& token = detail::deferred_token) {
        return open<StreamSignature>(method, url, &options, std::forward<Token>(token));
    }
    template <TokenFor<TryStreamSignature> Token = detail::Default>
    auto try_stream(std::string_view method, UrlRef url, Token&& token = detail::deferred_token) {
        return open<TryStreamSignature>(method, url, nullptr, std::forward<Token>(token));
    }
    template <TokenFor<TryStreamSignature> Token = detail::Default>
    auto try_stream(std::string_view method, UrlRef url, const Options& options,
                    Token&& token = detail::deferred_token) {
        return open<TryStreamSignature>(method, url, &options, std::forward<Token>(token));
    }

#ifdef FERRY_ASIO_NO_BRACES
// Options in braces, with a token that is for co_await.
#define FERRY_ASIO_REFUSE_BRACES(call, ...)            \
    template <detail::Awaited Token = detail::Default> \
    void call(__VA_ARGS__, Options&& use_a_variable_instead_of_braces, Token&& = detail::deferred_token) = delete
    FERRY_ASIO_REFUSE_BRACES(get, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(head, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(options, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(delete_, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(post, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(put, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(patch, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_get, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_head, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_options, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_delete, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_post, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_put, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_patch, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(request, std::string_view, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_request, std::string_view, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(stream, std::string_view, UrlRef);
    FERRY_ASIO_REFUSE_BRACES(try_stream, std::string_view, UrlRef);
#undef FERRY_ASIO_REFUSE_BRACES
#endif

    /// Lets the requests under way end and refuses new ones, then closes all connections. Completes when that is done: after
    /// `limit` at the latest, when what has not ended does with Errc::client_closed. True if everything ended by itself. A
    /// response that is not read on has not ended. Cancellation ends the waiting, with false, and not the draining.
    template <TokenFor<DrainSignature> Token = detail::Default>
    auto drain(Token&& token = detail::deferred_token) {
        return drain(TimeLimit(), std::forward<Token>(token));
    }
    template <TokenFor<DrainSignature> Token = detail::Default>
    auto drain(TimeLimit limit, Token&& token = detail::deferred_token) {
        return ::boost::asio::async_initiate<Token, DrainSignature>(detail::Draining(client_), token, limit);
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
        return detail::initiate<S>(detail::prepare(client_, method, url, options), std::forward<Token>(token));
    }
    template <class S, class Token>
    auto open(std::string_view method, UrlRef url, const Options* options, Token&& token) {
        return detail::open<S>(client_, detail::prepare_stream(client_, method, url, options),
                               std::forward<Token>(token));
    }

    detail::Shared client_;
};

}  // namespace ferry::asio

/// Raising is its handler, for whoever asks for executor, allocator or slot.
template <template <class, class> class Associator, class H, class Default>
struct boost::asio::associator<Associator, ferry::asio::detail::Raising<H>, Default> : Associator<H, Default> {
    static auto get(const ferry::asio::detail::Raising<H>& raising) noexcept {
        return Associator<H, Default>::get(raising.handler);
    }
    static auto get(const ferry::asio::detail::Raising<H>& raising, const Default& fallback) noexcept
        -> decltype(Associator<H, Default>::get(raising.handler, fallback)) {
        return Associator<H, Default>::get(raising.handler, fallback);
    }
};

#undef FERRY_ASIO_NO_BRACES
