#include "tests/sim/watcher.hpp"

#include <algorithm>
#include <utility>

#include "transports/sim/timeline.hpp"

namespace ferry::testing {

namespace {
/// How a request begins on the wire: "GET /path HTTP/1.1", Host.
std::string head_of(const Exchange& exchange) {
    const std::string& name = exchange.name;
    const std::string::size_type host = name.find("://") + 3;
    const std::string::size_type path = name.find('/', host);
    return name.substr(0, name.find(' ') + 1) + (exchange.target.empty() ? name.substr(path) : exchange.target) +
           " HTTP/1.1\r\nHost: " + name.substr(host, path - host);
}
/// BEHAVIOUR: connections that were idle for longer are looked at before they are used.
constexpr Duration probe_after = std::chrono::milliseconds(1);
/// Reads of so many bytes may have filled their buffer, and left something.
constexpr std::size_t long_read = 256 * 1024;

bool starts_request(std::string_view bytes) {
    const std::string_view line = bytes.substr(0, bytes.find('\r'));
    return line.ends_with(" HTTP/1.1");
}
}  // namespace

Watcher::Watcher(Session& session, Duration timer_unit) : session_(session), unit_(timer_unit) {
    Network& network = session.network();
    const auto note = [this] {
        if (const Duration now = session_.elapsed(); instants_.empty() || instants_.back() < now) {
            instants_.push_back(now);
        }
    };
    note();
    network.after_step([this, note] {
        note();
        look();
    });
    network.on_fact([this, note](const Fact& fact) {
        note();
        const Fault fault = tap_ ? tap_(fact) : Fault::none;
        if (fact.connection && (fact.type == Fact::Type::closed || fault == Fault::reset || fault == Fault::close)) {
            lines_[fact.connection].closed = session_.elapsed();
        }
        return fault;
    });
    network.on_traffic([this](ConnId id, Network::Direction direction, std::string_view bytes) {
        Line& line = lines_[id];
        Stream& stream = direction == Network::Direction::sent ? line.sent : line.received;
        if (direction == Network::Direction::sent && !stream.marks.empty() && session_.network().unread(id) &&
            starts_request(bytes) && can_judge_looks()) {
            const Duration latest = std::max(stream.marks.back().at,
                                             line.received.marks.empty() ? Duration{} : line.received.marks.back().at);
            if (session_.elapsed() - latest > probe_after || line.last_read >= long_read) {
                session_.network().violation("a request was sent without a look at what lay unread: " +
                                             excerpt(bytes.substr(0, bytes.find('\r'))));
            }
        }
        line.last_read = direction == Network::Direction::received ? bytes.size() : line.last_read;
        stream.bytes += bytes;
        stream.marks.push_back({.at = session_.elapsed(), .size = stream.bytes.size(), .order = marks_++});
    });
}

void Watcher::wrong(const Exchange& exchange, const std::string& what) {
    session_.network().violation(exchange.name + ": " + what + " (" + exchange.summary() + ")");
}

/// Whether there is something to look with, and writes are accepted in the moment in which they are begun.
bool Watcher::can_judge_looks() const {
    return session_.network().capabilities().probe && session_.network().max_loan() == static_cast<std::size_t>(-1);
}

/// After each step: reading is off only where somebody withholds credit.
void Watcher::look() {
    const std::size_t held_back = session_.network().held_back();
    if (held_back == 0) {
        return;
    }
    std::size_t paused = 0;
    for (const Exchange* exchange : session_.exchanges()) {
        paused += exchange->state == Exchange::State::open && exchange->outstanding >= exchange->window ? 1U : 0U;
    }
    if (held_back > paused) {
        session_.network().violation(std::to_string(held_back) + " connections are not read from, " +
                                     std::to_string(paused) + " requests withhold credit");
    }
}

// ── On the wire ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// Finds where requests begin in what was sent; bodies have no "HTTP/1.1" in them.
void Watcher::index() {
    constexpr std::string_view mark = " HTTP/1.1\r\nHost: ";
    for (const auto& [id, line] : lines_) {
        const std::string& bytes = line.sent.bytes;
        Place* previous = nullptr;
        for (std::size_t at = bytes.find(mark); at != std::string::npos; at = bytes.find(mark, at + 1)) {
            const std::size_t target = bytes.rfind(' ', at - 1);
            const std::size_t method = bytes.find_last_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ", target - 1) + 1;
            const std::size_t end = bytes.find("\r\n", at + mark.size());
            if (previous != nullptr) {
                previous->end = method;
            }
            const auto passing = std::find_if(line.sent.marks.begin(), line.sent.marks.end(),
                                              [&](const Stream::Mark& m) { return m.size > method; });
            std::vector<Place>& places = places_[bytes.substr(method, end - method)];
            places.push_back({.line = &line, .begin = method, .end = bytes.size(), .order = passing->order});
            previous = &places.back();
        }
    }
}

/// The last place where the request was sent; nothing if others look alike, or it never was.
std::optional<Watcher::Place> Watcher::find(const Exchange& exchange) const {
    const std::string head = head_of(exchange);
    const auto places = places_.find(head);
    if (places == places_.end() || alike_.at(head) > 1) {
        return std::nullopt;
    }
    return *std::max_element(places->second.begin(), places->second.end(),
                             [](const Place& a, const Place& b) { return a.order < b.order; });
}

/// When bytes [begin, end) of a stream passed, within a span of time.
std::vector<Duration> Watcher::passed(const Stream& stream, std::size_t begin, std::size_t end, Duration from,
                                      Duration to) {
    std::vector<Duration> times;
    std::size_t before = 0;
    for (const Stream::Mark& mark : stream.marks) {
        if (mark.size > begin && before < end && mark.at >= from && mark.at <= to) {
            times.push_back(mark.at);
        }
        before = mark.size;
    }
    return times;
}

/// What brought this byte; null if it did not pass.
const Watcher::Stream::Mark* Watcher::mark(const Stream& stream, std::size_t byte) {
    const auto found =
        std::find_if(stream.marks.begin(), stream.marks.end(), [byte](const Stream::Mark& m) { return m.size > byte; });
    return found == stream.marks.end() ? nullptr : &*found;
}

/// Where the request's head ends, or its last byte that was sent.
std::size_t Watcher::end_of_head(const Place& place) {
    const std::size_t blank = place.line->sent.bytes.find("\r\n\r\n", place.begin);
    return std::min(blank == std::string::npos ? place.end : blank + 4, place.end);
}

// ── What was asked for ───────────────────────────────────────────────────────────────────────────────────────────────

/// RFC 9110 section 10.1.1: a body that asks is sent after 100, or after the wait, and never after a final response.
void Watcher::judge_expectation(const Exchange& exchange) {
    const auto places = places_.find(head_of(exchange));
    if (!exchange.expect_continue || places == places_.end() || alike_.at(places->first) > 1) {
        return;
    }
    for (const Place& place : places->second) {
        const std::size_t head_end = end_of_head(place);
        const std::string_view head =
            std::string_view(place.line->sent.bytes).substr(place.begin, head_end - place.begin);
        const Stream::Mark* asked = mark(place.line->sent, head_end - 1);
        const Stream::Mark* body = head_end < place.end ? mark(place.line->sent, head_end) : nullptr;
        if (body == nullptr || head.find("\r\nExpect: 100-continue\r\n") == std::string_view::npos) {
            continue;
        }
        // What had come in between.
        std::size_t from = 0;
        std::size_t to = 0;
        for (const Stream::Mark& m : place.line->received.marks) {
            from = m.order < place.order ? m.size : from;
            to = m.order < body->order ? m.size : to;
        }
        const std::string_view heard = std::string_view(place.line->received.bytes).substr(from, to - from);
        if (heard.find("HTTP/1.1 100 ") != std::string_view::npos) {
            continue;
        }
        const bool head_is_whole = heard.find("\r\n\r\n") != std::string_view::npos;
        if (heard.starts_with("HTTP/1.") && heard[9] != '1' && head_is_whole) {
            if (session_.network().max_loan() == static_cast<std::size_t>(-1)) {  // else it was lent before
                wrong(exchange, "its body was sent after a final response");
            }
        } else if (body->at < rounded(asked->at + *exchange.expect_continue)) {
            wrong(exchange, "its body was sent too early, at +" + in_seconds(body->at));
        }
    }
}

bool Watcher::answered(const Exchange& exchange) const {
    const auto places = places_.find(head_of(exchange));
    if (places == places_.end() || alike_.at(places->first) > 1) {
        return false;
    }
    const Place& first = *std::min_element(places->second.begin(), places->second.end(),
                                           [](const Place& a, const Place& b) { return a.order < b.order; });
    std::size_t from = 0;
    for (const Stream::Mark& m : first.line->received.marks) {
        from = m.order < first.order ? m.size : from;
    }
    return first.line->received.bytes.find("\r\n\r\n", from) != std::string::npos;
}

/// BEHAVIOUR: what is left of a response that was discarded is read up to 64 KiB or 250 ms.
void Watcher::judge_leftover(const Exchange& exchange, const Place& place) {
    if (!exchange.discarded) {
        return;
    }
    constexpr std::size_t most_bytes = 64 * 1024;
    constexpr Duration patience = std::chrono::milliseconds(250);
    const Stream::Mark* next = mark(place.line->sent, place.end);
    std::size_t before = 0;
    std::size_t left = 0;
    for (const Stream::Mark& m : place.line->received.marks) {
        const std::size_t size = m.size - std::exchange(before, m.size);
        if (m.at <= *exchange.ended_at || (next != nullptr && m.order > next->order)) {
            continue;
        }
        if (m.at > rounded(*exchange.ended_at + patience) || left > most_bytes) {
            wrong(exchange, "too much was read of what was discarded");
            return;
        }
        left += size;
    }
}

/// A raw stream that is Done has sent all that was written to it.
void Watcher::judge_duplex(const Exchange& exchange, const Place& place) {
    const std::size_t sent = place.line->sent.bytes.size() - end_of_head(place);
    if (exchange.upgraded && exchange.is_done() && sent != exchange.written) {
        wrong(exchange,
              std::to_string(exchange.written) + " raw bytes were written, and " + std::to_string(sent) + " were sent");
    }
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

Duration Watcher::rounded(Duration when) const { return (when + unit_ - Duration(1)) / unit_ * unit_; }

bool Watcher::ends_at(const Exchange& exchange, Duration began, Duration limit) const {
    return *exchange.ended_at == rounded(began + limit);
}

/// A limit began to run when something happened, or the request was submitted.
bool Watcher::began_at_an_instant(const Exchange& exchange, Duration limit) const {
    const Duration latest = *exchange.ended_at - limit;
    const auto found = std::upper_bound(instants_.begin(), instants_.end(), latest);
    return ends_at(exchange, exchange.submitted_at, limit) ||
           (found != instants_.begin() && *std::prev(found) >= exchange.submitted_at &&
            ends_at(exchange, *std::prev(found), limit));
}

void Watcher::judge_read_timeout(const Exchange& exchange, const Place& place) {
    const Duration limit = *exchange.deadlines.read;
    const Stream& sent = place.line->sent;
    const std::vector<Duration> out = passed(sent, place.begin, place.end, {}, *exchange.ended_at);
    const std::vector<Duration> in =
        passed(place.line->received, 0, static_cast<std::size_t>(-1), out.front(), *exchange.ended_at);
    // The limit runs while nothing is left to send, and anew with every byte that comes.
    const Duration latest = in.empty() ? out.back() : std::max(in.back(), out.back());
    if (exchange.collected && !exchange.streamed ? !ends_at(exchange, latest, limit)
                                                 : *exchange.ended_at < rounded(latest + limit)) {
        // Writing may have failed meanwhile: then it runs from there.
        if (*exchange.ended_at < rounded(latest + limit) || !began_at_an_instant(exchange, limit)) {
            wrong(exchange, "read_timeout, and the last byte passed at +" + in_seconds(latest));
        }
    }
}

/// A request that is being served is never silent for longer than its limits on reading and writing.
void Watcher::judge_silence(const Exchange& exchange, const Place& place) {
    const Deadlines& limits = exchange.deadlines;
    if (!exchange.collected || exchange.streamed || exchange.upgraded || !limits.read || !limits.write) {
        return;
    }
    if (exchange.retry_policy != nullptr && !exchange.head) {
        return;  // It may have rested since.
    }
    std::vector<Duration> times = passed(place.line->sent, place.begin, place.end, {}, *exchange.ended_at);
    const std::vector<Duration> in =
        passed(place.line->received, 0, static_cast<std::size_t>(-1), times.front(), *exchange.ended_at);
    times.insert(times.end(), in.begin(), in.end());
    // It may have gone on elsewhere.
    times.push_back(std::min(*exchange.ended_at, place.line->closed.value_or(*exchange.ended_at)));
    std::sort(times.begin(), times.end());
    // Where writing fails, the limit on reading begins anew: once.
    const Duration longest = rounded(*limits.read) + rounded(*limits.write) + unit_ +
                             rounded(exchange.expect_continue.value_or(Duration::zero()));
    for (std::size_t i = 1; i < times.size(); ++i) {
        if (times[i] - times[i - 1] > longest) {
            wrong(exchange,
                  "silence from +" + in_seconds(times[i - 1]) + " to +" + in_seconds(times[i]) + " was tolerated");
        }
    }
}

void Watcher::judge_time(const Exchange& exchange) {
    const Deadlines& limits = exchange.deadlines;
    if (limits.total && *exchange.ended_at > rounded(exchange.submitted_at + *limits.total)) {
        wrong(exchange, "ended after its total limit");
    }
    std::optional<Place> place = find(exchange);
    if (place && passed(place->line->sent, place->begin, place->end, {}, *exchange.ended_at).empty()) {
        place.reset();
    }
    if (place) {
        judge_silence(exchange, *place);
        judge_leftover(exchange, *place);
        judge_duplex(exchange, *place);
    }
    judge_expectation(exchange);
    if (!exchange.error) {
        return;
    }
    if (exchange.error->code == Errc::invalid_state) {
        wrong(exchange, "nothing was asked for that its state does not allow");
    }
    switch (exchange.error->code) {
        case Errc::total_timeout:
            if (!limits.total || !ends_at(exchange, exchange.submitted_at, *limits.total)) {
                wrong(exchange, "total_timeout at the wrong time");
            }
            break;
        case Errc::pool_timeout:
            if (!limits.pool || (!ends_at(exchange, exchange.submitted_at, *limits.pool) &&
                                 *exchange.ended_at != exchange.submitted_at + *limits.pool &&
                                 !((exchange.connect_retries > 0 || exchange.retry_policy != nullptr) &&
                                   *exchange.ended_at > exchange.submitted_at + *limits.pool))) {
                wrong(exchange, "pool_timeout at the wrong time");
            }
            break;
        case Errc::connect_timeout:
            if (!limits.connect || !began_at_an_instant(exchange, *limits.connect)) {
                wrong(exchange, "connect_timeout at the wrong time");
            }
            break;
        case Errc::write_timeout:
            if (!limits.write || !began_at_an_instant(exchange, *limits.write)) {
                wrong(exchange, "write_timeout at the wrong time");
            }
            break;
        case Errc::read_timeout:
            if (!limits.read || !began_at_an_instant(exchange, *limits.read)) {
                wrong(exchange, "read_timeout at the wrong time");
            } else if (!exchange.collected && exchange.outstanding >= exchange.window) {
                wrong(exchange, "read_timeout while credit was withheld");
            } else if (place) {
                judge_read_timeout(exchange, *place);
            }
            break;
        default: break;
    }
}

void Watcher::judge() {
    index();
    for (const Exchange* exchange : session_.exchanges()) {
        ++alike_[head_of(*exchange)];
    }
    for (const Exchange* exchange : session_.exchanges()) {
        if (exchange->ended_at) {
            judge_time(*exchange);
        }
    }
}

// ── Bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────

void Watcher::compare(const Exchange& exchange, int status, std::string_view expected) {
    const std::string_view got = exchange.body;
    if (exchange.status() != status) {
        return;  // Another answer: with a body of its own.
    }
    // RFC 9112 section 6.3 (8): a body that ends with its connection looks complete wherever that ends.
    const bool framed = exchange.head->headers.contains("content-length") ||
                        exchange.head->headers.contains("transfer-encoding") || exchange.upgraded;
    if (exchange.is_done() && framed && !exchange.upgraded && !exchange.discarded
            ? got != expected
            : !expected.starts_with(got) && !got.starts_with(expected)) {
        wrong(exchange, "its body is not what the origin sent: " + excerpt(expected));
    }
}

}  // namespace ferry::testing
