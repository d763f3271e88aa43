#include "transports/client/stream.hpp"

#include <ferry/exceptions.hpp>

#include "core/message/name_request.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ferry::detail {

namespace {

Error wrong_state(std::string_view sentence) { return {.code = Errc::invalid_state, .message = std::string(sentence)}; }

constexpr std::string_view closed_sentence = "the response is closed: its body can no longer be read";
constexpr std::string_view finished_sentence = "the stream is finished: nothing can be written to it any more";
constexpr std::string_view consumed_sentence = "the body of the response has been read already";

}  // namespace

Result<void> StreamState::open(Request request) {
    SharedLoop::Lock held = loop_->lock();
    loop_->start(held, std::move(request), *this);
    while (!head_ && !error_) {
        wait(held);
    }
    if (!head_) {
        return *error_;
    }
    response_ = Response(*std::exchange(head_, std::nullopt));
    return {};
}

// Waits for one thing or another, and sees to the request's body.
void StreamState::wait(SharedLoop::Lock& lock) {
    loop_->await(lock, reader_);
    loop_->feed(lock, *this);
}

Result<std::optional<Buffer>> StreamState::read() {
    SharedLoop::Lock held = loop_->lock();
    if (!closed_ && consumed_) {
        return std::optional<Buffer>();
    }
    while (!closed_ && body_.empty() && !tail_ && !error_ && !peer_done_) {
        wait(held);
    }
    if (closed_) {
        return wrong_state(closed_sentence);
    }
    if (!body_.empty()) {
        std::optional<Buffer> piece(body_.pop());
        loop_->consume(held, *this, piece->size());
        loop_->leave(held);
        return piece;
    }
    if (error_) {
        take_timings(error_->request->timings);
        return *error_;
    }
    if (tail_) {
        settle();
    }
    return std::optional<Buffer>();
}

Result<Buffer> StreamState::read_all() {
    if (consumed_ && !is_closed()) {
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
            const Timings timings = timings_so_far();
            close();
            Error error{.code = Errc::body_too_large,
                        .message = "the response's body is larger than " + std::to_string(max_collected_) +
                                   " bytes: " + response_.method() + " " + response_.url().display(),
                        .safe_to_retry = is_idempotent(response_.method()),
                        .request_bytes_sent = timings.bytes_sent};
            name_request(error, response_.method(), response_.url().str(), timings);
            return error;
        }
        if (all.empty()) {
            all = *std::move(*piece);
        } else {
            all.append((**piece).bytes());
        }
    }
}

Result<void> StreamState::write(ConstBuffer bytes) {
    SharedLoop::Lock held = loop_->lock();
    while (!bytes.empty()) {
        if (closed_ || finished_ || tail_) {
            return wrong_state(closed_ ? closed_sentence : finished_sentence);
        }
        if (error_) {
            return *error_;
        }
        const std::size_t room = loop_->credit(held, *this);
        if (room == 0) {
            loop_->await(held, writer_);
            continue;
        }
        const ConstBuffer piece = bytes.first(std::min(room, bytes.size()));
        loop_->write(held, *this, Buffer(piece));
        bytes = bytes.subspan(piece.size());
    }
    loop_->leave(held);
    return {};
}

void StreamState::finish() noexcept {
    SharedLoop::Lock held = loop_->lock();
    if (!std::exchange(finished_, true) && !closed_) {
        loop_->finish(held, *this);
        loop_->wake(writer_);
    }
    loop_->leave(held);
}

void StreamState::close() noexcept {
    SharedLoop::Lock held = loop_->lock();
    if (std::exchange(closed_, true)) {
        return;
    }
    loop_->discard(held, *this);
    wake_both();
    loop_->leave(held);
}

bool StreamState::is_closed() const {
    const SharedLoop::Lock held = loop_->lock();
    return closed_;
}

// The response gets what came behind its body.
void StreamState::settle() {
    consumed_ = true;
    if (upgraded_) {
        return;  // there is nothing behind raw bytes, and another thread may look at the response
    }
    ResponseParts parts = std::move(response_).parts();
    parts.trailers = std::move(tail_->trailers);
    parts.timings = tail_->timings;
    response_ = Response(std::move(parts));
}

void StreamState::take_timings(const Timings& timings) {
    if (!upgraded_) {
        ResponseParts parts = std::move(response_).parts();
        parts.timings = timings;
        response_ = Response(std::move(parts));
    }
}

Timings StreamState::timings_so_far() const {
    const SharedLoop::Lock held = loop_->lock();
    return tail_ ? tail_->timings : error_ ? error_->request->timings : loop_->timings(held, *this);
}

void StreamState::on_head(ResponseParts&& head) {
    head_ = std::move(head);
    loop_->wake(reader_);
}

void StreamState::on_body(Engine& engine, std::span<const std::byte> bytes) {
    body_.push(engine, bytes);
    loop_->wake(reader_);
}

bool StreamState::on_upgraded() {
    upgraded_ = true;
    return true;
}

void StreamState::on_peer_done() {
    peer_done_ = true;
    loop_->wake(reader_);
}

void StreamState::on_writable(Engine& engine, Time now) {
    if (upgraded_) {
        loop_->wake(writer_);
    } else {
        Sender::on_writable(engine, now);
    }
}

void StreamState::on_done(ResponseParts&& parts) {
    tail_ = std::move(parts);
    wake_both();
}

void StreamState::on_failed(Error error) {
    error_ = std::move(error);
    wake_both();
}

void StreamState::wake_both() {
    loop_->wake(reader_);
    loop_->wake(writer_);
}

}  // namespace ferry::detail
