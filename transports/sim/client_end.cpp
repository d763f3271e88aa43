#include "transports/sim/client_end.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ferry::testing {

namespace {

constexpr int scribble = 0xDD;

std::size_t size_of(std::span<const ConstBuffer> pieces) {
    std::size_t size = 0;
    for (const ConstBuffer piece : pieces) {
        size += piece.size();
    }
    return size;
}

}  // namespace

ClientEnd::ClientEnd(World& world, ConnId id, const Link& link, Wire& up)
    : world_(world), id_(id), link_(link), up_(up) {}

void ClientEnd::place(Surroundings surroundings) { around_ = std::move(surroundings); }

void ClientEnd::later(Duration delay, void (ClientEnd::*action)()) {
    world_.later(delay, [this, action, owner = around_.owner.lock()] { (this->*action)(); }, Schedule::Who::client);
}

// True if the fact is not to be reported: something else was, or never will be.
bool ClientEnd::hit(Fact::Type type) {
    if (silent_) {
        return true;
    }
    const State before = state_;
    const Fault fault = world_.about_to(type, id_);
    if (state_ != before) {
        return true;  // Whoever was asked has closed it.
    }
    if (fault != Fault::none) {
        world_.log("fault", [&] {
            constexpr const char* names[] = {"none", "eof", "reset", "silence", "close"};
            return show(id_) + " " + names[static_cast<std::size_t>(fault)];
        });
    }
    switch (fault) {
        case Fault::none: return false;
        case Fault::silence: silent_ = true; return true;
        case Fault::reset:
            around_.broken();
            fail(system_error(std::errc::connection_reset));
            return true;
        case Fault::close:
            around_.broken();
            report_closed({});
            return true;
        case Fault::eof:
            inbox_.clear();
            taken_ = 0;
            eof_ = true;
            wake_reader(Duration::zero());
            return type == Fact::Type::received;
    }
    return false;
}

// ── Opening and closing ──────────────────────────────────────────────────────────────────────────────────────────

void ClientEnd::answer_connect(Duration delay, std::error_code refusal) {
    refusal_ = refusal;
    later(delay, refusal ? &ClientEnd::report_refused : &ClientEnd::report_connected);
}

void ClientEnd::report_connected() {
    if (state_ != State::connecting || hit(Fact::Type::connected)) {
        return;
    }
    state_ = State::open;
    world_.log("fact", [&] { return "connected " + show(id_); });
    around_.opened();
    world_.to_client().on_connected(id_);
    wake_reader(Duration::zero());
}

void ClientEnd::report_refused() {
    if (state_ == State::connecting && !hit(Fact::Type::closed)) {
        report_closed(refusal_);
    }
}

void ClientEnd::close() {
    if (state_ == State::open) {
        up_.finish();
    }
    state_ = State::closing;
    awaiting_ = false;
    if (link_.close_delay) {
        later(*link_.close_delay, &ClientEnd::answer_close);
    } else {
        answer_close();
    }
}

void ClientEnd::answer_close() {
    if (state_ == State::closing) {
        static_cast<void>(world_.about_to(Fact::Type::closed, id_));
        report_closed({});
    }
}

void ClientEnd::fail(std::error_code why) {
    if (loan_) {
        end_loan();
        world_.log("fact", [&] { return "send failed " + show(id_) + " " + why.message(); });
        world_.to_client().on_send_failed(id_, why);
    }
    report_closed(why);
}

