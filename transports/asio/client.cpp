#include <ferry/asio.hpp>

#include "transports/asio/shared_client.hpp"

#include <boost/asio/recycling_allocator.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace ferry::asio {

namespace detail {

SharedOperation prepare(const Shared& client, std::string_view method, UrlRef url, const Options* options) {
    return std::allocate_shared<Operation>(::boost::asio::recycling_allocator<Operation>(), client, method, url,
                                           options);
}

SharedOperation another(const SharedOperation& operation) {
    return std::allocate_shared<Operation>(::boost::asio::recycling_allocator<Operation>(), *operation);
}

Prepared prepare_stream(const Shared& client, std::string_view method, UrlRef url, const Options* options) {
    static const Options none;
    const ferry::detail::Defaults& defaults = client->defaults();
    const Options& all = options == nullptr ? none : *options;
    return Prepared(defaults.prepare(method, url, all, false), defaults.max_collected(all));
}

void start(SharedOperation&& operation, Operation::Handler&& handler) {
    SharedClient& client = *operation->client();
    client.start(std::move(operation), std::move(handler));
}

void start_drain(const Shared& client, TimeLimit limit, Handler<DrainSignature> handler) {
    const bool bounded = limit.is_set() && !limit.is_never();
    client->drain(bounded ? std::optional(std::max(limit.value(), Duration::zero())) : std::nullopt,
                  std::move(handler));
}

const ::boost::asio::any_io_executor& executor_of(const Shared& client) noexcept { return client->executor(); }

const ::boost::asio::any_io_executor& executor_of(const SharedOperation& operation) noexcept {
    return operation->client()->executor();
}

}  // namespace detail

Client::Client(const executor_type& executor, Config config)
    : client_(detail::SharedClient::make(executor, std::move(config))) {}

Client::Client(Client&& other) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        const Client old = std::move(*this);
        client_ = std::move(other.client_);
    }
    return *this;
}

Client::~Client() {
    if (client_ != nullptr) {
        client_->cancel_all();
    }
}

void Client::close() noexcept {
    if (client_ != nullptr) {
        client_->close();
    }
}

Stats Client::stats() const { return client_->stats(); }

std::string Client::dump() const { return client_->dump(); }

}  // namespace ferry::asio
