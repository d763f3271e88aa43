#include "transports/asio/registry.hpp"

#include "transports/asio/shared_client.hpp"

#include <utility>

namespace ferry::asio::detail {

::boost::asio::execution_context::id Registry::id;

void Registry::add(SharedClient& client) {
    const std::lock_guard lock(mutex_);
    clients_.push_back(&client);
}

void Registry::remove(SharedClient& client) {
    const std::lock_guard lock(mutex_);
    std::erase(clients_, &client);
}

void Registry::shutdown() {
    std::vector<Shared> clients;
    {
        const std::lock_guard lock(mutex_);
        for (SharedClient* client : std::exchange(clients_, {})) {
            if (Shared shared = client->weak_from_this().lock()) {
                clients.push_back(std::move(shared));
            }
        }
    }
    for (const Shared& client : clients) {
        client->abandon();
    }
}

}  // namespace ferry::asio::detail
