#include "transports/asio/stream.hpp"

#include <ferry/exceptions.hpp>

#include "transports/asio/waiters.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ferry::asio::detail {

namespace net = ::boost::asio;

namespace {

Error cancelled() { return {.code = Errc::cancelled, .message = "the call was cancelled; the stream goes on"}; }

constexpr std::string_view closed_sentence = "the response is closed: its body can no longer be read";
constexpr std::string_view finished_sentence = "the stream is finished: nothing can be written to it any more";
constexpr std::string_view busy_sentence = "the stream is in use: one read and one write may be under way";

}  // namespace

// ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────

void StreamState::open(Result<Request> request, Handler<TryStreamSignature> handler) {
    if (client_->is_abandoned()) {
        return;
    }
    auto opener = std::make_shared<Opener>(std::move(handler));
    client_->on_signal(opener->slot(), shared_from_this(), [](const auto& self) { self->cancel_opening(); });
    client_->on_executor(
        [self = shared_from_this(), opener = std::move(opener), request = std::move(request)]() mutable {
            if (!self->client_->is_abandoned()) {
                self->client_->expect();
                self->opener_ = std::move(opener);
                self->client_->begin(self, std::move(request));
            }
        });
}

void StreamState::cancel_opening() {
    if (!id() || opener_ != nullptr) {  // Else it is open.
        client_->cancel(*this);
    }
}

void StreamState::read(Handler<TryReadSignature> handler) { begin<Piece>(&StreamState::reader_, std::move(handler)); }

void StreamState::read_all(Handler<TryReadAllSignature> handler) {
    begin<All>(&StreamState::reader_, std::move(handler));
}

void StreamState::read_some(net::mutable_buffer memory, Handler<IoSignature> handler) {
    begin<SomeRead>(&StreamState::reader_, std::move(handler), memory);
}

void StreamState::write(Buffer bytes, Handler<TryWriteSignature> handler) {
    begin<Write>(&StreamState::writer_, std::move(handler), std::move(bytes));
}

void StreamState::write_some(net::const_buffer bytes, Handler<IoSignature> handler) {
    begin<SomeWritten>(&StreamState::writer_, std::move(handler), bytes);
}

template <class Kind, class H, class... Arguments>
void StreamState::begin(Place place, H handler, Arguments... arguments) {
    if (client_->is_abandoned()) {
        return;
    }
    auto waiter = std::make_shared<Kind>(std::move(handler), std::move(arguments)...);
    client_->on_signal(waiter->slot(), waiter, [stream = weak_from_this(), place](const auto& wanted) {
        if (const auto self = stream.lock()) {
            self->cancel(place, wanted);
        }
    });
    client_->on_executor([self = shared_from_this(), waiter = std::move(waiter), place]() mutable {
        if (!self->client_->is_abandoned()) {
            self->client_->expect();
            self->wait(self.get()->*place, std::move(waiter));
            self->client_->settle();
        }
    });
}

void StreamState::wait(std::shared_ptr<Waiter>& place, std::shared_ptr<Waiter> waiter) {
    if (waiter->cancelled) {
        waiter->fail(cancelled());
    } else if (place != nullptr) {
        waiter->fail(wrong_state(busy_sentence));
    } else if (!waiter->look(*this)) {
        place = std::move(waiter);
        return;
    }
    client_->leave(std::move(waiter));
}

void StreamState::cancel(Place place, const std::shared_ptr<Waiter>& waiter) {
    waiter->cancelled = true;
    if (this->*place == waiter) {
        fail(this->*place, cancelled());
        client_->settle();
    }
}

void StreamState::wake(std::shared_ptr<Waiter>& place) {
    if (place != nullptr) {
        wait(place, std::exchange(place, nullptr));
    }
}

void StreamState::fail(std::shared_ptr<Waiter>& place, Error error) {
    if (place != nullptr) {
        place->fail(std::move(error));
        client_->leave(std::exchange(place, nullptr));
    }
}

void StreamState::finish() {
    client_->on_executor([self = shared_from_this()] {
        if (!self->closed_ && !self->finished_.exchange(true)) {
            self->client_->command([&](Engine& engine, Time now) { engine.finish_body(now, self->id()); });
            self->fail(self->writer_, wrong_state(finished_sentence));
            self->client_->settle();
        }
    });
}

void StreamState::close() {
    client_->on_executor([self = shared_from_this()] {
        self->discard();
        self->client_->settle();
    });
}

// It is kept until the engine has said that it is done: this may be called where its events are handled.
void StreamState::discard() {
    if (closed_.exchange(true)) {
        return;
    }
    body_.clear();
    if (id()) {
        client_->command([&](Engine& engine, Time now) { engine.discard(now, id()); });
    }
    fail(reader_, wrong_state(closed_sentence));
    fail(writer_, wrong_state(closed_sentence));
}

