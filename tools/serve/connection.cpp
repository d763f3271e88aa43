#include "tools/serve/connection.hpp"

#include "tools/say.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>

namespace ferry::tools {
namespace {

constexpr std::size_t piece_size = 64 * 1024;     // output put together before a write
constexpr std::size_t turn_budget = 256 * 1024;   // output of one connection before others have their turn
constexpr std::size_t kept_capacity = 64 * 1024;  // of a request's body, between requests
constexpr auto linger_time = std::chrono::seconds(2);

}  // namespace

Connection::Connection(Shared& shared, Descriptor socket, std::string peer)
    : shared_(shared), socket_(std::move(socket)), peer_(std::move(peer)), number_(shared.counters.accepted) {
    wait_idle();
}

void Connection::on_readable() {
    // One request at a time: while it is answered, what has come waits in the socket.
    const int how = state_ == State::reply ? MSG_PEEK : 0;
    const ssize_t count = ::recv(socket_.get(), shared_.room.data(), how == 0 ? shared_.room.size() : 1, how);
    if (count < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            close();
        }
        return;
    }
    if (state_ == State::reply) {
        reading_ = false;
        return;
    }
    if (state_ == State::lingering) {
        if (count == 0) {
            close();
        }
        return;
    }
    wait_idle();
    pump(count == 0 ? machine_.eof() : machine_.receive({shared_.room.data(), static_cast<std::size_t>(count)}));
}

void Connection::on_writable() {
    if (state_ != State::reply) {
        return;
    }
    wait_idle();
    if (advance()) {
        pump(machine_.receive({}));
    }
}

void Connection::on_deadline() {
    if (state_ == State::reply && !writing_ && advance()) {
        pump(machine_.receive({}));
    } else if (state_ != State::reply || writing_) {
        close();
    }
}

void Connection::drain() {
    draining_ = true;
    if (state_ == State::request && machine_.receiving() == http1::Receiving::idle) {
        close();
    }
}

// Answers the requests in `events`, and those that wait behind them, until one cannot be answered at once.
void Connection::pump(std::span<const http1::Event> events) {
    for (;;) {
        for (const http1::Event& event : events) {
            if (state_ == State::request) {
                take(event);
            }
        }
        if (state_ != State::reply || !advance()) {
            return;
        }
        events = machine_.receive({});
    }
}

void Connection::take(const http1::Event& event) {
    using Type = http1::Event::Type;
    switch (event.type) {
        case Type::head: take_head(event); break;
        case Type::data:
            if (body_.size() + event.data.size() > shared_.max_body) {
                return refuse(413, fmt::format("the body is longer than {} bytes", shared_.max_body));
            }
            body_.append(event.data);
            break;
        case Type::end: answer(); break;
        case Type::error: refuse(machine_.error_status(), machine_.error().message); break;
        case Type::closed: close(); break;
        case Type::trailers:
        case Type::informational:
        case Type::upgrade: break;
    }
}

void Connection::take_head(const http1::Event& event) {
    head_ = std::move(machine_.request_head(event));
    ++shared_.counters.requests;
    ++requests_;
    // RFC 9112 section 6.1: 501 for a coding that is not understood.
    if (head_.headers.count(KnownField::transfer_encoding) > 0) {
        if (const std::string coding = head_.headers["Transfer-Encoding"]; !same_name(coding, "chunked")) {
            return refuse(501, fmt::format("the transfer coding {} is not understood", coding));
        }
    }
    if (machine_.body_remaining().value_or(0) > shared_.max_body) {
        return refuse(413, fmt::format("the body is longer than {} bytes", shared_.max_body));
    }
    if (machine_.expects_continue()) {
        if (const auto head = machine_.send_response(100, "Continue", {})) {
            shared_.out.append(*head);
            if (!flush()) {
                close();  // a client that does not take 25 bytes
            }
        }
    }
}

void Connection::answer() {
    reply_.reset();
    shared_.routes.answer({head_, body_.view(), peer_, number_, requests_}, reply_);
    body_.clear();
    if (body_.capacity() > kept_capacity) {
        body_ = Buffer();
    }
    start_reply();
}

// Answers before the request is complete: the connection ends.
void Connection::refuse(int status, std::string_view sentence) {
    if (machine_.sending() != http1::Sending::idle) {
        return close();
    }
    body_ = Buffer();
    reply_.reset();
    set_error(reply_, status, sentence);
    reply_.close = true;
    start_reply();
}

void Connection::start_reply() {
    state_ = State::reply;
    sent_ = Sent::head;
    resume_ = saturating_add(shared_.now, reply_.delay);
    bodiless_ = head_.method == "HEAD" || reply_.status == 204 || reply_.status == 304;
    if (shared_.log) {
        say("{} {} {} {}\n", peer_, head_.method, head_.target, reply_.status);
    }
}

