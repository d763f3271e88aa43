// A handler on its way: whom to call, where, and with what.
#pragma once

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

    /// On the client's executor, as the last thing that is done there: calls the handler on its own, which is this if it
    /// has no other. All else of `self`, which is this, is gone when it is called.
    virtual void complete(std::shared_ptr<Completion> self) = 0;
};

/// The handler's own executor, which is told that there is work to come. None if it runs on the client's, which knows.
template <class Handler>
[[nodiscard]] ::boost::asio::any_completion_executor executor_for(const Handler& handler) {
    auto own = ::boost::asio::get_associated_executor(handler, ::boost::asio::any_completion_executor());
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
    using Handler = ::boost::asio::any_completion_handler<void(Args...)>;

    explicit Reply(Handler handler) : handler_(std::move(handler)), executor_(executor_for(handler_)) {}

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
    Handler handler_;
    ::boost::asio::any_completion_executor executor_;
    std::optional<std::tuple<Args...>> args_;
};

}  // namespace ferry::asio::detail