std::exception_ptr StreamState::exception_of(Error error) const {
    try {
        if (error.code == Errc::invalid_state && (closed_ || finished_)) {
            throw StreamClosed(error.message);
        }
        if (error.code == Errc::invalid_state && consumed_) {
            throw StreamConsumed(error.message);
        }
        raise(std::move(error), method_, url_);
    } catch (...) {
        return std::current_exception();
    }
}

// ── What readers and writers look at ─────────────────────────────────────────────────────────────────────────────────

std::optional<Result<std::optional<Buffer>>> StreamState::take() {
    if (!closed_ && !body_.empty()) {
        Buffer piece = body_.pop();
        consume(piece.size());
        return Result<std::optional<Buffer>>(std::move(piece));
    }
    const std::optional<Result<void>> over = ending();
    if (!over) {
        return std::nullopt;
    }
    return *over ? Result<std::optional<Buffer>>(std::nullopt) : Result<std::optional<Buffer>>(over->error());
}

std::optional<Result<std::size_t>> StreamState::take_some(net::mutable_buffer memory) {
    if (!closed_ && memory.size() == 0) {
        return Result<std::size_t>(std::size_t{0});
    }
    if (!closed_ && !body_.empty()) {
        const std::size_t size = body_.take({static_cast<std::byte*>(memory.data()), memory.size()});
        consume(size);
        return Result<std::size_t>(size);
    }
    const std::optional<Result<void>> over = ending();
    if (!over) {
        return std::nullopt;
    }
    return *over ? Result<std::size_t>(std::size_t{0}) : Result<std::size_t>(over->error());
}

// What follows where nothing is left of the body.
std::optional<Result<void>> StreamState::ending() {
    if (closed_) {
        return wrong_state(closed_sentence);
    }
    if (error_) {
        return *error_;
    }
    if (tail_ && !consumed_.exchange(true) && !upgraded_) {
        ResponseParts parts = std::move(response_).parts();
        parts.trailers = std::move(tail_->trailers);
        parts.timings = tail_->timings;
        response_ = Response(std::move(parts));
    }
    return tail_ || peer_done_ ? std::optional(Result<void>()) : std::nullopt;
}

void StreamState::consume(std::size_t size) {
    if (id()) {
        client_->command([&](Engine& engine, Time now) { engine.consume(now, id(), size); });
    }
}

std::optional<Result<std::size_t>> StreamState::room() const {
    if (closed_ || finished_ || tail_) {
        return wrong_state(closed_ ? closed_sentence : finished_sentence);
    }
    if (error_) {
        return *error_;
    }
    const std::size_t credit = client_->credit(*this);
    return credit > 0 ? std::optional(Result<std::size_t>(credit)) : std::nullopt;
}

void StreamState::send(Buffer bytes) {
    client_->command(
        [&](Engine& engine, Time now) { static_cast<void>(engine.write_body(now, id(), std::move(bytes))); });
}

// ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────────

void StreamState::on_head(ResponseParts&& head) {
    response_ = Response(std::move(head));
    if (opener_ != nullptr) {
        opener_->set(StreamingResponse(shared_from_this()));
        client_->leave(std::exchange(opener_, nullptr));
    }
}

void StreamState::on_body(Engine& engine, std::span<const std::byte> bytes) {
    if (closed_) {
        return;
    }
    body_.push(engine, bytes);
    if (!body_came_) {
        client_->at_settling(shared_from_this());
        body_came_ = true;
    }
}

// All that one read has brought is there: the reader gets it at once.
void StreamState::on_settling() {
    body_came_ = false;
    wake(reader_);
}

bool StreamState::on_upgraded() {
    upgraded_ = true;
    return true;
}

void StreamState::on_peer_done() {
    peer_done_ = true;
    wake(reader_);
}

void StreamState::on_writable(Engine& engine, Time now) {
    if (upgraded_) {
        wake(writer_);
    } else {
        Flight::on_writable(engine, now);
    }
}

void StreamState::on_done(ResponseParts&& parts) {
    const std::shared_ptr<Flight> self = client_->release(*this);
    tail_ = std::move(parts);
    wake(reader_);
    wake(writer_);
}

void StreamState::on_failed(Error error) {
    const std::shared_ptr<Flight> self = client_->release(*this);
    if (opener_ != nullptr) {
        opener_->set(std::move(error));
        client_->leave(std::exchange(opener_, nullptr));
        return;
    }
    error_ = std::move(error);
    wake(reader_);
    wake(writer_);
}

void StreamState::abandon() noexcept {
    // They may own this stream, and the client.
    const auto opener = std::exchange(opener_, nullptr);
    const auto reader = std::exchange(reader_, nullptr);
    const auto writer = std::exchange(writer_, nullptr);
}

}  // namespace ferry::asio::detail
