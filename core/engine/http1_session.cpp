// HTTP/1.1 as a Session: one request at a time, framed by http1::Machine.
#include "core/engine/session.hpp"

#include "core/http1/judged.hpp"

#include <array>
#include <optional>
#include <utility>

namespace ferry {

namespace {

class Http1Session final : public Session {
public:
    explicit Http1Session(const http1::Limits& limits) : machine_(http1::Role::client, limits) {}

    [[nodiscard]] std::size_t capacity() const noexcept override { return current_ ? 0 : 1; }

    [[nodiscard]] Result<void> start(RequestId id, const Request& request, OutQueue& out) override {
        current_ = id;
        const std::string_view target = request.target.empty() ? request.url.raw_path() : request.target;
        auto head = http1::Judged::send_request(machine_, request.method, target, request.headers);
        if (!head) {
            return std::move(head).error();
        }
        out.push_borrowed(*head);  // the machine keeps it until its next request
        return {};
    }

    [[nodiscard]] Result<void> write_content(RequestId id, const Request& request, OutQueue& out) override {
        if (!request.content.empty()) {
            if (auto body = machine_.send_data(request.content.bytes()); body) {
                push(*body, request.content.bytes(), out);
            } else {
                return std::move(body).error();
            }
        }
        return finish(id, Headers(), out);
    }

    [[nodiscard]] Result<void> write(RequestId /*id*/, Buffer data, OutQueue& out) override {
        if (machine_.sending() == http1::Sending::switched) {
            out.push_owned(std::move(data));
            return {};
        }
        const ConstBuffer body = data.bytes();
        auto segments = machine_.send_data(body);
        if (!segments) {
            return std::move(segments).error();
        }
        std::optional<Buffer> owned(std::move(data));  // moving a Buffer does not move its memory
        for (const ConstBuffer& piece : *segments) {
            if (owned && piece.data() == body.data() && !piece.empty()) {
                out.push_owned(*std::exchange(owned, std::nullopt));
            } else {
                out.push_copy(piece);
            }
        }
        return {};
    }

    [[nodiscard]] Result<void> finish(RequestId /*id*/, const Headers& trailers, OutQueue& out) override {
        auto segments = trailers.empty() ? machine_.send_end() : machine_.send_end(trailers);
        if (!segments) {
            return std::move(segments).error();
        }
        push(*segments, {}, out);
        return {};
    }

    [[nodiscard]] bool request_written() const override { return machine_.sending() == http1::Sending::done; }

    void receive(ConstBuffer bytes, StreamSink& sink) override { deliver(machine_.receive(bytes), sink); }
    void eof(StreamSink& sink) override { deliver(machine_.eof(), sink); }

    [[nodiscard]] std::optional<std::uint64_t> body_remaining() const override { return machine_.body_remaining(); }

    [[nodiscard]] bool next() override {
        if (!machine_.next()) {
            return false;
        }
        current_ = {};
        return true;
    }
    [[nodiscard]] std::optional<CloseReason> why_not_reusable() const override {
        const http1::Persistence& verdict = machine_.persistence();
        for (const auto& [theirs, ours] : reasons) {
            if (verdict.has(theirs)) {
                return ours;
            }
        }
        return std::nullopt;
    }

private:
    // There may be several: the one that explains the others comes first.
    static constexpr std::array<std::pair<http1::CloseReason, CloseReason>, 9> reasons{{
        {http1::CloseReason::failed, CloseReason::protocol_error},
        {http1::CloseReason::switched, CloseReason::upgraded},
        {http1::CloseReason::unexpected_bytes, CloseReason::unexpected_bytes},
        {http1::CloseReason::unfinished_send, CloseReason::early_response},
        {http1::CloseReason::we_sent_connection_close, CloseReason::connection_close},
        {http1::CloseReason::peer_sent_connection_close, CloseReason::connection_close},
        {http1::CloseReason::ended_by_close, CloseReason::ended_by_close},
        {http1::CloseReason::http_1_0, CloseReason::http_1_0},
        {http1::CloseReason::peer_closed, CloseReason::closed_by_server},
    }};

    static void push(const http1::Segments& segments, ConstBuffer body, OutQueue& out) {
        for (const ConstBuffer& piece : segments) {
            if (piece.data() == body.data()) {
                out.push_borrowed(piece);
            } else {
                out.push_copy(piece);
            }
        }
    }

    void deliver(std::span<const http1::Event> events, StreamSink& sink) {
        using Type = http1::Event::Type;
        for (const http1::Event& event : events) {
            switch (event.type) {
                case Type::informational:
                    sink.on_informational(current_, std::move(machine_.response_head(event)));
                    break;
                case Type::head: sink.on_head(current_, std::move(machine_.response_head(event))); break;
                case Type::data: sink.on_data(current_, event.data); break;
                case Type::trailers: sink.on_trailers(current_, std::move(machine_.trailers(event))); break;
                case Type::end: sink.on_end(current_); break;
                case Type::upgrade: sink.on_upgrade(current_, event.data); break;
                case Type::closed: break;
                case Type::error: sink.on_broken(current_, machine_.error()); break;
            }
        }
    }

    http1::Machine machine_;
    RequestId current_{};
};

}  // namespace

std::unique_ptr<Session> make_http1_session(const http1::Limits& limits) {
    return std::make_unique<Http1Session>(limits);
}

}  // namespace ferry
