#include <ferry/duplex.hpp>

#include <ferry/exceptions.hpp>

#include "transports/client/stream.hpp"

#include <utility>

namespace ferry {

using detail::StreamState;

namespace {

[[noreturn]] void raise_from(const StreamState& state, Error error) {
    if (error.code == Errc::invalid_state) {
        throw StreamClosed(error.message);
    }
    raise(std::move(error), state.response().method(), state.response().url().str());
}

}  // namespace

Duplex::Duplex(std::unique_ptr<StreamState> state) : state_(std::move(state)) {}

Duplex::Duplex(Duplex&& other) noexcept = default;
Duplex& Duplex::operator=(Duplex&& other) noexcept = default;
Duplex::~Duplex() = default;

const Response& Duplex::response() const noexcept { return state_->response(); }

std::optional<Buffer> Duplex::read() {
    Result<std::optional<Buffer>> piece = try_read();
    if (!piece) {
        raise_from(*state_, std::move(piece).error());
    }
    return *std::move(piece);
}

Result<std::optional<Buffer>> Duplex::try_read() { return state_->read(); }

void Duplex::write(ConstBuffer bytes) {
    Result<void> written = try_write(bytes);
    if (!written) {
        raise_from(*state_, std::move(written).error());
    }
}

Result<void> Duplex::try_write(ConstBuffer bytes) { return state_->write(bytes); }

void Duplex::finish() noexcept { state_->finish(); }

void Duplex::close() noexcept { state_->close(); }

}  // namespace ferry
