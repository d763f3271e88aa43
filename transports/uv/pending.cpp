#include "transports/uv/pending.hpp"

#include "core/message/name_request.hpp"
#include "transports/uv/shared_client.hpp"

#include <algorithm>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ferry::detail {

namespace {

Error wrong_state(std::string_view sentence) { return {.code = Errc::invalid_state, .message = std::string(sentence)}; }

constexpr std::string_view finished_sentence = "the stream is finished: nothing can be written to it any more";

/// A request whose response is handed on as it comes.
class Piecewise final : public UvPending {
public:
    Piecewise(UvClient& client, uv::Receiver receiver) : UvPending(client), receiver_(std::move(receiver)) {}

    void on_head(ResponseParts&& head) noexcept override {
        head_ = Response(std::move(head));
        if (receiver_.on_head && !muted) {
            receiver_.on_head(head_);
            client_.forget_time();
        }
    }

    void on_body(Engine& /*engine*/, std::span<const std::byte> bytes) noexcept override {
        unacknowledged_ += bytes.size();
        if (receiver_.on_body && !muted) {
            receiver_.on_body(bytes);
        }
        if (!paused_) {
            acknowledge(unacknowledged_);
        }
    }

    bool on_upgraded() noexcept override {
        if (!receiver_.on_upgraded) {
            return false;
        }
        upgraded_ = true;
        if (!muted) {
            receiver_.on_upgraded(client_.duplex(id()));
        }
        return true;
    }

    void on_peer_done() noexcept override {
        if (receiver_.on_peer_done && !muted) {
            receiver_.on_peer_done();
        }
    }

    // Before an upgrade the body's source is asked.
    void on_writable(Engine& engine, Time now) override {
        if (upgraded_) {
            pump();
        } else {
            UvPending::on_writable(engine, now);
        }
    }

    void write(Buffer&& bytes, uv::Callback<Result<void>>&& taken) override {
        if (finished_) {
            refuse(client_, std::move(taken), finished_sentence);
            return;
        }
        writes_.push_back({.bytes = std::move(bytes), .taken = std::move(taken)});
        pump();
    }

    void finish_writing() override {
        finished_ = true;
        pump();
    }

    void finish(Result<Response>&& result) noexcept override {
        for (Write& write : std::exchange(writes_, {})) {
            if (write.taken) {
                write.taken(result ? wrong_state(finished_sentence) : result.error());
            }
        }
        if (receiver_.on_done) {
            receiver_.on_done(std::move(result));
        }
    }

    void complete(ResponseParts& parts) override {
        ResponseParts whole = std::move(head_).parts();
        whole.trailers = std::move(parts.trailers);
        whole.timings = parts.timings;
        parts = std::move(whole);
    }

    void pause() override { paused_ = true; }

    void resume() override {
        paused_ = false;
        acknowledge(unacknowledged_);
    }

    void acknowledge(std::size_t size) override {
        const std::size_t now = std::min(size, unacknowledged_);
        unacknowledged_ -= now;
        if (now > 0) {
            client_.consume(id(), now);
        }
    }

private:
    struct Write {
        Buffer bytes;
        uv::Callback<Result<void>> taken;
    };

    void pump() {
        while (!writes_.empty() && client_.credit(id()) > 0) {
            Write write = std::move(writes_.front());
            writes_.pop_front();
            if (!write.bytes.empty()) {
                client_.write(id(), std::move(write.bytes));
            }
            if (write.taken) {
                client_.post([taken = std::move(write.taken)]() mutable { taken(Result<void>()); });
            }
        }
        if (finished_ && writes_.empty() && !std::exchange(half_closed_, true)) {
            client_.finish(id());
        }
    }

    uv::Receiver receiver_;
    Response head_;
    std::size_t unacknowledged_ = 0;
    bool paused_ = false;
    bool upgraded_ = false;
    std::deque<Write> writes_;
    bool finished_ = false;
    bool half_closed_ = false;
};

}  // namespace

void UvPending::on_done(ResponseParts&& parts) {
    const OwnedPending self = client_.release(*this);
    if (cancelled) {
        Error error{.code = Errc::cancelled,
                    .message = "cancelled: " + parts.method + " " + parts.url.display(),
                    .safe_to_retry = is_idempotent(parts.method),
                    .request_bytes_sent = parts.timings.bytes_sent};
        name_request(error, std::move(parts.method), parts.url.str(), parts.timings);
        finish(std::move(error));
    } else {
        complete(parts);
        finish(Result<Response>(std::in_place, std::move(parts)));
    }
}

void UvPending::on_failed(Error error) {
    const OwnedPending self = client_.release(*this);
    finish(std::move(error));
}

void Whole::finish(Result<Response>&& result) noexcept {
    if (done_) {
        done_(std::move(result));
    }
}

// Nothing of the request is kept, of the user's least of all.
void Whole::retire() noexcept {
    done_ = nullptr;
    upload() = Upload();
    cancelled = false;
    muted = false;
    client_.keep(std::unique_ptr<Whole>(this));
}

OwnedPending make_piecewise(UvClient& client, uv::Receiver receiver) {
    return OwnedPending(new Piecewise(client, std::move(receiver)));
}

void refuse(UvClient& client, uv::Callback<Result<void>> taken, std::string_view why) {
    if (taken) {
        client.post([taken = std::move(taken), error = wrong_state(why)]() mutable { taken(std::move(error)); });
    }
}

}  // namespace ferry::detail
