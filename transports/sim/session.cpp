// An Engine over a Network, and the book of all requests. The book judges the order of events; the engine's audit is
// asked after each step.
#include <ferry/testing.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "transports/sim/timeline.hpp"

namespace ferry::testing {

namespace {

/// Pieces of a body, and how many of them have been written.
struct Feed {
    std::vector<std::string> pieces{};
    Headers trailers{};
    std::size_t next = 0;
    bool finished = false;
};

/// What the book knows besides the Exchange.
struct Entry {
    Exchange exchange{};
    bool rewindable = false;
    bool held = false;
    std::optional<Feed> feed{};
    std::uint64_t body_fact = 0;  ///< The fact that brought the last event::Body.
};

EngineConfig fitted(EngineConfig config, Network& network) {
    config.capabilities = network.capabilities();
    if (config.wall_at == Time{}) {
        config.wall_at = network.now();
    }
    return config;
}

}  // namespace

struct Session::Impl {
    Impl(Session& session, EngineConfig engine_config, NetworkConfig network_config)
        : network(network_config), engine(fitted(std::move(engine_config), network)), driver(engine, network, session) {
        network.attach(driver);
        network.after_step([this] { audit(); });
    }

    Entry* find(RequestId id) {
        const auto found = index.find(id);
        return found == index.end() ? nullptr : &entries[found->second];
    }

    void violation(const Exchange& exchange, const std::string& what) {
        network.violation(show(exchange.id) + " " + exchange.name + ": " + what);
    }

    void audit() {
        if (const std::string complaint = engine.audit(); !complaint.empty()) {
            network.violation("audit: " + complaint);
        }
        const std::optional<Time> deadline = engine.deadline();
        const std::optional<Time> timer = network.timer();
        if (deadline && (!timer || *timer > *deadline)) {
            network.violation("the timer is not armed for the engine's deadline");
        }
        if (feeding > 0) {
            audit_feeds();
        }
    }

    /// Whoever has more to write is told when there is room.
    void audit_feeds() {
        constexpr std::size_t half_the_room = 128 * 1024;
        for (Entry& entry : entries) {
            if (!entry.feed) {
                continue;
            }
            const bool finished = entry.feed->finished;
            if (engine.credit(entry.exchange.id) > (finished ? 0 : half_the_room)) {
                violation(entry.exchange, finished ? "its body is wanted again, and nobody was told"
                                                   : "there is credit, and nobody was told");
                entry.feed.reset();
                --feeding;
            }
        }
    }

    void feed_on(Entry& entry) {
        while (entry.feed && !entry.feed->finished) {
            const RequestId id = entry.exchange.id;
            if (entry.feed->next == entry.feed->pieces.size()) {
                entry.feed->finished = true;
                if (entry.feed->trailers.empty()) {
                    engine.finish_body(network.now(), id);
                } else {
                    engine.finish_body(network.now(), id, entry.feed->trailers);
                }
                return;
            }
            const std::string& piece = entry.feed->pieces[entry.feed->next];
            if (!piece.empty() && write(entry, piece) == 0) {
                return;
            }
            if (entry.feed) {  // the request may have failed meanwhile
                ++entry.feed->next;
            }
        }
    }

    std::size_t write(Entry& entry, std::string_view data) {
        const std::size_t credit = engine.credit(entry.exchange.id);
        const std::size_t taken = engine.write_body(network.now(), entry.exchange.id, Buffer(data));
        if ((credit == 0 || data.empty()) && taken != 0) {
            violation(entry.exchange, "write_body() took data without credit");
        }
        if (taken != 0 && taken != data.size()) {
            violation(entry.exchange, "write_body() took a part of the data");
        }
        entry.exchange.credit -= std::min(entry.exchange.credit, taken);
        entry.exchange.written += taken;
        return taken;
    }

