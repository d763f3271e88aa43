#include <ferry/driver.hpp>

#include <algorithm>
#include <array>

namespace ferry {

namespace {

/// More would not make the write cheaper: a head, a body and the frames of a turn fit.
constexpr std::size_t max_pieces = 16;

/// True while its scope lasts.
class Inside {
public:
    explicit Inside(bool& flag) : flag_(flag) { flag_ = true; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { flag_ = false; }

private:
    bool& flag_;
};

/// The front of `pieces` that has no more than `limit` bytes.
std::span<ConstBuffer> trim(std::span<ConstBuffer> pieces, std::size_t limit) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].size() >= limit) {
            pieces[i] = pieces[i].first(limit);
            return pieces.first(i + 1);
        }
        limit -= pieces[i].size();
    }
    return pieces;
}

}  // namespace

Driver::Driver(Engine& engine, Transport& transport, EventHandler& handler)
    : engine_(engine), transport_(transport), handler_(handler) {}

Driver::~Driver() = default;

// ── Facts ────────────────────────────────────────────────────────────────────────────────────────────────────────

void Driver::on_resolved(LookupId id, std::span<const Endpoint> endpoints, std::error_code error) {
    engine_.on_resolved(transport_.now(), id, endpoints, error);
    drain_events();
}

void Driver::on_connected(ConnId id) {
    engine_.on_connected(transport_.now(), id);
    drain_events();
}

std::span<std::byte> Driver::read_buffer(ConnId id) { return engine_.read_buffer(id); }

void Driver::on_received(ConnId id, std::span<const std::byte> bytes) {
    engine_.on_received(transport_.now(), id, bytes);
    drain_events();
}

void Driver::on_eof(ConnId id) {
    engine_.on_eof(transport_.now(), id);
    drain_events();
}

void Driver::on_writable(ConnId id) {
    if (Output* output = find(id); output != nullptr && output->state == Output::State::writable) {
        resume(id);
    }
}

void Driver::on_sent(ConnId id, std::size_t n) {
    if (Output* output = find(id); output != nullptr && output->state == Output::State::pending) {
        resume(id);
        engine_.on_sent(transport_.now(), id, n);
        drain_events();
    }
}

void Driver::on_send_failed(ConnId id, std::error_code error) {
    if (Output* output = find(id); output != nullptr && output->state == Output::State::pending) {
        output->state = Output::State::idle;
        engine_.on_send_failed(transport_.now(), id, error);
        drain_events();
    }
}

void Driver::on_closed(ConnId id, std::error_code why) {
    if (Output* output = find(id); output != nullptr) {
        *output = {};
    }
    engine_.on_closed(transport_.now(), id, why);
    drain_events();
}

void Driver::on_timer() {
    armed_.reset();
    engine_.on_time(transport_.now());
    drain_events();
}

// ── The turn ─────────────────────────────────────────────────────────────────────────────────────────────────────

void Driver::turn() {
    if (in_turn_ || in_events_) {
        return;
    }
    const Inside inside(in_turn_);
    drain_events();  // What commands from outside have produced.
    for (;;) {
        const std::span<const Op> ops = engine_.take_ops();
        if (ops.empty() && resume_.empty()) {
            break;
        }
        for (const Op& op : ops) {
            perform(op);
        }
        for (std::size_t i = 0; i < resume_.size(); ++i) {  // Grows if a transport completes a write at once.
            send(resume_[i]);
        }
        resume_.clear();
        drain_events();
    }
    rearm();
}

void Driver::drain_events() {
    if (in_events_) {
        return;
    }
    const Inside inside(in_events_);
    for (;;) {
        const std::span<Event> events = engine_.take_events();
        if (events.empty()) {
            return;
        }
        for (Event& event : events) {
            handler_.on_event(transport_.now(), event);
        }
    }
}

void Driver::perform(const Op& op) {
    struct Visitor {
        Driver& self;

        void operator()(const op::Lookup& o) const { self.transport_.lookup(o.id, o.host, o.port); }
        void operator()(const op::CancelLookup& o) const { self.transport_.cancel_lookup(o.id); }
        void operator()(const op::Connect& o) const {
            if (o.id.slot >= self.outputs_.size()) {
                self.outputs_.resize(o.id.slot + std::size_t{1});
            }
            self.outputs_[o.id.slot] = {.generation = o.id.generation};
            self.transport_.connect(o.id, o.to, o.options);
        }
        void operator()(const op::Send& o) const { self.send(o.id); }
        void operator()(const op::Reading& o) const { self.transport_.reading(o.id, o.enabled); }
        void operator()(const op::Probe& o) const { self.transport_.probe(o.id); }
        void operator()(const op::Shutdown& o) const {
            Output* output = self.find(o.id);
            if (output != nullptr && output->state != Output::State::idle) {
                output->shutdown = true;
            } else {
                self.transport_.shutdown(o.id);
            }
        }
        void operator()(const op::Close& o) const { self.transport_.close(o.id); }
    };
    std::visit(Visitor{*this}, op);
}

void Driver::send(ConnId id) {
    std::size_t budget = write_budget;
    std::array<ConstBuffer, max_pieces> pieces;
    for (;;) {
        // Looked up each time: whatever runs below may end the connection.
        Output* output = find(id);
        if (output == nullptr || output->state != Output::State::idle) {
            return;
        }
        if (budget == 0) {
            output->state = Output::State::writable;
            transport_.await_writable(id);
            return;
        }
        const std::size_t count = engine_.gather(id, pieces);
        if (count == 0) {
            if (output->shutdown) {
                output->shutdown = false;
                transport_.shutdown(id);
            }
            return;
        }

        // Already pending while it is called: the transport may report the end from inside.
        output->state = Output::State::pending;
        const Written written =
            transport_.write(id, trim(std::span(pieces).first(count), std::min(transport_.max_loan(), budget)));
        if (written.state == Written::State::pending) {
            return;
        }
        output = find(id);
        if (output == nullptr) {
            return;
        }
        if (written.state == Written::State::failed) {
            output->state = Output::State::idle;
            engine_.on_send_failed(transport_.now(), id, written.error);
        } else {
            const std::size_t accepted = written.state == Written::State::some ? written.count : 0;
            output->state = accepted == 0 ? Output::State::writable : Output::State::idle;
            budget -= std::min(accepted, budget);
            engine_.on_sent(transport_.now(), id, accepted);
            if (accepted == 0) {
                transport_.await_writable(id);
            }
        }
        drain_events();
    }
}

void Driver::resume(ConnId id) {
    find(id)->state = Output::State::idle;
    resume_.push_back(id);
}

Driver::Output* Driver::find(ConnId id) {
    if (id.generation == 0 || id.slot >= outputs_.size() || outputs_[id.slot].generation != id.generation) {
        return nullptr;
    }
    return &outputs_[id.slot];
}

// A deadline that moved away is left to the timer: it goes off early, does nothing, and is armed anew.
void Driver::rearm() {
    const std::optional<Time> deadline = engine_.deadline();
    if (deadline ? !armed_ || *deadline < *armed_ : armed_.has_value()) {
        armed_ = deadline;
        transport_.arm(deadline);
    }
}

}  // namespace ferry
