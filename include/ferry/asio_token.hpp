// How the calls of ferry/asio.hpp complete: signatures, tokens, and where a handler runs.
#pragma once

#include <ferry/buffer.hpp>
#include <ferry/limits.hpp>
#include <ferry/options.hpp>
#include <ferry/response.hpp>
#include <ferry/result.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/system/error_code.hpp>
#include <boost/version.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#if BOOST_VERSION < 108300
#error "ferry/asio.hpp needs Boost 1.83 or later"
#endif

namespace ferry::asio {

class StreamingResponse;

/// How get() and its like complete. The response is empty if there is an exception: one of ferry/exceptions.hpp.
using Signature = void(std::exception_ptr, Response);
/// How try_get() and its like complete.
using TrySignature = void(Result<Response>);
/// How stream() and try_stream() complete, when the head of the response is there.
using StreamSignature = void(std::exception_ptr, StreamingResponse);
using TryStreamSignature = void(Result<StreamingResponse>);
/// How read() and try_read() complete: with the next bytes, or nothing at the end.
using ReadSignature = void(std::exception_ptr, std::optional<Buffer>);
using TryReadSignature = void(Result<std::optional<Buffer>>);
using ReadAllSignature = void(std::exception_ptr, Buffer);
using TryReadAllSignature = void(Result<Buffer>);
/// How write() and try_write() complete.
using WriteSignature = void(std::exception_ptr);
using TryWriteSignature = void(Result<void>);
/// How drain() completes.
using DrainSignature = void(bool);
/// How Asio's own streams complete.
using IoSignature = void(::boost::system::error_code, std::size_t);

/// A completion token for `S`. Options and a limit are none, whatever Asio thinks of them.
template <class T, class S>
concept TokenFor = !std::convertible_to<T, Options> && !std::convertible_to<T, TimeLimit> &&
                   ::boost::asio::completion_token_for<std::decay_t<T>, S>;

namespace detail {

/// A handler, whatever it is.
template <class S>
struct Handler {
    ::boost::asio::any_completion_handler<S> call;
    bool on_client = false;  ///< It runs on the client's executor: who knows need not ask it, which would take memory.
};
/// What the handlers of get() and try_get() are made to take, whose erasure would move a value twice.
using CollectedSignature = void(Result<Response>&&);

/// The default token. As a reference that `{}` does not bind to, so that get(url, {}) means options.
using Default = ::boost::asio::deferred_t&;
inline ::boost::asio::deferred_t deferred_token{};

template <class Executor>
[[nodiscard]] bool same_executor(const Executor& own, const ::boost::asio::any_io_executor& client) noexcept {
    if constexpr (std::same_as<Executor, ::boost::asio::any_io_executor>) {
        return own == client;
    } else {
        return ::boost::asio::any_completion_executor(own) == ::boost::asio::any_completion_executor(client);
    }
}

/// Whether handlers of that type have no executor of their own: then it is whatever is asked for.
template <class H>
inline constexpr bool has_no_executor =
    std::same_as<::boost::asio::associated_executor_t<H, ::boost::asio::any_io_executor>,
                 ::boost::asio::any_io_executor> &&
    std::same_as<::boost::asio::associated_executor_t<H, ::boost::asio::system_executor>,
                 ::boost::asio::system_executor>;

/// One whose executor is not the client's is not called inside of the client's: a pool would run it there, and the
/// client's strand would stand still until it comes back. (An executor that never blocks posts what it is to dispatch.)
template <class S, class H>
[[nodiscard]] Handler<S> erased(H&& handler, const ::boost::asio::any_io_executor& client) {
    using Call = ::boost::asio::any_completion_handler<S>;
    if constexpr (has_no_executor<std::decay_t<H>>) {
        return {Call(std::forward<H>(handler)), true};
    } else {
        auto own = ::boost::asio::get_associated_executor(handler, client);
        if constexpr (::boost::asio::can_require_v<decltype(own), ::boost::asio::execution::blocking_t::never_t>) {
            if (same_executor(own, client)) {
                return {Call(std::forward<H>(handler)), true};
            }
            return {Call(::boost::asio::bind_executor(
                        ::boost::asio::require(own, ::boost::asio::execution::blocking_t::never),
                        std::forward<H>(handler))),
                    false};
        } else {
            return {Call(std::forward<H>(handler)), false};
        }
    }
}

}  // namespace detail

}  // namespace ferry::asio
