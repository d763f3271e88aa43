#include <ferry/uv.hpp>

#include "transports/uv/pending.hpp"
#include "transports/uv/shared_client.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace ferry::uv {

// ── RequestHandle ────────────────────────────────────────────────────────────────────────────────────────────────

void RequestHandle::cancel() {
    if (const auto client = client_.lock()) {
        client->cancel(id_);
    }
}

void RequestHandle::discard() {
    if (const auto client = client_.lock()) {
        client->discard(id_);
    }
}

bool RequestHandle::is_active() const noexcept {
    const auto client = client_.lock();
    return client != nullptr && client->find(id_) != nullptr;
}

void RequestHandle::pause() {
    const auto client = client_.lock();
    if (detail::UvPending* const pending = client == nullptr ? nullptr : client->find(id_)) {
        pending->pause();
    }
}

void RequestHandle::resume() {
    const auto client = client_.lock();
    if (detail::UvPending* const pending = client == nullptr ? nullptr : client->find(id_)) {
        pending->resume();
    }
}

void RequestHandle::consume(std::size_t size) {
    const auto client = client_.lock();
    if (detail::UvPending* const pending = client == nullptr ? nullptr : client->find(id_)) {
        pending->acknowledge(size);
    }
}

// ── Duplex ───────────────────────────────────────────────────────────────────────────────────────────────────────

void Duplex::write(Buffer bytes, Callback<Result<void>> taken) {
    const auto client = client_.lock();
    if (detail::UvPending* const pending = client == nullptr ? nullptr : client->find(id_)) {
        pending->write(std::move(bytes), std::move(taken));
    } else if (client != nullptr) {
        detail::refuse(*client, std::move(taken), "the stream is over: nothing can be written to it any more");
    }
}

void Duplex::finish() {
    const auto client = client_.lock();
    if (detail::UvPending* const pending = client == nullptr ? nullptr : client->find(id_)) {
        pending->finish_writing();
    }
}

// ── RequestBuilder ───────────────────────────────────────────────────────────────────────────────────────────────

RequestBuilder::RequestBuilder(std::shared_ptr<detail::UvClient> client, std::string_view method, UrlRef url)
    : Builder(method, url), client_(std::move(client)) {}

RequestHandle RequestBuilder::send(ResponseCallback done) {
    return client_->start(call().method, call().url, &call().options, std::move(done));
}

RequestHandle RequestBuilder::stream(Receiver receiver) {
    return client_->start(call().method, call().url, &call().options, std::move(receiver));
}

// ── Client ───────────────────────────────────────────────────────────────────────────────────────────────────────

Client::Client(uv_loop_t* loop) : Client(loop, Config()) {}

Client::Client(uv_loop_t* loop, Config config) : client_(detail::UvClient::make(loop, std::move(config))) {}

Client::Client(Client&& other) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        const Client gone = std::move(*this);
        client_ = std::move(other.client_);
    }
    return *this;
}

Client::~Client() {
    if (client_ != nullptr) {
        client_->abandon();
    }
}

RequestHandle Client::request(std::string_view method, UrlRef url, ResponseCallback done) {
    return client_->start(method, url, nullptr, std::move(done));
}

RequestHandle Client::request(std::string_view method, UrlRef url, const Options& options, ResponseCallback done) {
    return client_->start(method, url, &options, std::move(done));
}

RequestBuilder Client::request(std::string_view method, UrlRef url) { return {client_, method, url}; }

RequestHandle Client::stream(std::string_view method, UrlRef url, Receiver receiver) {
    return client_->start(method, url, nullptr, std::move(receiver));
}

RequestHandle Client::stream(std::string_view method, UrlRef url, const Options& options, Receiver receiver) {
    return client_->start(method, url, &options, std::move(receiver));
}

void Client::drain(TimeLimit limit, Callback<bool> drained) {
    const bool bounded = limit.is_set() && !limit.is_never();
    client_->drain(bounded ? std::optional(std::max(limit.value(), Duration::zero())) : std::nullopt,
                   std::move(drained));
}

void Client::close(Callback<> closed) { client_->close(std::move(closed)); }

Stats Client::stats() const { return client_->stats(); }

std::string Client::dump() const { return client_->dump(); }

#define FERRY_UV_VERB(name, method)                                                                                 \
    RequestHandle Client::name(UrlRef url, ResponseCallback done) { return request(method, url, std::move(done)); } \
    RequestHandle Client::name(UrlRef url, const Options& options, ResponseCallback done) {                         \
        return request(method, url, options, std::move(done));                                                      \
    }

FERRY_UV_VERB(get, "GET")
FERRY_UV_VERB(head, "HEAD")
FERRY_UV_VERB(options, "OPTIONS")
FERRY_UV_VERB(delete_, "DELETE")
FERRY_UV_VERB(post, "POST")
FERRY_UV_VERB(put, "PUT")
FERRY_UV_VERB(patch, "PATCH")

#undef FERRY_UV_VERB

}  // namespace ferry::uv
