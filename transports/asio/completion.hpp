// A handler on its way: whom to call, where, and with what.
#pragma once

#include <ferry/asio_token.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
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

namespace ferry::asio::detail {

/// What leaves at the end of a handler of the transport's, or is posted: user code runs there.
class Completion {
public:
    Completion() = default;
    Completion(const Completion&) = delete;
    Completion& operator=(const Completion&) = delete;
    virtual ~Completion() = default;

    /// On the client's executor, as the last thing that is done there: calls the handler on its own executor; here, if it
    /// has none. An Operation's block stays until the handler has returned, for the response lies in it.
    virtual void complete(std::shared_ptr<Completion> self) = 0;
};

/// The handler's own executor, which is told that there is work to come. None if it runs on the client's, which knows.
template <class S>
[[nodiscard]] ::boost::asio::any_completion_executor executor_for(const Handler<S>& handler) {
    if (handler.on_client) {
        return {};
    }
    auto own = ::boost::asio::get_associated_executor(handler.call, ::boost::asio::any_completion_executor());
    return own ? ::boost::asio::prefer(own, ::boost::asio::execution::outstanding_work_t::tracked) : own;
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
    using Handler = detail::Handler<void(Args...)>;

    explicit Reply(Handler handler) : executor_(executor_for(handler)), handler_(std::move(handler.call)) {}

    [[nodiscard]] ::boost::asio::cancellation_slot slot() const noexcept {
        return ::boost::asio::get_associated_cancellation_slot(handler_);
    }
    /// What it completes with.
    void set(Args... args) { args_.emplace(std::move(args)...); }

    void complete(std::shared_ptr<Completion> self) final {
        const ::boost::asio::any_completion_executor executor = std::move(executor_);
        auto completion = [handler = std::move(handler_), args = *std::move(args_)]() mutable {
            clear_slot(handler);
            std::apply([&](Args&... each) { std::move(handler)(std::move(each)...); }, args);
        };
        self.reset();
        if (executor) {
            ::boost::asio::dispatch(executor, std::move(completion));
        } else {
            completion();
        }
    }

private:
    ::boost::asio::any_completion_executor executor_;
    ::boost::asio::any_completion_handler<void(Args...)> handler_;
    std::optional<std::tuple<Args...>> args_;
};

}  // namespace ferry::asio::detail
