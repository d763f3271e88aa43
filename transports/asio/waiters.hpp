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

class Piece final : public Reply<Waiter, Result<std::optional<Buffer>>> {
public:
    using Reply::Reply;

    bool look(StreamState& stream) override {
        auto taken = stream.take();
        if (!taken) {
            return false;
        }
        set(*std::move(taken));
        return true;
    }
    void fail(Error error) override { set(std::move(error)); }
};

class All final : public Reply<Waiter, Result<Buffer>> {
public:
    using Reply::Reply;

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
    void fail(Error error) override { set(std::move(error)); }

private:
    Buffer all_;
    bool fresh_ = true;
};

class SomeRead final : public Reply<Waiter, boost::system::error_code, std::size_t> {
public:
    SomeRead(Handler handler, const ::boost::asio::any_io_executor& fallback, ::boost::asio::mutable_buffer memory)
        : Reply(std::move(handler), fallback), memory_(memory) {}

    bool look(StreamState& stream) override {
        auto taken = stream.take_some(memory_);
        if (!taken) {
            return false;
        }
        if (*taken) {
            const bool end = **taken == 0 && memory_.size() > 0;
            set(end ? boost::system::error_code(::boost::asio::error::eof) : boost::system::error_code(), **taken);
        } else {
            fail(std::move(*taken).error());
        }
        return true;
    }
    void fail(Error error) override { set(io_error(error), 0); }

private:
    ::boost::asio::mutable_buffer memory_;
};

class Write final : public Reply<Waiter, Result<void>> {
public:
    Write(Handler handler, const ::boost::asio::any_io_executor& fallback, Buffer bytes)
        : Reply(std::move(handler), fallback), bytes_(std::move(bytes)) {}

    bool look(StreamState& stream) override {
        const auto room = stream.room();
        if (!room) {
            return false;
        }
        if (!*room) {
            fail(room->error());
            return true;
        }
        if (!bytes_.empty()) {
            stream.send(std::move(bytes_));
        }
        set(Result<void>());
        return true;
    }
    void fail(Error error) override { set(std::move(error)); }

private:
    Buffer bytes_;
};

class SomeWritten final : public Reply<Waiter, boost::system::error_code, std::size_t> {
public:
    SomeWritten(Handler handler, const ::boost::asio::any_io_executor& fallback, ::boost::asio::const_buffer bytes)
        : Reply(std::move(handler), fallback), bytes_(static_cast<const std::byte*>(bytes.data()), bytes.size()) {}

    bool look(StreamState& stream) override {
        const auto room = stream.room();
        if (!room) {
            return false;
        }
        if (!*room) {
            fail(room->error());
            return true;
        }
        const ConstBuffer some = bytes_.first(std::min(**room, bytes_.size()));
        if (!some.empty()) {
            stream.send(Buffer(some));
        }
        set({}, some.size());
        return true;
    }
    void fail(Error error) override { set(io_error(error), 0); }

private:
    ConstBuffer bytes_;
};

}  // namespace ferry::asio::detail