// Sends as much of the reply as can be sent now; true when it is complete and the next request may be read.
bool Connection::advance() {
    writing_ = false;
    for (std::size_t taken = 0; taken < turn_budget; taken += piece_size) {
        if (!flush()) {
            return false;
        }
        if (sent_ == Sent::all) {
            return finish();
        }
        if (resume_ > shared_.now) {
            wait_until(resume_);
            return false;
        }
        fill();
        if (state_ != State::reply) {
            return false;
        }
    }
    if (!flush()) {
        return false;
    }
    if (sent_ == Sent::all) {
        return finish();
    }
    writing_ = true;  // not for want of room: to have the next turn
    wait_idle();
    return false;
}

// Puts the next piece of the reply into the output.
void Connection::fill() {
    if (sent_ == Sent::head) {
        fill_head();
    }
    while (sent_ == Sent::body && state_ == State::reply && resume_ <= shared_.now && shared_.out.size() < piece_size) {
        fill_body();
    }
}

void Connection::fill_head() {
    Headers& headers = reply_.headers;
    headers.add("Date", shared_.date);
    headers.add("Server", "ferry");
    const bool old = head_.version < Version{1, 1};
    const bool close_delimited = old && reply_.source && !reply_.length;
    if (draining_ || reply_.close || close_delimited || !machine_.persistence().keep_alive()) {
        reply_.close = true;
        headers.add("Connection", "close");
    } else if (old) {
        headers.add("Connection", "keep-alive");
    }
    if (reply_.status == 204 || reply_.status == 304) {
        // RFC 9110 section 8.6: no Content-Length, as there is no body that it could tell of.
    } else if (reply_.length || !reply_.source) {
        headers.add("Content-Length", fmt::format_int(reply_.length.value_or(reply_.body.size())).c_str());
    } else if (!close_delimited) {
        headers.add("Transfer-Encoding", "chunked");
    }
    const auto head = machine_.send_response(reply_.status, reason_phrase(reply_.status), headers);
    if (!head) {
        say("ferry: {}\n", head.error().message);
        return close();
    }
    shared_.out.append(*head);
    sent_ = Sent::body;
}

void Connection::fill_body() {
    if (bodiless_) {
        append(machine_.send_end());
        sent_ = Sent::all;
        return;
    }
    if (!reply_.source) {
        append(machine_.send_data(as_bytes(reply_.body)));
        append(machine_.send_end());
        sent_ = Sent::all;
        return;
    }
    const Source::Step step = reply_.source->read(shared_.now, std::span(shared_.room).first(piece_size));
    if (step.count > 0) {
        append(machine_.send_data(std::span(shared_.room).first(step.count)));
    }
    switch (step.next) {
        case Source::Next::more: break;
        case Source::Next::later: resume_ = step.at; break;
        case Source::Next::end:
            append(machine_.send_end());
            sent_ = Sent::all;
            break;
        case Source::Next::broken: close(); break;
    }
}

void Connection::append(const Result<http1::Segments>& segments) {
    if (state_ == State::closed) {
        return;
    }
    if (!segments) {
        say("ferry: {}\n", segments.error().message);
        return close();
    }
    for (const ConstBuffer& piece : *segments) {
        shared_.out.append(piece);
    }
}

// Writes the backlog and then what is put together; true if the socket took everything.
bool Connection::flush() {
    if (state_ == State::closed) {
        return false;
    }
    if (!backlog_.empty()) {
        std::span<const std::byte> bytes = backlog_.bytes().subspan(backlog_sent_);
        const bool taken = write(bytes);
        backlog_sent_ = backlog_.size() - bytes.size();
        if (!taken) {
            return false;
        }
        backlog_ = Buffer();
        backlog_sent_ = 0;
    }
    std::span<const std::byte> bytes = shared_.out.bytes();
    const bool taken = write(bytes);
    backlog_.append(bytes);
    shared_.out.clear();
    return taken;
}

bool Connection::write(std::span<const std::byte>& bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && errno == EAGAIN) {
            writing_ = true;
            wait_idle();
            return false;
        }
        if (count < 0) {
            close();
            bytes = {};
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

bool Connection::finish() {
    reply_.source.reset();
    if (reply_.close || !machine_.persistence().keep_alive() || !machine_.next()) {
        linger();
        return false;
    }
    state_ = State::request;
    head_.method.clear();
    head_.target.clear();
    head_.version = {};
    reading_ = true;
    wait_idle();
    return true;
}

void Connection::linger() {
    ::shutdown(socket_.get(), SHUT_WR);
    state_ = State::lingering;
    reading_ = true;
    wait_until(saturating_add(shared_.now, linger_time));
}

void Connection::close() noexcept {
    state_ = State::closed;
    shared_.out.clear();
}

}  // namespace ferry::tools