    void end(Entry& entry, Exchange::State state) {
        Exchange& exchange = entry.exchange;
        exchange.state = state;
        exchange.ended_at = network.elapsed();
        exchange.timings = engine.timings(exchange.id);
        feeding -= entry.feed ? 1U : 0U;
        entry.feed.reset();
        --open;
    }

    void enter(Time now, Entry& entry, Event& event);

    Network network;
    Engine engine;
    Driver driver;
    std::deque<Entry> entries;
    std::unordered_map<RequestId, std::size_t> index;
    std::size_t open = 0;
    std::size_t feeding = 0;  ///< Entries with a feed.
    std::function<void(Event&)> watcher;
};

// Enters an event into the book, if it may come now.
void Session::Impl::enter(Time now, Entry& entry, Event& event) {
    struct Visitor {
        Impl& self;
        Entry& entry;
        Exchange& exchange;
        Time now;

        void operator()(event::Informational& e) const {
            if (exchange.head) {
                self.violation(exchange, "Informational after Head");
            }
            exchange.informational.push_back(e.head);
        }
        void operator()(event::Head& e) const {
            if (exchange.head) {
                self.violation(exchange, "Head twice");
            }
            exchange.head = self.engine.take_head(e.id);
            exchange.head_at = self.network.elapsed();
        }
        void operator()(event::Body& e) const {
            if (!exchange.head || (exchange.collected && !exchange.upgraded)) {
                self.violation(exchange, exchange.head ? "Body of a request that collects" : "Body before Head");
            }
            if (e.data.empty()) {
                self.violation(exchange, "Body of no bytes");
            }
            const std::uint64_t fact = self.network.facts();
            if (exchange.outstanding >= exchange.window && entry.body_fact != fact) {
                self.violation(exchange, "Body although credit is withheld");
            }
            entry.body_fact = fact;
            exchange.body += as_text(e.data);
            exchange.outstanding += e.data.size();
            ++exchange.pieces;
            exchange.last_body_at = self.network.elapsed();
            if (!entry.held) {
                self.engine.consume(now, e.id, e.data.size());
                exchange.outstanding -= e.data.size();
            }
        }
        void operator()(event::Writable& e) const {
            exchange.credit = e.credit;
            self.feed_on(entry);
        }
        void operator()(event::Rewind&) const {
            if (exchange.head) {
                self.violation(exchange, "Rewind after Head");
            }
            if (!entry.rewindable) {
                self.violation(exchange, "Rewind of a body that cannot be");
            }
            ++exchange.rewinds;
            exchange.written = 0;
            if (entry.feed) {
                entry.feed->next = 0;
                entry.feed->finished = false;
            }
        }
        void operator()(event::Upgraded&) const {
            if (!exchange.head || exchange.upgraded) {
                self.violation(exchange, exchange.upgraded ? "Upgraded twice" : "Upgraded before Head");
            }
            exchange.upgraded = true;
            exchange.written = 0;
        }
        void operator()(event::PeerDone&) const {
            if (!exchange.upgraded || exchange.peer_done) {
                self.violation(exchange, "PeerDone in the wrong place");
            }
            exchange.peer_done = true;
        }
        void operator()(event::Done& e) const {
            if (!exchange.head) {
                self.violation(exchange, "Done before Head");
            }
            if (exchange.collected && !exchange.upgraded) {
                exchange.body = self.engine.take_body(e.id).str();
            }
            exchange.trailers = self.engine.take_trailers(e.id);
            self.end(entry, Exchange::State::done);
        }
        void operator()(event::Failed& e) const {
            exchange.error = self.engine.take_error(e.id);
            if (exchange.error->message.empty()) {
                self.violation(exchange, "an Error without a sentence");
            }
            self.end(entry, Exchange::State::failed);
        }
        void operator()(event::Trace&) const {}
    };
    std::visit(Visitor{*this, entry, entry.exchange, now}, event);
}

Session::Session() : Session(EngineConfig{}) {}
Session::Session(EngineConfig config) : Session(std::move(config), NetworkConfig{}) {}
Session::Session(EngineConfig config, NetworkConfig network)
    : impl_(std::make_unique<Impl>(*this, std::move(config), network)) {}
Session::~Session() = default;

Network& Session::network() noexcept { return impl_->network; }
Engine& Session::engine() noexcept { return impl_->engine; }

void Session::on_event(Time now, Event& event) {
    impl_->network.note("event", to_string(event));
    const RequestId id = std::visit(
        [](const auto& e) {
            if constexpr (requires { e.id; }) {
                return e.id;
            } else {
                return RequestId{};
            }
        },
        event);
    if (id) {
        Entry* entry = impl_->find(id);
        if (entry == nullptr) {
            impl_->network.violation(to_string(event) + ": nobody asked for it");
        } else if (entry->exchange.state != Exchange::State::open) {
            impl_->violation(entry->exchange, to_string(event) + " after its end");
        } else {
            impl_->enter(now, *entry, event);
        }
    }
    if (impl_->watcher) {
        impl_->watcher(event);
    }
}

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

RequestId Session::get(std::string_view url) { return submit(make_request("GET", url)); }

RequestId Session::post(std::string_view url, std::string_view body) { return submit(make_request("POST", url, body)); }

RequestId Session::submit(Request request) {
    Entry entry;
    entry.rewindable = request.rewindable;
    entry.exchange.name = request.method + " " + request.url.display();
    entry.exchange.submitted_at = elapsed();
    entry.exchange.collected = request.collect;
    entry.exchange.streamed = request.body == Request::Body::streamed;
    entry.exchange.window = request.window;
    entry.exchange.deadlines = request.deadlines;
    entry.exchange.target = request.target;
    entry.exchange.expect_continue = request.expect_continue;
    entry.exchange.connect_retries = request.connect_retries;
    entry.exchange.retry_policy = request.retry_policy;
    impl_->network.note("command", "submit " + entry.exchange.name);
    const RequestId id = impl_->engine.submit(impl_->network.now(), std::move(request));
    entry.exchange.id = id;
    if (!impl_->index.try_emplace(id, impl_->entries.size()).second) {
        impl_->violation(entry.exchange, "submit() gave the id of another request");
    }
    impl_->entries.push_back(std::move(entry));
    ++impl_->open;
    impl_->driver.turn();
    return id;
}

void Session::cancel(RequestId id) {
    impl_->network.note("command", "cancel " + show(id));
    impl_->engine.cancel(impl_->network.now(), id);
    impl_->driver.turn();
}

void Session::discard(RequestId id) {
    impl_->network.note("command", "discard " + show(id));
    if (Entry* entry = impl_->find(id)) {
        Exchange& exchange = entry->exchange;
        exchange.discarded = exchange.state == Exchange::State::open && exchange.head && !exchange.collected &&
                             !exchange.upgraded;  // else it is cancelled
    }
    impl_->engine.discard(impl_->network.now(), id);
    impl_->driver.turn();
}

void Session::hold(RequestId id) {
    if (Entry* entry = impl_->find(id)) {
        entry->held = true;
    }
}

void Session::consume(RequestId id, std::size_t n) {
    impl_->network.note("command", "consume " + show(id) + " " + std::to_string(n));
    if (Entry* entry = impl_->find(id)) {
        entry->exchange.outstanding -= std::min(n, entry->exchange.outstanding);
    }
    impl_->engine.consume(impl_->network.now(), id, n);
    impl_->driver.turn();
}

std::size_t Session::write_body(RequestId id, std::string_view data) {
    Entry* entry = impl_->find(id);
    const std::size_t taken = entry != nullptr ? impl_->write(*entry, data)
                                               : impl_->engine.write_body(impl_->network.now(), id, Buffer(data));
    impl_->driver.turn();
    return taken;
}

void Session::finish_body(RequestId id) {
    impl_->engine.finish_body(impl_->network.now(), id);
    impl_->driver.turn();
}

void Session::finish_body(RequestId id, Headers trailers) {
    impl_->engine.finish_body(impl_->network.now(), id, std::move(trailers));
    impl_->driver.turn();
}

void Session::feed(RequestId id, std::vector<std::string> pieces) { feed(id, std::move(pieces), Headers()); }

void Session::feed(RequestId id, std::vector<std::string> pieces, Headers trailers) {
    Entry* entry = impl_->find(id);
    if (entry == nullptr || entry->exchange.state != Exchange::State::open) {
        return;
    }
    impl_->feeding += entry->feed ? 0U : 1U;
    entry->feed = Feed{.pieces = std::move(pieces), .trailers = std::move(trailers)};
    impl_->feed_on(*entry);
    impl_->driver.turn();
}

void Session::drain() {
    impl_->network.note("command", "drain");
    impl_->engine.drain(impl_->network.now());
    impl_->driver.turn();
}

void Session::drain(Duration limit) {
    impl_->network.note("command", "drain");
    impl_->engine.drain(impl_->network.now(), limit);
    impl_->driver.turn();
}

void Session::at(Duration when, std::function<void()> action) { impl_->network.at(when, std::move(action)); }

void Session::after(Duration delay, std::function<void()> action) { impl_->network.after(delay, std::move(action)); }

void Session::watch(std::function<void(Event&)> handler) { impl_->watcher = std::move(handler); }

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Duration Session::elapsed() const noexcept { return impl_->network.elapsed(); }

bool Session::step() { return impl_->network.step(); }

void Session::run() { impl_->network.run(); }

bool Session::run_until(const std::function<bool()>& condition) { return impl_->network.run_until(condition); }

void Session::run_until(Duration when) { impl_->network.run_until(when); }

void Session::run_for(Duration duration) { impl_->network.run_until(elapsed() + duration); }

void Session::sleep(Duration duration) { impl_->network.sleep(duration); }

const Exchange& Session::wait(RequestId id) {
    const Exchange& exchange = (*this)[id];
    run_until([&] { return exchange.state != Exchange::State::open; });
    return exchange;
}

void Session::wait_all() {
    run_until([this] { return impl_->open == 0; });
}

void Session::finish() {
    drain();
    run();
    for (const Entry& entry : impl_->entries) {
        if (entry.exchange.state == Exchange::State::open) {
            impl_->violation(entry.exchange, "has not ended");
        }
    }
    const Stats& stats = impl_->engine.stats();
    if (impl_->network.open() + impl_->network.closing() != 0 ||
        stats.active + stats.idle + stats.connecting + stats.closing + stats.waiting != 0) {
        impl_->network.violation("left over at the end:\n" + impl_->engine.dump());
    }
    if (impl_->engine.deadline()) {
        impl_->network.violation("a deadline is left over at the end");
    }
    if (stats.requests != stats.requests_done + stats.requests_failed) {
        impl_->network.violation("requests submitted, done and failed do not add up");
    }
}

// ── The book ─────────────────────────────────────────────────────────────────────────────────────────────────────

const Exchange& Session::operator[](RequestId id) const {
    const Entry* entry = impl_->find(id);
    if (entry == nullptr) {
        throw std::out_of_range("no request " + show(id) + " was submitted here");
    }
    return entry->exchange;
}

std::vector<const Exchange*> Session::exchanges() const {
    std::vector<const Exchange*> all;
    for (const Entry& entry : impl_->entries) {
        all.push_back(&entry.exchange);
    }
    return all;
}

const std::vector<std::string>& Session::violations() const noexcept { return impl_->network.violations(); }

std::string Session::report() const {
    std::string text;
    for (const std::string& violation : violations()) {
        text += "BROKEN " + violation + "\n";
    }
    return text + impl_->engine.dump() + "\n" + impl_->network.timeline();
}

std::string Session::summary() const {
    std::string text;
    for (const Entry& entry : impl_->entries) {
        text += entry.exchange.summary() + "\n";
    }
    return text;
}

}  // namespace ferry::testing
