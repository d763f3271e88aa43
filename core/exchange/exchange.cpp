#include "core/exchange/exchange.hpp"

#include "core/engine/burst.hpp"
#include "core/message/name_request.hpp"

#include <cstddef>
#include <utility>
#include <variant>

namespace ferry::detail {

namespace {

void take(ResponseHead&& head, ResponseParts& parts) {
    parts.status_code = head.status;
    parts.version = head.version;
    parts.reason = std::move(head.reason);
    parts.headers = std::move(head.headers);
}

std::string subject(const Request& request) { return request.method + " " + request.url.display(); }

}  // namespace

void Pending::on_head(ResponseParts&& /*head*/) {}

void Pending::on_body(Engine& /*engine*/, std::span<const std::byte> /*bytes*/) {}

bool Pending::on_upgraded() { return false; }

void Pending::on_peer_done() {}

void Pending::on_writable(Engine& engine, Time now) {
    if (!upload_.is_set()) {
        return;
    }
    if (auto fed = upload_.feed(engine, now, id_); !fed) {
        fail_with(std::move(fed).error());
        engine.cancel(now, id_);
    }
}

void Pending::on_rewind() {
    if (auto rewound = upload_.rewind(); !rewound) {
        fail_with(std::move(rewound).error());
    }
}

void Exchange::submit(Time now, Request&& request, Pending& pending) {
    pending.collect_ = request.collect;
    pending.upload_ = Upload(std::move(request.source));
    pending.failure_.reset();
    pending.late_ = draining_;
    if (request.retry_policy != nullptr) {
        engine_.on_wall_clock(now, wall_());
    }
    pending.id_ = engine_.submit(now, std::move(request));
    if (pending.id_.slot >= entries_.size()) {
        entries_.resize(pending.id_.slot + std::size_t{1});
    }
    entries_[pending.id_.slot] = {.generation = pending.id_.generation, .pending = &pending};
    ++under_way_;
}

void Exchange::forget(Time now, Pending& pending) {
    const RequestId id = pending.id_;
    if (release(id) != nullptr) {
        engine_.cancel(now, id);
    }
}

void Exchange::discard(Time now, Pending& pending) {
    const RequestId id = pending.id_;
    if (release(id) != nullptr) {
        engine_.discard(now, id);
    }
}

void Exchange::close(Time now) {
    if (std::exchange(closed_, true)) {
        return;
    }
    drain(now, Duration::zero());
}

void Exchange::drain(Time now, std::optional<Duration> limit) {
    draining_ = true;
    if (limit) {
        engine_.drain(now, *limit);
    } else {
        engine_.drain(now);
    }
}

void Exchange::on_event(Time now, Event& event) {
    struct Visitor {
        Exchange& self;
        Time now;

        void operator()(const event::Informational& /*e*/) const {}
        void operator()(const event::Head& e) const { self.on_head(e.id); }
        void operator()(const event::Body& e) const {
            if (Pending* pending = self.find(e.id); pending != nullptr) {
                pending->on_body(self.engine_, e.data);
            }
        }
        void operator()(const event::Writable& e) const { self.on_writable(now, e.id); }
        void operator()(const event::Upgraded& e) const { self.on_upgraded(now, e.id); }
        void operator()(const event::PeerDone& e) const {
            if (Pending* pending = self.find(e.id); pending != nullptr) {
                pending->on_peer_done();
            }
        }
        void operator()(const event::Rewind& e) const { self.on_rewind(now, e.id); }
        void operator()(const event::Done& e) const { self.on_done(e.id); }
        void operator()(const event::Failed& e) const { self.on_failed(e.id); }
        void operator()(const event::Trace& /*e*/) const {}
    };
    std::visit(Visitor{*this, now}, event);
}

Pending* Exchange::find(RequestId id) const noexcept {
    if (id.slot >= entries_.size() || entries_[id.slot].generation != id.generation) {
        return nullptr;
    }
    return entries_[id.slot].pending;
}

Pending* Exchange::release(RequestId id) noexcept {
    Pending* const pending = find(id);
    if (pending != nullptr) {
        entries_[id.slot].pending = nullptr;
        pending->id_ = {};
        --under_way_;
        if (under_way_ == 0 && entries_.size() > burst) [[unlikely]] {
            end_burst();
        }
    }
    return pending;
}

void Exchange::end_burst() { give_back(entries_); }

void Exchange::on_head(RequestId id) {
    Pending* const pending = find(id);
    if (pending == nullptr || pending->collect_) {
        return;  // Collected: the head is taken with the body.
    }
    ResponseParts parts;
    take(engine_.take_head(id), parts);
    const Request& request = engine_.request(id);
    parts.method = request.method;
    parts.url = request.url;
    parts.timings = engine_.timings(id);
    pending->on_head(std::move(parts));
}

void Exchange::on_writable(Time now, RequestId id) {
    if (Pending* const pending = find(id); pending != nullptr) {
        pending->on_writable(engine_, now);
    }
}

void Exchange::on_rewind(Time now, RequestId id) {
    Pending* const pending = find(id);
    if (pending == nullptr) {
        return;
    }
    pending->on_rewind();
    if (pending->failure_) {
        engine_.cancel(now, id);
    }
}

void Exchange::on_upgraded(Time now, RequestId id) {
    Pending* const pending = find(id);
    if (pending != nullptr && !pending->on_upgraded()) {
        static_cast<void>(release(id));
        const Request& request = engine_.request(id);
        const Timings& timings = engine_.timings(id);
        Error error{.code = Errc::unsupported_protocol,
                    .message = "the server switched protocols, which this client cannot follow: " + subject(request),
                    .safe_to_retry = is_idempotent(request.method),
                    .request_bytes_sent = timings.bytes_sent};
        name_request(error, request.method, request.url.str(), timings);
        engine_.cancel(now, id);
        pending->on_failed(std::move(error));
    }
}

void Exchange::on_done(RequestId id) {
    Pending* const pending = release(id);
    if (pending == nullptr) {
        return;
    }
    const bool collected = pending->collect_;
    ResponseHead head = collected ? engine_.take_head(id) : ResponseHead{.status = 200};
    ResponseParts parts{.status_code = head.status,
                        .headers = std::move(head.headers),
                        .content = collected ? engine_.take_body(id) : Buffer(),
                        .method = engine_.request(id).method,
                        .url = engine_.take_url(id),
                        .reason = std::move(head.reason),
                        .version = head.version,
                        .trailers = engine_.take_trailers(id),
                        .timings = engine_.timings(id)};
    pending->on_done(std::move(parts));
}

void Exchange::on_failed(RequestId id) {
    Pending* const pending = release(id);
    if (pending == nullptr) {
        return;
    }
    const Request& request = engine_.request(id);
    Error error = engine_.take_error(id);
    if (pending->failure_ && error.code == Errc::cancelled) {
        error.code = pending->failure_->code;
        error.message = std::exchange(pending->failure_, std::nullopt)->message + ": " + subject(request);
    }
    if (error.code == Errc::client_closed && !pending->late_) {
        ++cut_off_;
    }
    name_request(error, request.method, request.url.str(), engine_.timings(id));
    pending->on_failed(std::move(error));
}

}  // namespace ferry::detail
