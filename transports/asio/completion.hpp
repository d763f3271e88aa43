// A handler on its way: whom to call, where, and with what.
#pragma once

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

namespace ferry::asio::detail {

/// What leaves at the end of a handler of the transport's, or is posted: user code runs there.
class Completion {
public:
    Completion() = default;
    Completion(const Completion&) = delete;
    Completion& operator=(const Completion&) = delete;
    virtual ~Completion() = default;

    /// Calls the handler on its executor. All else of `self`, which is this, is gone when it is called.
    virtual void complete(std::shared_ptr<Completion> self) = 0;
};

/// Where a handler runs: on the client's executor, or on its own. The former as it is, since any_completion_executor would
/// allocate memory for it.
using HandlerExecutor = std::variant<::boost::asio::any_io_executor, ::boost::asio::any_completion_executor>;

/// Which is told that there is work to come.
template <class Handler>
[[nodiscard]] HandlerExecutor executor_for(const Handler& handler, const ::boost::asio::any_io_executor& client) {
    constexpr auto tracked = ::boost::asio::execution::outstanding_work_t::tracked;
    const ::boost::asio::any_completion_executor none;
    if (const auto own = ::boost::asio::get_associated_executor(handler, none)) {
        return ::boost::asio::prefer(own, tracked);
    }
    return ::boost::asio::prefer(client, tracked);
}

template <class Function>
void dispatch(const HandlerExecutor& executor, Function function) {
    std::visit([&](const auto& one) { ::boost::asio::dispatch(one, std::move(function)); }, executor);
}

/// To be called where the handler is: the slot belongs to its executor.
template <class Handler>
void clear_slot(const Handler& handler) {
    if (auto slot = ::boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
        slot.clear();
    }
}

/// A handler that takes `Args`. `Base` is a Completion.
template <class Base, class... Args>
class Reply : public Base {
public:
    using Handler = ::boost::asio::any_completion_handler<void(Args...)>;

    Reply(Handler handler, const ::boost::asio::any_io_executor& client)
        : handler_(std::move(handler)), executor_(executor_for(handler_, client)) {}

    [[nodiscard]] ::boost::asio::cancellation_slot slot() const noexcept {
        return ::boost::asio::get_associated_cancellation_slot(handler_);
    }
    /// What it completes with.
    void set(Args... args) { args_.emplace(std::move(args)...); }

    void complete(std::shared_ptr<Completion> self) final {
        const HandlerExecutor executor = std::move(executor_);
        auto completion = [handler = std::move(handler_), args = *std::move(args_)]() mutable {
            clear_slot(handler);
            std::apply([&](Args&... each) { std::move(handler)(std::move(each)...); }, args);
        };
        self.reset();
        dispatch(executor, std::move(completion));
    }

private:
    Handler handler_;
    HandlerExecutor executor_;
    std::optional<std::tuple<Args...>> args_;
};

}  // namespace ferry::asio::detail
