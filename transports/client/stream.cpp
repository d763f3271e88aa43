#include "transports/client/stream.hpp"

#include <ferry/exceptions.hpp>

#include <string>
#include <utility>

namespace ferry::detail {

namespace {

Error wrong_state(std::string_view sentence) { return {.code = Errc::invalid_state, .message = std::string(sentence)}; }

constexpr std::string_view closed_sentence = "the response is closed: its body can no longer be read";
constexpr std::string_view consumed_sentence = "the body of the response has been read already";

}  // namespace

Result<void> StreamState::open(Request request) {
    SharedLoop::Lock held = loop_->lock();
    loop_->start(held, std::move(request), *this);
    while (!head_ && !error_) {
        loop_->await(held, waiter_);
    }
    if (!head_) {
        return *error_;
    }
    response_ = Response(*std::exchange(head_, std::nullopt));
    return {};
}

Result<std::optional<Buffer>> StreamState::read() {
    if (closed_) {
        return wrong_state(closed_sentence);
    }
    if (consumed_) {
        return std::optional<Buffer>();
    }
    SharedLoop::Lock held = loop_->lock();
    while (body_.empty() && !tail_ && !error_) {
        loop_->await(held, waiter_);
    }
    if (!body_.empty()) {
        std::optional<Buffer> piece(std::exchange(body_, Buffer()));
        loop_->consume(held, *this, piece->size());
        loop_->leave(held);
        return piece;
    }
    if (error_) {
        return *error_;
    }
    settle();
    return std::optional<Buffer>();
}

Result<Buffer> StreamState::read_all() {
    if (consumed_ && !closed_) {
        return wrong_state(consumed_sentence);
    }
    Buffer all;
    for (;;) {
        Result<std::optional<Buffer>> piece = read();
        if (!piece) {
            return std::move(piece).error();
        }
        if (!*piece) {
            return all;
        }
        if ((**piece).size() > max_collected_ - all.size()) {
            close();
            return Error{.code = Errc::body_too_large,
                         .message = "the response's body is larger than " + std::to_string(max_collected_) +
                                    " bytes: " + response_.method() + " " + response_.url().display()};
        }
        if (all.empty()) {
            all = *std::move(*piece);
        } else {
            all.append((**piece).bytes());
        }
    }
}

void StreamState::close() noexcept {
    if (std::exchange(closed_, true)) {
        return;
    }
    SharedLoop::Lock held = loop_->lock();
    loop_->forget(held, *this);
    loop_->leave(held);
}

// The response gets what came behind its body.
void StreamState::settle() {
    consumed_ = true;
    ResponseParts parts = std::move(response_).parts();
    parts.trailers = std::move(tail_->trailers);
    parts.timings = tail_->timings;
    response_ = Response(std::move(parts));
}

void StreamState::on_head(ResponseParts head) {
    head_ = std::move(head);
    loop_->wake(waiter_);
}

void StreamState::on_body(std::span<const std::byte> bytes) {
    body_.append(bytes);
    loop_->wake(waiter_);
}

void StreamState::on_done(ResponseParts parts) {
    tail_ = std::move(parts);
    loop_->wake(waiter_);
}

void StreamState::on_failed(Error error) {
    error_ = std::move(error);
    loop_->wake(waiter_);
}

}  // namespace ferry::detail
