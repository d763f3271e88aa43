// ferry on a loop of libuv's: requests whose answers come as callbacks.
//
//     ferry::uv::Client client(loop, {.timeout = 10s});
//     client.get("http://api.example/items", [](ferry::Result<ferry::Response> r) {
//         std::puts(r ? r->text().c_str() : r.error().message.c_str());
//     });
//     uv_run(loop, UV_RUN_DEFAULT);
//
// Everything here belongs to the thread that runs the loop. Callbacks come from inside uv_run(), never from inside the
// call that caused them, and must not throw: an exception ends the program. In a callback everything is allowed, also to
// make requests and to destroy the client.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/builder.hpp>
#include <ferry/call.hpp>
#include <ferry/config.hpp>
#include <ferry/engine.hpp>
#include <ferry/limits.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <uv.h>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ferry::detail {
class UvClient;
}  // namespace ferry::detail

namespace ferry::uv {

/// A function, moved and never copied: what it captures need not be copyable. May be empty. One that captures little is
/// kept in place: a Callback must not be moved, assigned to or destroyed while it runs.
template <class... Args>
class Callback {
public:
    Callback() noexcept = default;
    Callback(std::nullptr_t) noexcept {}
    Callback(Callback&& other) noexcept { take(other); }
    Callback& operator=(Callback&& other) noexcept {
        if (this != &other) {
            drop();
            take(other);
        }
        return *this;
    }
    ~Callback() { drop(); }
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, Callback> && std::invocable<std::decay_t<F>&, Args...>)
    Callback(F&& function) {
        // An empty std::function, or a null pointer to one.
        if constexpr (std::is_constructible_v<bool, std::decay_t<F>&> && requires { function == nullptr; }) {
            if (function == nullptr) {
                return;
            }
        }
        if constexpr (fits<std::decay_t<F>>) {
            function_ = new (room_) Holder<std::decay_t<F>>(std::forward<F>(function));
        } else {
            function_ = new (room_) Holder<Boxed<std::decay_t<F>>>(std::forward<F>(function));
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return function_ != nullptr; }
    /// Not if it is empty.
    void operator()(Args... args) { function_->call(std::forward<Args>(args)...); }

private:
    struct Function {
        virtual ~Function() = default;
        virtual void call(Args&&... args) = 0;
        virtual Function* move_to(void* place) noexcept = 0;
    };
    template <class F>
    struct Holder final : Function {
        template <class G>
            requires(!std::same_as<std::remove_cvref_t<G>, Holder>)
        explicit Holder(G&& from) : function(std::forward<G>(from)) {}
        void call(Args&&... args) override { std::invoke(function, std::forward<Args>(args)...); }
        Function* move_to(void* place) noexcept override { return new (place) Holder(std::move(function)); }

        F function;
    };
    /// One that is too large, or may throw when it is moved.
    template <class F>
    struct Boxed {
        template <class G>
            requires(!std::same_as<std::remove_cvref_t<G>, Boxed>)
        explicit Boxed(G&& from) : function(std::make_unique<F>(std::forward<G>(from))) {}
        void operator()(Args&&... args) { std::invoke(*function, std::forward<Args>(args)...); }

        std::unique_ptr<F> function;
    };

    static constexpr std::size_t room = 5 * sizeof(void*);  // for what captures four pointers
    template <class F>
    static constexpr bool fits =
        sizeof(Holder<F>) <= room && alignof(Holder<F>) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

    void take(Callback& other) noexcept {
        if (other.function_ != nullptr) {
            function_ = other.function_->move_to(room_);
            other.drop();
        }
    }
    void drop() noexcept {
        if (Function* const function = std::exchange(function_, nullptr); function != nullptr) {
            function->~Function();
        }
    }

    alignas(void*) std::byte room_[room];
    Function* function_ = nullptr;
};

/// Takes a response, or why there is none; called exactly once.
using ResponseCallback = Callback<Result<Response>>;

/// A request under way. Copies stand for the same request; letting go of it changes nothing. Once the request has ended,
/// all calls do nothing.
class RequestHandle {
public:
    RequestHandle() noexcept = default;

    /// Ends the request: its callback comes with Errc::cancelled. Its connection is closed, if it had begun to use one.
    void cancel();
    /// Ends the request where its head has come and the rest is not wanted: on_body is called no more, and on_done comes with
    /// what there is of the response. What is left of the body is read and thrown away if it is at most 64 KiB and comes
    /// within 250 ms, so that the connection can be used again; else the connection is closed. Before the head, and after an
    /// upgrade, as cancel().
    void discard();
    /// True until the request's callback is called.
    [[nodiscard]] bool is_active() const noexcept;

    // For stream() alone:

    /// What on_body gets from now on is not acknowledged: when 256 KiB are not, no more is read, and the limit on silence
    /// does not run meanwhile. May be called from on_body, for the bytes of that call too.
    void pause();
    /// Acknowledges all that came while paused, and goes on.
    void resume();
    /// Acknowledges `size` bytes of what came while paused, and stays paused.
    void consume(std::size_t size);

protected:
    RequestHandle(std::weak_ptr<detail::UvClient> client, RequestId id) : client_(std::move(client)), id_(id) {}

    std::weak_ptr<detail::UvClient> client_;
    RequestId id_{};

private:
    friend class detail::UvClient;
};

/// The raw stream of a request that was upgraded; copies stand for the same stream. What comes goes to the request's
/// Receiver; pause(), resume() and consume() hold it back. There is no read timeout on it; `write` and `total` hold.
/// cancel() ends it.
class Duplex : public RequestHandle {
public:
    Duplex() noexcept = default;

