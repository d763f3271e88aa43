#include <ferry/testing.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include "transports/sim/script_player.hpp"
#include "transports/sim/timeline.hpp"

namespace ferry::testing {

// ── Script ───────────────────────────────────────────────────────────────────────────────────────────────────────

using Type = Script::Step::Type;

Script& Script::add(Step step) {
    steps_.push_back(std::move(step));
    return *this;
}

Script& Script::expect(std::string bytes) { return add({.type = Type::expect, .bytes = std::move(bytes)}); }
Script& Script::expect_head() { return add({.type = Type::expect_head}); }
Script& Script::expect_bytes(std::size_t count) { return add({.type = Type::expect_bytes, .count = count}); }
Script& Script::expect_eof() { return add({.type = Type::expect_eof}); }
Script& Script::send(std::string bytes) { return add({.type = Type::send, .bytes = std::move(bytes)}); }
Script& Script::wait(Duration delay) { return add({.type = Type::wait, .delay = delay}); }
Script& Script::fin() { return add({.type = Type::fin}); }
Script& Script::reset() { return add({.type = Type::reset}); }
Script& Script::reading(bool enabled) { return add({.type = Type::reading, .enabled = enabled}); }
Script& Script::break_writes() { return add({.type = Type::break_writes}); }
Script& Script::call(std::function<void()> action) { return add({.type = Type::call, .action = std::move(action)}); }
Script& Script::repeat() { return add({.type = Type::repeat}); }

// ── ScriptPlayer ─────────────────────────────────────────────────────────────────────────────────────────────────

ScriptPlayer::ScriptPlayer(Script script, std::function<void(std::string_view)> received,
                           std::function<void()> finished)
    : script_(std::move(script)), received_(std::move(received)), finished_(std::move(finished)) {}

void ScriptPlayer::on_open(Socket& socket) { play(socket); }

void ScriptPlayer::on_received(Socket& socket, std::string_view bytes) {
    if (received_) {
        received_(bytes);
    }
    inbox_ += bytes;
    play(socket);
}

void ScriptPlayer::on_eof(Socket& socket) {
    eof_ = true;
    play(socket);
}

void ScriptPlayer::play(Socket& socket) {
    const std::vector<Script::Step>& steps = script_.steps();
    while (!waiting_ && next_ < steps.size()) {
        const Script::Step& step = steps[next_];
        switch (step.type) {
            case Type::expect:
                if (!take_expected(socket, step.bytes)) {
                    return;
                }
                break;
            case Type::expect_head: {
                const std::size_t end = inbox_.find("\r\n\r\n");
                if (end == std::string::npos) {
                    return;
                }
                inbox_.erase(0, end + 4);
                moved_ = true;
                break;
            }
            case Type::expect_bytes:
                if (inbox_.size() < step.count) {
                    return;
                }
                inbox_.erase(0, step.count);
                moved_ = true;
                break;
            case Type::expect_eof:
                if (!inbox_.empty()) {
                    give_up(socket, "the script expects the end of the stream, and got " + excerpt(inbox_));
                    return;
                }
                if (!eof_) {
                    return;
                }
                break;
            case Type::send: socket.send(step.bytes); break;
            case Type::wait:
                waiting_ = true;
                moved_ = true;
                socket.after(step.delay, [this, &socket] {
                    waiting_ = false;
                    play(socket);
                });
                break;
            case Type::fin: socket.finish(); break;
            case Type::reset: socket.reset(); break;
            case Type::reading: socket.reading(step.enabled); break;
            case Type::break_writes: socket.break_writes(); break;
            case Type::call: step.action(); break;
            case Type::repeat:
                if (!std::exchange(moved_, false)) {
                    give_up(socket, "the script repeats without waiting for anything");
                    return;
                }
                next_ = 0;
                continue;
        }
        if (++next_ == steps.size() && finished_) {
            finished_();
        }
    }
}

bool ScriptPlayer::take_expected(Socket& socket, std::string_view expected) {
    const std::size_t size = std::min(inbox_.size(), expected.size());
    if (std::string_view(inbox_).substr(0, size) != expected.substr(0, size)) {
        give_up(socket, "the script expects " + excerpt(expected) + "; it got " + excerpt(inbox_));
        return false;
    }
    if (size < expected.size()) {
        return false;
    }
    inbox_.erase(0, size);
    moved_ = true;
    return true;
}

void ScriptPlayer::give_up(Socket& socket, const std::string& why) {
    socket.network().violation("connection " + std::to_string(socket.number()) + ": " + why);
    next_ = script_.steps().size();
    socket.reset();
}

// ── ScriptOrigin ─────────────────────────────────────────────────────────────────────────────────────────────────

struct ScriptOrigin::Records {
    std::vector<std::string> received;
    std::size_t finished = 0;
};

ScriptOrigin::ScriptOrigin(std::vector<Script> scripts)
    : scripts_(std::move(scripts)), records_(std::make_shared<Records>()) {}

ScriptOrigin::~ScriptOrigin() = default;

std::unique_ptr<Peer> ScriptOrigin::accept(Socket& socket) {
    const std::size_t number = socket.number();
    records_->received.resize(std::max(records_->received.size(), number + 1));
    Script script = scripts_.empty() ? Script() : scripts_[std::min(number, scripts_.size() - 1)];
    return std::make_unique<ScriptPlayer>(
        std::move(script), [records = records_, number](std::string_view bytes) { records->received[number] += bytes; },
        [records = records_] { ++records->finished; });
}

const std::string& ScriptOrigin::received(std::size_t number) const {
    static const std::string none;
    return number < records_->received.size() ? records_->received[number] : none;
}

std::size_t ScriptOrigin::finished() const noexcept { return records_->finished; }

}  // namespace ferry::testing
