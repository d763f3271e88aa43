#include "tests/sim/watcher.hpp"

#include <algorithm>
#include <charconv>
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
/// Connections that were idle for longer are looked at before they are used.
constexpr Duration probe_after = std::chrono::milliseconds(1);
/// Reads of so many bytes may have filled their buffer, and left something.
constexpr std::size_t long_read = 256 * 1024;

/// Network::max_loan() where writes are accepted in the moment in which they are begun.
constexpr std::size_t at_once = static_cast<std::size_t>(-1);

Duration saturating(Duration a, Duration b) { return b > Duration::max() / 2 - a ? Duration::max() / 2 : a + b; }

std::string host_of(const Exchange& exchange) {
    const std::string::size_type begin = exchange.name.find("://") + 3;
    return exchange.name.substr(begin, exchange.name.find_first_of(":/", begin) - begin);
}

bool starts_request(std::string_view bytes) {
    const std::string_view line = bytes.substr(0, bytes.find('\r'));
    return line.ends_with(" HTTP/1.1");
}
}  // namespace

Watcher::Watcher(Session& session, Duration timer_unit) : session_(session), unit_(timer_unit) {
    Network& network = session.network();
    note();
    network.after_step([this] {
        note();
        in_turn_ = false;
        look();
    });
    network.on_dial([this](LookupId lookup, std::string_view what) {
        dials_.push_back({.at = session_.elapsed(), .what = std::string(what), .lookup = lookup});
    });
    network.on_fact([this](const Fact& fact) {
        note();
        in_turn_ = true;
        const Fault fault = tap_ ? tap_(fact) : Fault::none;
        if (instants_.back() != session_.elapsed()) {
            woke_in_turn_ = session_.elapsed();
            note();
        }
        if (fact.type == Fact::Type::connected) {
            lines_[fact.connection].opened = session_.elapsed();
        }
        if (fact.type == Fact::Type::resolved && fault != Fault::silence) {
            for (Dialled& dialled : dials_) {
                if (dialled.lookup == fact.lookup) {
                    dialled.answered = session_.elapsed();
                }
            }
        }
        if (fact.connection && (fact.type == Fact::Type::closed || fault == Fault::reset || fault == Fault::close)) {
            lines_[fact.connection].closed = session_.elapsed();
        }
        return fault;
    });
    network.on_traffic([this](ConnId id, Network::Direction direction, std::string_view bytes) {
        Line& line = lines_[id];
        Stream& stream = direction == Network::Direction::sent ? line.sent : line.received;
        if (direction == Network::Direction::sent && starts_request(bytes)) {
            if (session_.network().max_loan() == at_once && woke_in_turn_ != session_.elapsed()) {
                judge_use(id, line);
            }
            line.request = line.received.bytes.size();
        }
        line.last_read = direction == Network::Direction::received ? bytes.size() : line.last_read;
        stream.bytes += bytes;
        stream.marks.push_back({.at = session_.elapsed(), .size = stream.bytes.size(), .order = marks_++});
    });
}

void Watcher::note() {
    if (const Duration now = session_.elapsed(); instants_.empty() || instants_.back() < now) {
        instants_.push_back(now);
    }
}

void Watcher::sleep(Duration duration) {
    note();
    session_.sleep(duration);
    if (in_turn_) {
        woke_in_turn_ = session_.elapsed();
    }
}

/// A request is being sent: may it be on this connection?
void Watcher::judge_use(ConnId id, const Line& line) {
    Network& network = session_.network();
    const Duration now = session_.elapsed();
    Duration latest = line.opened.value_or(now);
    for (const Stream* stream : {&line.sent, &line.received}) {
        latest = stream->marks.empty() ? latest : std::max(latest, stream->marks.back().at);
    }
    if (!line.sent.marks.empty() && network.capabilities().probe && network.unread(id) &&
        (now - latest > probe_after || line.last_read >= long_read)) {
        network.violation("a request was sent on " + show(id) + " without a look at what lay unread");
    }
    if (!pool_) {
        return;
    }
    // What is written where the last write was a moment ago may have had to wait.
    constexpr Duration moment = std::chrono::milliseconds(1);
    const std::optional<Duration> kept = server_keeps(std::string_view(line.received.bytes).substr(line.request));
    if ((pool_->keepalive_expiry && now >= saturating(latest, *pool_->keepalive_expiry) + moment) ||
        (kept && now >= latest + *kept + moment)) {
        network.violation("a request was sent on " + show(id) + ", which had expired");
    }
    if (pool_->max_connection_age &&
        now >= saturating(line.opened.value_or(now), *pool_->max_connection_age) + moment) {
        network.violation("a request was sent on " + show(id) + ", which was too old");
    }
}

/// As the last response said, without its second of safety.
std::optional<Duration> Watcher::server_keeps(std::string_view received) {
    constexpr std::string_view field = "\r\nKeep-Alive: timeout=";
    const std::size_t at = received.rfind(field);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    std::from_chars(received.data() + at + field.size(), received.data() + received.size(), seconds);
    return std::chrono::seconds(std::max<std::int64_t>(seconds - 1, 0));
}

