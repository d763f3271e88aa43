// The clients of an execution context, which hears first when it ends.
#pragma once

#include <boost/asio/execution_context.hpp>

#include <mutex>
#include <vector>

namespace ferry::asio::detail {

class SharedClient;

/// A service of the context's. Without it a coroutine that waits for a request and owns the client would keep itself
/// alive for ever, and a client that outlives its context would use sockets of a context that is gone.
class Registry final : public ::boost::asio::execution_context::service {
public:
    static ::boost::asio::execution_context::id id;

    explicit Registry(::boost::asio::execution_context& context) : service(context) {}

    void add(SharedClient& client);
    void remove(SharedClient& client);

private:
    void shutdown() override;

    std::mutex mutex_;
    std::vector<SharedClient*> clients_;
};

}  // namespace ferry::asio::detail
