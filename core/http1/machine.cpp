// ferry::http1::Machine: the two halves of a connection and the exchange that they share.
#include "core/http1/judged.hpp"
#include "core/http1/reader.hpp"
#include "core/http1/writer.hpp"

#include <algorithm>

namespace ferry::http1 {

namespace {

// Below this a limit would refuse the shortest legal start line.
constexpr std::uint32_t smallest_start_line = 16;

Limits usable(Limits limits) noexcept {
    limits.start_line = std::max(limits.start_line, smallest_start_line);
    limits.header_block = std::max(limits.header_block, smallest_start_line + 4);
    return limits;
}

}  // namespace

struct Machine::Impl {
    Impl(Role role, const Limits& limits) : exchange{role, usable(limits)} {}

    Exchange exchange;
    Reader reader{exchange};
    Writer writer{exchange};
    mutable Persistence verdict{};
};

Machine::Machine(Role role) : Machine(role, Limits{}) {}
Machine::Machine(Role role, const Limits& limits) : impl_(std::make_unique<Impl>(role, limits)) {}
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;
Machine::~Machine() = default;

Result<ConstBuffer> Machine::send_request(std::string_view method, std::string_view target, const Headers& headers) {
    return impl_->writer.request(method, target, headers, Fields::to_judge);
}

Result<ConstBuffer> Judged::send_request(Machine& machine, std::string_view method, std::string_view target,
                                         const Headers& headers) {
    return machine.impl_->writer.request(method, target, headers, Fields::judged);
}

Result<ConstBuffer> Machine::send_response(int status, std::string_view reason, const Headers& headers) {
    auto sent = impl_->writer.response(status, reason, headers);
    if (sent && impl_->exchange.sending == Sending::switched) {
        impl_->reader.switch_protocols();
    }
    return sent;
}

Result<Segments> Machine::send_data(ConstBuffer data) { return impl_->writer.data(data); }
Result<Segments> Machine::send_end() { return impl_->writer.end(nullptr); }
Result<Segments> Machine::send_end(const Headers& trailers) { return impl_->writer.end(&trailers); }

std::span<const Event> Machine::receive(ConstBuffer bytes) { return impl_->reader.receive(bytes); }
std::span<const Event> Machine::eof() { return impl_->reader.eof(); }

ResponseHead& Machine::response_head(const Event& event) noexcept { return impl_->reader.response_head(event); }
RequestHead& Machine::request_head(const Event&) noexcept { return impl_->reader.request_head(); }
Headers& Machine::trailers(const Event&) noexcept { return impl_->reader.trailers(); }

void Machine::hold_back(bool enabled) noexcept { impl_->reader.hold_back(enabled || role() == Role::server); }
std::size_t Machine::held_back() const noexcept { return impl_->reader.held_back(); }

Role Machine::role() const noexcept { return impl_->exchange.role; }
Sending Machine::sending() const noexcept { return impl_->exchange.sending; }
Receiving Machine::receiving() const noexcept { return impl_->exchange.receiving; }

const Persistence& Machine::persistence() const noexcept {
    const Exchange& exchange = impl_->exchange;
    impl_->verdict = exchange.persistence;
    const bool answered = exchange.receiving == Receiving::done || exchange.receiving == Receiving::closed;
    if (exchange.role == Role::client && answered && exchange.sending == Sending::body) {
        // RFC 9112 section 9.3: unless our message is finished, the server cannot tell where the next begins.
        impl_->verdict.add(CloseReason::unfinished_send);
    }
    return impl_->verdict;
}

std::optional<std::uint64_t> Machine::body_remaining() const noexcept { return impl_->reader.body_remaining(); }

bool Machine::expects_continue() const noexcept {
    const Exchange& exchange = impl_->exchange;
    return exchange.continue_asked && !exchange.response_begun && exchange.receiving == Receiving::body;
}

const Error& Machine::error() const noexcept { return impl_->reader.error(); }
std::uint64_t Machine::error_offset() const noexcept { return impl_->reader.error_offset(); }
int Machine::error_status() const noexcept { return impl_->reader.error_status(); }

Result<void> Machine::next() {
    Exchange& exchange = impl_->exchange;
    if (exchange.sending != Sending::done || exchange.receiving != Receiving::done || !persistence().keep_alive()) {
        Error error;
        error.code = Errc::invalid_state;
        error.message =
            "the exchange is not complete, or the connection is not persistent: " + persistence().to_string();
        return error;
    }
    exchange.send(Cause::next);
    exchange.receive(Cause::next);
    exchange.forget_exchange();
    impl_->reader.next();
    return {};
}

}  // namespace ferry::http1