void Watcher::wrong(const Exchange& exchange, const std::string& what) {
    session_.network().violation(exchange.name + ": " + what + " (" + exchange.summary() + ")");
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
        const std::size_t head_of_answer = heard.find("\r\n\r\n");
        const bool head_is_whole = head_of_answer != std::string_view::npos;
        if (heard.starts_with("HTTP/1.") && heard[9] != '1' && head_is_whole) {
            const Stream::Mark* answered = mark(place.line->received, from + head_of_answer + 3);
            if (asked != nullptr && answered != nullptr && answered->at >= asked->at + *exchange.expect_continue) {
                continue;  // The wait was over before: then it is an upload like others.
            }
            if (session_.network().max_loan() == at_once) {  // else it was lent before
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
    std::string_view rest = std::string_view(first.line->received.bytes).substr(from);
    for (;;) {
        const std::size_t end = rest.find("\r\n\r\n");
        const bool interim = rest.starts_with("HTTP/1.1 1") && !rest.starts_with("HTTP/1.1 101");
        if (end == std::string_view::npos || !interim) {
            return end != std::string_view::npos;
        }
        rest.remove_prefix(end + 4);
    }
}

/// What is left of a response that was discarded is read up to 64 KiB or 250 ms.
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
        // What comes when nothing is left ends the connection there and then.
        const bool ended_it = m.size == place.line->received.bytes.size() && place.line->closed == m.at;
        if (m.at > due(*exchange.ended_at + patience) || (left > most_bytes && !ended_it)) {
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

Duration Watcher::due(Duration when) const {
    when = rounded(when);
    for (const Network::Sleep& sleep : session_.network().sleeps()) {
        when = when >= sleep.begin ? std::max(when, sleep.end) : when;
    }
    return when;
}

/// When several timers, one after the other, have gone off at the latest: each may have had to wait for a sleep's end.
Duration Watcher::latest(Duration from, Duration to) const {
    for (const Network::Sleep& sleep : session_.network().sleeps()) {
        if (sleep.end > from && sleep.begin <= to) {
            to = saturating(to, sleep.end - std::max(sleep.begin, from));
        }
    }
    return to;
}

/// Where a loop falls asleep in the moment in which a timer is due, it may have gone off before.
bool Watcher::ends_at(const Exchange& exchange, Duration began, Duration limit) const {
    return *exchange.ended_at == due(began + limit) || *exchange.ended_at == rounded(began + limit);
}

/// A limit began to run when something happened, or the request was submitted.
bool Watcher::began_at_an_instant(const Exchange& exchange, Duration limit) const {
    const Duration latest = *exchange.ended_at - limit;
    const auto found = std::upper_bound(instants_.begin(), instants_.end(), latest);
    return ends_at(exchange, exchange.submitted_at, limit) ||
           (found != instants_.begin() && *std::prev(found) >= exchange.submitted_at &&
            ends_at(exchange, *std::prev(found), limit));
}

/// The limit on connecting runs from when a dial of its origin begins, or is taken over from another request, or joins
/// a lookup that is under way.
bool Watcher::dial_began(const Exchange& exchange, Duration limit) const {
    const std::string host = host_of(exchange);
    const std::vector<std::string> addresses = session_.network().addresses(host);
    const auto fits = [&](Duration began) {
        if (began >= exchange.submitted_at && ends_at(exchange, began, limit)) {
            return true;
        }
        // What the engine had decided before the application fell asleep is done when it wakes.
        return std::ranges::any_of(session_.network().sleeps(), [&](const Network::Sleep& sleep) {
            return sleep.end == began && sleep.begin >= exchange.submitted_at && ends_at(exchange, sleep.begin, limit);
        });
    };
    const auto leads_there = [&](const std::string& what) {
        return what == host || what.starts_with('/') || std::ranges::any_of(addresses, [&](const std::string& address) {
                   return what.find(address) != std::string::npos;
               });
    };
    if (fits(exchange.submitted_at)) {
        return true;
    }
    for (const Dialled& dialled : dials_) {
        if (!leads_there(dialled.what)) {
            continue;
        }
        const bool joined = dialled.lookup && dialled.at <= *exchange.ended_at - limit &&
                            (!dialled.answered || *dialled.answered >= *exchange.ended_at - limit);
        if (fits(dialled.at) || (joined && began_at_an_instant(exchange, limit))) {
            return true;
        }
    }
    for (const Exchange* other : session_.exchanges()) {
        if (other == &exchange || !other->ended_at || host_of(*other) != host) {
            continue;
        }
        // Who rests before another attempt leaves its dial, and nobody is told.
        const bool rests = other->retry_policy != nullptr || other->connect_retries > 0;
        if (fits(*other->ended_at) || (rests && began_at_an_instant(exchange, limit))) {
            return true;
        }
    }
    for (const auto& [head, places] : places_) {
        if (head.ends_with(" " + host) || head.find(" " + host + ":") != std::string::npos) {
            for (const Place& place : places) {
                for (const Stream* stream : {&place.line->sent, &place.line->received}) {
                    if (std::ranges::any_of(stream->marks, [&](const Stream::Mark& m) { return fits(m.at); })) {
                        return true;
                    }
                }
            }
        }
    }
    return false;
}

/// The limit on writing runs anew with every byte that is accepted.
void Watcher::judge_write_timeout(const Exchange& exchange, const Place& place) {
    const Duration limit = *exchange.deadlines.write;
    const Duration last = passed(place.line->sent, place.begin, place.end, {}, *exchange.ended_at).back();
    const bool elsewhere =
        exchange.retry_policy != nullptr || (place.line->closed && *place.line->closed < *exchange.ended_at);
    // Of these the output may have been empty meanwhile.
    const std::string_view head(place.line->sent.bytes.data() + place.begin, end_of_head(place) - place.begin);
    const bool pauses = exchange.streamed || exchange.upgraded || head.find("\r\nExpect: ") != std::string_view::npos;
    if (!elsewhere && (pauses ? *exchange.ended_at < rounded(last + limit) : !ends_at(exchange, last, limit))) {
        wrong(exchange, "write_timeout, and the last byte was accepted at +" + in_seconds(last));
    }
}

/// Whoever waits for a connection or connects has limits for that, one after the other.
void Watcher::judge_place(const Exchange& exchange) {
    const Deadlines& limits = exchange.deadlines;
    if (!limits.pool || !limits.connect || exchange.retry_policy != nullptr) {
        return;
    }
    Duration end = saturating(exchange.submitted_at, *limits.pool);
    Duration rest{};
    for (std::uint64_t i = 0; i <= exchange.connect_retries; ++i) {
        end = saturating(end, *limits.connect + unit_);
        if (i > 1) {  // At once, then after half a second, a second …
            rest += std::chrono::milliseconds(500) * (std::int64_t{1} << (i - 2));
        }
    }
    end = saturating(end, rest + unit_);
    Duration got = *exchange.ended_at;
    const auto places = places_.find(head_of(exchange));
    if (places != places_.end() && alike_.at(places->first) == 1) {
        const Place& first = *std::ranges::min_element(places->second, {}, &Place::order);
        got = std::min(got, mark(first.line->sent, first.begin)->at);
    }
    for (const auto& [id, line] : lines_) {
        // It may have been given to this request, and found dead before a byte was written: it connects anew.
        if (line.closed && *line.closed >= exchange.submitted_at && *line.closed <= got) {
            end = saturating(end, *limits.connect + unit_);
        }
    }
    // Before the first byte is accepted the limit on writing may run.
    const Duration moment = session_.network().max_loan() == at_once && got != *exchange.ended_at
                                ? std::chrono::milliseconds(1)
                                : limits.write.value_or(Duration::max() / 4);
    if (got > latest(exchange.submitted_at, saturating(end, moment))) {
        wrong(exchange, "waited for a connection, and for a connect, for longer than its limits");
    }
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
    for (std::size_t i = 1; i < times.size(); ++i) {
        const Duration longest = rounded(*limits.read) + rounded(*limits.write) + unit_ +
                                 rounded(exchange.expect_continue.value_or(Duration::zero()));
        if (times[i] > latest(times[i - 1], times[i - 1] + longest)) {
            wrong(exchange,
                  "silence from +" + in_seconds(times[i - 1]) + " to +" + in_seconds(times[i]) + " was tolerated");
        }
    }
}

void Watcher::judge_time(const Exchange& exchange) {
    const Deadlines& limits = exchange.deadlines;
    if (limits.total && *exchange.ended_at > due(exchange.submitted_at + *limits.total)) {
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
    judge_place(exchange);
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
            if (!limits.connect || !dial_began(exchange, *limits.connect)) {
                wrong(exchange, "connect_timeout at the wrong time");
            }
            break;
        case Errc::write_timeout:
            if (!limits.write || !began_at_an_instant(exchange, *limits.write)) {
                wrong(exchange, "write_timeout at the wrong time");
            } else if (place) {
                judge_write_timeout(exchange, *place);
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

void Watcher::compare(const Exchange& exchange, int status, std::string_view expected, bool whole) {
    const std::string_view got = exchange.body;
    if (exchange.status() != status) {
        return;  // Another answer: with a body of its own.
    }
    // RFC 9112 section 6.3 (8): a body that ends with its connection looks complete wherever that ends.
    const bool framed = exchange.head->headers.contains("content-length") ||
                        exchange.head->headers.contains("transfer-encoding") || exchange.upgraded;
    if (exchange.is_done() && whole && framed && !exchange.upgraded && !exchange.discarded
            ? got != expected
            : !expected.starts_with(got) && !got.starts_with(expected)) {
        wrong(exchange, "its body is not what the origin sent: " + excerpt(expected));
    }
}

}  // namespace ferry::testing
