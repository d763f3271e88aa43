#include <ferry/client.hpp>

#include "transports/client/request.hpp"
#include "transports/client/shared_loop.hpp"
#include "transports/client/stream.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace ferry {

using detail::SharedLoop;
using detail::StreamState;

namespace {

// By value: a share is held during each call.
Result<std::unique_ptr<StreamState>> attempt_stream(detail::Shared loop, std::string_view method, UrlRef url,
                                                    const Options& options) {
    const detail::Shared held = std::move(loop);
    if (held == nullptr) {
        return detail::moved_from(method, url);
    }
    Result<Request> request = held->defaults().prepare(method, url, options, false);
    if (!request) {
        return std::move(request).error();
    }
    auto state = std::make_unique<StreamState>(held, held->defaults().max_collected(options));
    if (const Result<void> opened = state->open(*std::move(request)); !opened) {
        return opened.error();
    }
    return state;
}

std::unique_ptr<StreamState> demand_stream(detail::Shared loop, std::string_view method, UrlRef url,
                                           const Options& options) {
    auto opened = attempt_stream(std::move(loop), method, url, options);
    if (!opened) {
        raise(std::move(opened).error());
    }
    return *std::move(opened);
}

}  // namespace

Client::Client() : Client(Config()) {}

Client::Client(Config config) {
    std::string base = config.base_url;
    auto loop = SharedLoop::make(std::move(config));
    if (!loop) {
        raise(std::move(loop).error(), {}, std::move(base));
    }
    loop_ = *std::move(loop);
}

Client::Client(Client&& other) noexcept = default;

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        close();
        loop_ = std::move(other.loop_);
    }
    return *this;
}

Client::~Client() { close(); }

std::vector<Result<Response>> Client::gather(std::span<const Call> calls) {
    const detail::Shared loop = loop_;
    if (loop == nullptr) {
        std::vector<Result<Response>> refused;
        refused.reserve(calls.size());
        for (const Call& call : calls) {
            refused.emplace_back(detail::moved_from(call.method, call.url));
        }
        return refused;
    }
    return loop->gather(calls);
}

std::vector<Result<Response>> Client::gather(std::initializer_list<Call> calls) {
    return gather(std::span<const Call>(calls.begin(), calls.size()));
}

StreamingResponse Client::stream(std::string_view method, UrlRef url) {
    const Options none;
    return stream(method, url, none);
}

StreamingResponse Client::stream(std::string_view method, UrlRef url, const Options& options) {
    return StreamingResponse(demand_stream(loop_, method, url, options));
}

Result<StreamingResponse> Client::try_stream(std::string_view method, UrlRef url) {
    const Options none;
    return try_stream(method, url, none);
}

Result<StreamingResponse> Client::try_stream(std::string_view method, UrlRef url, const Options& options) {
    auto opened = attempt_stream(loop_, method, url, options);
    return opened ? Result<StreamingResponse>(StreamingResponse(*std::move(opened))) : std::move(opened).error();
}

bool Client::drain(TimeLimit limit) noexcept {
    const detail::Shared loop = loop_;
    if (loop == nullptr) {
        return true;
    }
    const bool bounded = limit.is_set() && !limit.is_never();
    return loop->drain(bounded ? std::optional<Duration>(std::max(limit.value(), Duration::zero())) : std::nullopt);
}

void Client::close() noexcept {
    if (const detail::Shared loop = loop_; loop != nullptr) {
        loop->close();
    }
}

Stats Client::stats() const { return loop_ != nullptr ? loop_->stats() : Stats(); }

std::string Client::dump() const { return loop_ != nullptr ? loop_->dump() : std::string(); }

// ── RequestBuilder ───────────────────────────────────────────────────────────────────────────────────────────────

RequestBuilder::RequestBuilder(std::shared_ptr<SharedLoop> loop, std::string_view method, UrlRef url)
    : Builder(method, url), loop_(std::move(loop)) {}

Response RequestBuilder::send() { return detail::demand(loop_, call().method, call().url, &call().options); }

Result<Response> RequestBuilder::try_send() {
    return detail::attempt(loop_, call().method, call().url, &call().options);
}

StreamingResponse RequestBuilder::stream() {
    return StreamingResponse(demand_stream(loop_, call().method, call().url, call().options));
}

Result<StreamingResponse> RequestBuilder::try_stream() {
    auto opened = attempt_stream(loop_, call().method, call().url, call().options);
    return opened ? Result<StreamingResponse>(StreamingResponse(*std::move(opened))) : std::move(opened).error();
}

RequestBuilder Client::request(std::string_view method, UrlRef url) { return {loop_, method, url}; }

RequestBuilder request(std::string_view method, UrlRef url) {
    auto loop = SharedLoop::make(Config());
    if (!loop) {
        raise(detail::not_set_up(std::move(loop).error(), method, url));
    }
    return {*std::move(loop), method, url};
}

// ── StreamingResponse ────────────────────────────────────────────────────────────────────────────────────────────

namespace {

// What the throwing reads throw.
[[noreturn]] void raise_read(const StreamState& state, Error error) {
    if (error.code == Errc::invalid_state) {
        if (state.is_closed()) {
            throw StreamClosed(error.message);
        }
        throw StreamConsumed(error.message);
    }
    raise(std::move(error), state.response().method(), state.response().url().str());
}

}  // namespace

StreamingResponse::StreamingResponse(std::unique_ptr<StreamState> state) : state_(std::move(state)) {}

StreamingResponse::StreamingResponse(StreamingResponse&& other) noexcept = default;
StreamingResponse& StreamingResponse::operator=(StreamingResponse&& other) noexcept = default;
StreamingResponse::~StreamingResponse() = default;

const Response& StreamingResponse::response() const noexcept { return state_->response(); }

StreamingResponse& StreamingResponse::raise_for_status() {
    static_cast<void>(response().raise_for_status());
    return *this;
}

std::optional<Buffer> StreamingResponse::read() {
    Result<std::optional<Buffer>> piece = try_read();
    if (!piece) {
        raise_read(*state_, std::move(piece).error());
    }
    return *std::move(piece);
}

Result<std::optional<Buffer>> StreamingResponse::try_read() { return state_->read(); }

Buffer StreamingResponse::read_all() {
    Result<Buffer> all = try_read_all();
    if (!all) {
        raise_read(*state_, std::move(all).error());
    }
    return *std::move(all);
}

Result<Buffer> StreamingResponse::try_read_all() { return state_->read_all(); }

void StreamingResponse::close() noexcept { state_->close(); }

bool StreamingResponse::is_upgraded() const noexcept { return state_->is_upgraded(); }

Duplex StreamingResponse::into_duplex() && {
    if (!is_upgraded()) {
        throw StreamConsumed("the response did not switch protocols: there is no raw stream behind it");
    }
    return Duplex(std::move(state_));
}

}  // namespace ferry