void ClientEnd::report_closed(std::error_code why) {
    end_loan();
    state_ = State::closed;
    world_.log("fact", [&] { return "closed " + show(id_) + (why ? " " + why.message() : ""); });
    around_.closed();
    world_.to_client().on_closed(id_, why);
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

void ClientEnd::arrived(std::string bytes) {
    if (state_ == State::closing || state_ == State::closed) {
        up_.reset();  // As TCP does when data comes for a closed socket.
        return;
    }
    if (!reset_ && !eof_) {
        inbox_ += bytes;
        wake_reader(link_.notice);
    }
}

void ClientEnd::ended(End end) {
    if (state_ != State::open && state_ != State::connecting) {
        return;
    }
    if (end == End::fin) {
        eof_ = true;
    } else {
        reset_ = true;
        break_writes(system_error(std::errc::connection_reset));
    }
    wake_reader(link_.notice);
}

void ClientEnd::reading(bool enabled) {
    reading_ = enabled;
    wake_reader(Duration::zero());
}

void ClientEnd::probe() {
    if (state_ == State::open) {
        look();
    }
}

bool ClientEnd::something_to_read() const {
    return state_ == State::open && (taken_ < inbox_.size() || reset_ || (eof_ && !eof_told_));
}

void ClientEnd::wake_reader(Duration delay) {
    if (!read_scheduled_ && reading_ && !silent_ && something_to_read()) {
        read_scheduled_ = true;
        later(delay, &ClientEnd::read);
    }
}

void ClientEnd::read() {
    read_scheduled_ = false;
    if (reading_) {
        look();
    }
    wake_reader(Duration::zero());
}

// One read, as far as there is something.
void ClientEnd::look() {
    if (!something_to_read()) {
        return;
    }
    if (taken_ < inbox_.size()) {
        if (!hit(Fact::Type::received)) {
            deliver();
        }
    } else if (reset_) {
        if (!hit(Fact::Type::closed)) {
            fail(system_error(std::errc::connection_reset));
        }
    } else if (!hit(Fact::Type::eof)) {
        eof_told_ = true;
        world_.log("fact", [&] { return "eof " + show(id_); });
        world_.to_client().on_eof(id_);
    }
}

void ClientEnd::deliver() {
    std::size_t size = next_read();
    const bool into_engine = world_.config.reads == NetworkConfig::Reads::engine_memory ||
                             (world_.config.reads == NetworkConfig::Reads::mixed && world_.random.below(2) == 0);
    std::span<std::byte> memory;
    std::unique_ptr<std::byte[]> own;
    if (into_engine) {
        memory = world_.to_client().read_buffer(id_);
        if (memory.empty()) {
            world_.violation("read_buffer() for " + show(id_) + " gave no memory");
            return;
        }
        size = std::min(size, memory.size());
        // As far as a span of an earlier read may reach.
        world_.longest_read = std::max(world_.longest_read, size);
        std::memset(memory.data(), scribble, std::min(memory.size(), world_.longest_read));
    } else {
        own = std::make_unique<std::byte[]>(size);
        memory = {own.get(), size};
    }
    std::memcpy(memory.data(), inbox_.data() + taken_, size);
    taken_ += size;
    received_ += size;
    if (taken_ == inbox_.size()) {
        inbox_.clear();
        taken_ = 0;
    }
    const ConstBuffer bytes = memory.first(size);
    world_.passed(id_, Network::Direction::received, as_text(bytes));
    world_.log("fact", [&] { return "received " + show(id_) + " " + excerpt(std::span(&bytes, 1)); });
    world_.to_client().on_received(id_, bytes);
    if (own) {
        std::memset(own.get(), scribble, size);
    }
}

std::size_t ClientEnd::next_read() {
    const std::size_t there = inbox_.size() - taken_;
    switch (link_.split.kind) {
        case Split::Kind::whole: return there;
        case Split::Kind::every: return std::min(there, std::max<std::size_t>(link_.split.size, 1));
        case Split::Kind::random: {
            // Short reads as often as long ones.
            const std::size_t bound = world_.random.below(2) == 0 ? std::min<std::size_t>(there, 4) : there;
            return 1 + static_cast<std::size_t>(world_.random.below(bound));
        }
    }
    return there;
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

std::size_t ClientEnd::room() const { return link_.send_buffer - std::min(link_.send_buffer, up_.outstanding()); }

Written ClientEnd::write(std::span<const ConstBuffer> pieces) {
    const std::size_t size = size_of(pieces);
    if (state_ != State::open) {
        world_.violation("a write on " + show(id_) + ", which is not open");
        return {.state = Written::State::failed, .error = system_error(std::errc::not_connected)};
    }
    if (size == 0) {
        world_.violation("an empty write on " + show(id_));
    }
    if (shut_) {
        world_.violation("a write on " + show(id_) + " after its shutdown");
    }
    if (loan_ || awaiting_) {
        world_.violation("a write on " + show(id_) + " while one is under way");
    }
    if (world_.config.writes == NetworkConfig::Writes::completion) {
        if (size > world_.network.max_loan()) {
            world_.violation("a loan of " + std::to_string(size) + " bytes on " + show(id_));
        }
        loan_.emplace(pieces);
        world_.log("op", [&] { return "write " + show(id_) + " lends " + excerpt(pieces); });
        blocked_until_ = std::max(blocked_until_, world_.now + link_.write_delay);
        wake_writer();
        return {.state = Written::State::pending};
    }
    if (write_error_) {
        world_.log("op", [&] { return "write " + show(id_) + " fails: " + write_error_.message(); });
        return {.state = Written::State::failed, .error = write_error_};
    }
    const std::size_t accepted = world_.now < blocked_until_ ? 0 : std::min({size, room(), link_.max_write});
    if (accepted == 0) {
        world_.log("op", [&] { return "write " + show(id_) + " would block"; });
        return {.state = Written::State::would_block};
    }
    blocked_until_ = world_.now + link_.write_pause;
    std::string bytes;
    for (const ConstBuffer piece : pieces) {
        bytes += as_text(piece.first(std::min(piece.size(), accepted - bytes.size())));
    }
    world_.log("op", [&] {
        return "write " + show(id_) + " " + excerpt(bytes) +
               (accepted < size ? " (of " + std::to_string(size) + ")" : "");
    });
    up_.send(bytes);
    world_.passed(id_, Network::Direction::sent, bytes);
    return {.state = Written::State::some, .count = accepted};
}

void ClientEnd::await_writable() {
    if (awaiting_) {
        world_.violation("await_writable on " + show(id_) + " twice");
    }
    awaiting_ = true;
    wake_writer();
}

void ClientEnd::shutdown() {
    if (state_ != State::open || loan_) {
        world_.violation("shutdown of " + show(id_) + (loan_ ? " under a write" : ", which is not open"));
        return;
    }
    shut_ = true;
    up_.finish();
}

void ClientEnd::room_changed() { wake_writer(); }

void ClientEnd::break_writes(std::error_code error) {
    if (!write_error_) {
        write_error_ = error;
    }
    wake_writer();
}

void ClientEnd::wake_writer() {
    const bool wanted = state_ == State::open && (awaiting_ || loan_) && (write_error_ || room() > 0);
    if (wanted && !write_scheduled_ && !silent_) {
        write_scheduled_ = true;
        later(blocked_until_ - world_.now, &ClientEnd::go_on_writing);
    }
}

void ClientEnd::go_on_writing() {
    write_scheduled_ = false;
    if (state_ != State::open || (!write_error_ && room() == 0)) {
        return;
    }
    if (world_.now < blocked_until_) {
        wake_writer();
    } else if (awaiting_) {
        if (!hit(Fact::Type::writable)) {
            awaiting_ = false;
            world_.log("fact", [&] { return "writable " + show(id_); });
            world_.to_client().on_writable(id_);
        }
    } else if (loan_) {
        complete_loan();
    }
}

void ClientEnd::complete_loan() {
    if (hit(write_error_ ? Fact::Type::send_failed : Fact::Type::sent)) {
        return;
    }
    if (write_error_) {
        end_loan();
        world_.log("fact", [&] { return "send failed " + show(id_) + " " + write_error_.message(); });
        world_.to_client().on_send_failed(id_, write_error_);
        return;
    }
    const std::size_t accepted = std::min({loan_->size(), room(), link_.max_write});
    const std::string_view bytes = std::string_view(loan_->content()).substr(0, accepted);
    up_.send(bytes);
    world_.passed(id_, Network::Direction::sent, bytes);
    end_loan();
    blocked_until_ = world_.now + link_.write_pause;
    world_.log("fact", [&] { return "sent " + show(id_) + " " + std::to_string(accepted) + " bytes"; });
    world_.to_client().on_sent(id_, accepted);
}

void ClientEnd::end_loan() {
    if (!loan_) {
        return;
    }
    if (const std::string fault = loan_->check(); !fault.empty()) {
        world_.violation(show(id_) + ": " + fault);
    }
    loan_.reset();
}

}  // namespace ferry::testing