    /// Sends all of it, behind what was written before. `taken` is told when the stream has taken it: once at most 256 KiB
    /// wait for the peer; or why it will not, Errc::invalid_state after finish() and after the end. What is written faster
    /// than that waits in memory.
    void write(Buffer bytes, Callback<Result<void>> taken = {});
    void write(std::string_view text, Callback<Result<void>> taken = {}) { write(Buffer(text), std::move(taken)); }
    /// Ends our half behind what has been written; reading goes on.
    void finish();

private:
    friend class detail::UvClient;
    using RequestHandle::RequestHandle;
};

/// Takes a response piece by piece. Each may be empty.
struct Receiver {
    /// The status and the fields have come; there is no content in it.
    Callback<const Response&> on_head{};
    /// Some of the body, valid during the call. When it returns, more may come, unless the request is paused.
    Callback<std::span<const std::byte>> on_body{};
    /// The end, exactly once: the response without its content, but with trailers and timings; or why it failed.
    ResponseCallback on_done{};
    /// Behind the head of a 101 to a request with "Connection: upgrade", or of a 2xx to CONNECT: the connection is no longer
    /// HTTP. From here on_body has raw bytes, and on_done comes when both sides have ended their half. If this is empty, such
    /// a response is a failure, Errc::unsupported_protocol.
    Callback<Duplex> on_upgraded{};
    /// After that: the peer has ended its half.
    Callback<> on_peer_done{};
};

/// A request in the making, from Client::request(method, url):
///
///     client.request("GET", url).header("a", "b").timeout(5s).send([](ferry::Result<ferry::Response> r) { … });
///
/// It may be kept and sent again, also after the client is gone: then it fails with Errc::client_closed, provided that
/// the loop is still there.
class [[nodiscard]] RequestBuilder : public Builder<RequestBuilder> {
public:
    RequestHandle send(ResponseCallback done);
    RequestHandle stream(Receiver receiver);

private:
    friend class Client;
    RequestBuilder(std::shared_ptr<detail::UvClient> client, std::string_view method, UrlRef url);

    std::shared_ptr<detail::UvClient> client_;
};

/// An HTTP client with its connections, on a loop of yours; several may share a loop. While a request is under way the
/// client keeps uv_run() going; idle connections do not.
///
/// `url` is absolute, or relative to Config::base_url. A request that cannot be sent fails in its callback, as all others.
/// A client that was moved from can be assigned to and destroyed, no more.
class Client {
public:
    /// The loop must outlive the client's handles: run it after close() or the destructor, until uv_run() returns; then
    /// uv_loop_close() finds none. Throws std::system_error if the system has no descriptors to give.
    explicit Client(uv_loop_t* loop);
    /// Throws InvalidUrl for a bad base_url, UnsupportedProtocol for its scheme, LocalProtocolError that names the field
    /// for other settings.
    Client(uv_loop_t* loop, Config config);
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    /// At any time, also in a callback. Requests under way end with Errc::cancelled, each in its callback, when the loop
    /// runs next: what these use must still be there. Config::on_trace is told nothing more.
    ~Client();

    RequestHandle get(UrlRef url, ResponseCallback done);
    RequestHandle get(UrlRef url, const Options& options, ResponseCallback done);
    RequestHandle head(UrlRef url, ResponseCallback done);
    RequestHandle head(UrlRef url, const Options& options, ResponseCallback done);
    RequestHandle options(UrlRef url, ResponseCallback done);
    RequestHandle options(UrlRef url, const Options& options, ResponseCallback done);
    RequestHandle delete_(UrlRef url, ResponseCallback done);
    RequestHandle delete_(UrlRef url, const Options& options, ResponseCallback done);
    RequestHandle post(UrlRef url, ResponseCallback done);
    RequestHandle post(UrlRef url, const Options& options, ResponseCallback done);
    RequestHandle put(UrlRef url, ResponseCallback done);
    RequestHandle put(UrlRef url, const Options& options, ResponseCallback done);
    RequestHandle patch(UrlRef url, ResponseCallback done);
    RequestHandle patch(UrlRef url, const Options& options, ResponseCallback done);
    /// Any method: a token, sent in the case that it is written in.
    RequestHandle request(std::string_view method, UrlRef url, ResponseCallback done);
    RequestHandle request(std::string_view method, UrlRef url, const Options& options, ResponseCallback done);
    /// A builder for the request; it is made by its send().
    RequestBuilder request(std::string_view method, UrlRef url);

    /// The response piece by piece, no faster than you take it.
    RequestHandle stream(std::string_view method, UrlRef url, Receiver receiver);
    RequestHandle stream(std::string_view method, UrlRef url, const Options& options, Receiver receiver);

    /// Lets the requests under way end and refuses new ones, then closes, as close() does. `drained` is told when they have
    /// ended, after `limit` at the latest, when what has not ended does with Errc::client_closed: true if everything ended by
    /// itself.
    void drain(Callback<bool> drained = {}) { drain(TimeLimit(), std::move(drained)); }
    void drain(TimeLimit limit, Callback<bool> drained = {});
    /// Closes all connections. Requests under way and all later ones end with Errc::client_closed. `closed` is called
    /// when libuv has let go of the client's last handle.
    void close(Callback<> closed = {});

    /// Counters since the client was made, and gauges of now.
    [[nodiscard]] Stats stats() const;
    /// What is going on, for people: origins, lookups, connections and requests, a line each; secrets are masked.
    [[nodiscard]] std::string dump() const;

private:
    std::shared_ptr<detail::UvClient> client_;
};

}  // namespace ferry::uv
