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
    return name.substr(0, name.find(' ') + 1) + name.substr(path) +
           " HTTP/1.1\r\nHost: " + name.substr(host, path - host);
}
/// BEHAVIOUR: connections that were idle for longer are looked at before they are used.
constexpr Duration probe_after = std::chrono::milliseconds(20);

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
        if (fact.connection && (fact.type == Fact::Type::closed || fault == Fault::reset)) {
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
            if (session_.elapsed() - latest > probe_after) {
                session_.network().violation("a request was sent without a look at what lay unread: " +
                                             excerpt(bytes.substr(0, bytes.find('\r'))));
            }
        }
        stream.bytes += bytes;
        stream.marks.push_back({.at = session_.elapsed(), .size = stream.bytes.size()});
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
            places.push_back({.line = &line, .begin = method, .end = bytes.size(), .at = passing->at});
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
                             [](const Place& a, const Place& b) { return a.at < b.at; });
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
    std::vector<Duration> times = passed(place.line->sent, place.begin, place.end, {}, *exchange.ended_at);
    const std::vector<Duration> in =
        passed(place.line->received, 0, static_cast<std::size_t>(-1), times.front(), *exchange.ended_at);
    times.insert(times.end(), in.begin(), in.end());
    // It may have gone on elsewhere.
    times.push_back(std::min(*exchange.ended_at, place.line->closed.value_or(*exchange.ended_at)));
    std::sort(times.begin(), times.end());
    // Where writing fails, the limit on reading begins anew: once.
    const Duration longest = rounded(*limits.read) + rounded(*limits.write) + unit_;
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
    }
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
            if (!limits.pool ||
                (!ends_at(exchange, exchange.submitted_at, *limits.pool) &&
                 *exchange.ended_at != exchange.submitted_at + *limits.pool &&
                 !(retrying_.contains(exchange.id) && *exchange.ended_at > exchange.submitted_at + *limits.pool))) {
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
    if (exchange.is_done() && framed && !exchange.upgraded ? got != expected
                                                           : !expected.starts_with(got) && !got.starts_with(expected)) {
        wrong(exchange, "its body is not what the origin sent: " + excerpt(expected));
    }
}

}  // namespace ferry::testing
