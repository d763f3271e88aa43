#include <ferry/asio.hpp>

#include "transports/asio/shared_client.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ferry::asio {

namespace detail {

Prepared prepare(const Shared& client, std::string_view method, UrlRef url, const Options* options) {
    const ferry::detail::Defaults& defaults = client->defaults();
    return Prepared(options == nullptr ? defaults.prepare(method, url, true)
                                       : defaults.prepare(method, url, *options, true));
}

Prepared prepare_stream(const Shared& client, std::string_view method, UrlRef url, const Options* options) {
    static const Options none;
    const ferry::detail::Defaults& defaults = client->defaults();
    const Options& all = options == nullptr ? none : *options;
    return Prepared(defaults.prepare(method, url, all, false), defaults.max_collected(all));
}

void start(const Shared& client, Prepared&& prepared, Handler<Signature>&& handler) {
    client->start(std::move(prepared), std::move(handler));
}

void start(const Shared& client, Prepared&& prepared, Handler<TrySignature>&& handler) {
    client->start(std::move(prepared), std::move(handler));
}

void start_drain(const Shared& client, TimeLimit limit, Handler<DrainSignature> handler) {
    const bool bounded = limit.is_set() && !limit.is_never();
    client->drain(bounded ? std::optional(std::max(limit.value(), Duration::zero())) : std::nullopt,
                  std::move(handler));
}

::boost::asio::any_io_executor executor_of(const Shared& client) { return client->executor(); }

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
