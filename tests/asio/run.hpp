// Runs a context until what a test waits for has come about.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <future>
#include <stdexcept>
#include <utility>

namespace ferry::test {

/// Until `condition` holds, which may take its time; throws if it does not within a minute.
template <class Condition>
void run_until(::boost::asio::io_context& context, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error("what the test waits for does not come about");
        }
        context.restart();
        context.run_one_for(std::chrono::milliseconds(10));
    }
}

/// Whether all of them have what they wait for.
template <class... T>
[[nodiscard]] bool ready(const std::future<T>&... futures) {
    return ((futures.wait_for(std::chrono::seconds(0)) == std::future_status::ready) && ...);
}

/// Runs a coroutine until it has ended and the context has nothing more to do; throws what it throws.
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
