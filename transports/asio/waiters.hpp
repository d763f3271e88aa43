// Who waits on a stream: the reads and writes of StreamingResponse and Duplex.
#pragma once

#include "transports/asio/stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ferry::asio::detail {

constexpr std::string_view consumed_sentence = "the body of the response has been read already";

[[nodiscard]] inline Error wrong_state(std::string_view sentence) {
    return {.code = Errc::invalid_state, .message = std::string(sentence)};
}

/// What Asio's own streams would say.
[[nodiscard]] inline boost::system::error_code io_error(const Error& error) {
    if (error.code == Errc::cancelled) {
        return ::boost::asio::error::operation_aborted;
    }
    return error.cause ? boost::system::error_code(error.cause)
                       : boost::system::error_code(make_error_code(error.code));
}

/// One whose handler takes a Result.
template <class T>
class ResultWaiter : public Reply<Waiter, Result<T>> {
public:
    using Reply<Waiter, Result<T>>::Reply;

    void fail(Error error) final { this->set(std::move(error)); }
};

/// One whose handler is as those of Asio's own streams.
class IoWaiter : public Reply<Waiter, boost::system::error_code, std::size_t> {
public:
    using Reply::Reply;

    void fail(Error error) final { set(io_error(error), 0); }
};

/// What look() gives: has `done` answer with what was found, or the waiter fail, if that is known yet.
template <class T, class Done>
[[nodiscard]] bool answer(Waiter& waiter, std::optional<Result<T>> found, Done done) {
    if (!found) {
        return false;
    }
    if (*found) {
        done(**std::move(found));
    } else {
        waiter.fail((*std::move(found)).error());
    }
    return true;
}

class Piece final : public ResultWaiter<std::optional<Buffer>> {
public:
    using ResultWaiter::ResultWaiter;

    bool look(StreamState& stream) override {
        return answer(*this, stream.take(), [this](std::optional<Buffer> piece) { set(std::move(piece)); });
    }
};

class All final : public ResultWaiter<Buffer> {
public:
    using ResultWaiter::ResultWaiter;

    bool look(StreamState& stream) override {
        if (std::exchange(fresh_, false) && stream.is_consumed()) {
            fail(wrong_state(consumed_sentence));
            return true;
        }
        while (auto taken = stream.take()) {
            if (!*taken) {
                set(std::move(*taken).error());
                return true;
            }
            if (!**taken) {
                set(std::move(all_));
                return true;
            }
            if ((**taken)->size() > stream.most() - all_.size()) {
                set(Error{.code = Errc::body_too_large,
                          .message = "the response's body is larger than " + std::to_string(stream.most()) +
                                     " bytes: " + stream.response().method() + " " + stream.response().url().display(),
                          .safe_to_retry = is_idempotent(stream.response().method()),
                          .request_bytes_sent = stream.response().timings().bytes_sent});
                stream.discard();
                return true;
            }
            if (all_.empty()) {
                all_ = **std::move(*taken);
            } else {
                all_.append((**taken)->bytes());
            }
        }
        return false;
    }

private:
    Buffer all_;
    bool fresh_ = true;
};

class SomeRead final : public IoWaiter {
public:
    SomeRead(Handler handler, ::boost::asio::mutable_buffer memory) : IoWaiter(std::move(handler)), memory_(memory) {}

    bool look(StreamState& stream) override {
        return answer(*this, stream.take_some(memory_), [this](std::size_t size) {
            const bool end = size == 0 && memory_.size() > 0;
            set(end ? boost::system::error_code(::boost::asio::error::eof) : boost::system::error_code(), size);
        });
    }

private:
    ::boost::asio::mutable_buffer memory_;
};

class Write final : public ResultWaiter<void> {
public:
    Write(Handler handler, Buffer bytes) : ResultWaiter(std::move(handler)), bytes_(std::move(bytes)) {}

    bool look(StreamState& stream) override {
        return answer(*this, stream.room(), [&](std::size_t /*room*/) {
            if (!bytes_.empty()) {
                stream.send(std::move(bytes_));
            }
            set({});
        });
    }

private:
    Buffer bytes_;
};

class SomeWritten final : public IoWaiter {
public:
    SomeWritten(Handler handler, ::boost::asio::const_buffer bytes)
        : IoWaiter(std::move(handler)), bytes_(static_cast<const std::byte*>(bytes.data()), bytes.size()) {}

    bool look(StreamState& stream) override {
        return answer(*this, stream.room(), [&](std::size_t room) {
            const ConstBuffer some = bytes_.first(std::min(room, bytes_.size()));
            if (!some.empty()) {
                stream.send(Buffer(some));
            }
            set({}, some.size());
        });
    }

private:
    ConstBuffer bytes_;
};

}  // namespace ferry::asio::detail
