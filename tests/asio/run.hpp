// Runs a coroutine to its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace ferry::test {

/// Until it has ended and the context has nothing more to do; throws what it throws.
inline void run(::boost::asio::io_context& context, ::boost::asio::awaitable<void> coroutine) {
    std::exception_ptr thrown;
    bool ended = false;
    ::boost::asio::co_spawn(context, std::move(coroutine), [&](const std::exception_ptr& exception) {
        thrown = exception;
        ended = true;
    });
    context.run();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if (!ended) {
        throw std::runtime_error("the context has nothing to do, and the coroutine has not ended");
    }
}

}  // namespace ferry::test
